"""hindcast-small on one core: against the roof of its matrix products, against plain fp32, one origin against many."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch.nn.functional import linear
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.figures import Figure, meter, percentile, seconds
from engine import Settings
from engine.models.small.features import features
from engine.models.small.forecaster import WEIGHTS, HindcastSmall, network
from engine.models.small.network import STEPS
from engine.windows import Contexts, contexts, usable

ROUNDS = 40  # the kinds take turns: the machine's own speed drifts
MANY, SOME = 64, 32
ROOF_SIZE, ROOF_REPEAT = (1024, 128, 512), 50
ROOF_FLOPS = 2 * 1024 * 128 * 512 * ROOF_REPEAT


def run() -> Iterator[Figure]:
    series = meter(2000)
    slots = np.flatnonzero(usable(series.values))[600:] + series.first_slot
    made = contexts(series, slots[:MANY])
    model, plain = HindcastSmall(Settings()), HindcastSmall(Settings(precision="fp32"))
    kinds: dict[str, Callable[[], object]] = {
        "roof": matmul(model),
        "many": asked(model, made, MANY),
        "some": asked(model, made, SOME),
        "one": asked(model, made, 1),
        "plain many": asked(plain, made, MANY),
        "plain one": asked(plain, made, 1),
    }
    took: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(ROUNDS):
        for name, work in kinds.items():
            took[name] += seconds(work, 1)
    median = {name: percentile(times[ROUNDS // 10 :], 0.5) for name, times in took.items()}
    rate = MANY / median["many"]
    reached = rate * flops(made) / 1e9
    roof = ROOF_FLOPS / median["roof"] / 1e9
    yield Figure("hindcast-small's products", reached, roof, "GFLOP/s", f"{model.numerics} matmul roof", 0.4, True)
    share = 1e3 * median["some"] / SOME
    yield Figure("one origin", 1e3 * median["one"], share, "ms", f"1/{SOME} of {SOME}", 8, False)
    if model.numerics != plain.numerics:  # else these would hold it against itself
        yield Figure("hindcast-small", rate, MANY / median["plain many"], "origins/s", "fp32", 1, True)
        yield Figure("one origin", 1e3 * median["one"], 1e3 * median["plain one"], "ms", "fp32", 1, False)


def matmul(model: HindcastSmall) -> Callable[[], None]:
    """Matrix products of the roof's size in the model's numerics, and nothing else: ROOF_FLOPS operations."""
    rows, inner, columns = ROOF_SIZE
    kind = torch.bfloat16 if model.numerics == "bf16" else torch.float32
    left, right = torch.randn(rows, inner).to(kind), torch.randn(columns, inner).to(kind)

    def work() -> None:
        for _ in range(ROOF_REPEAT):
            linear(left, right)

    return work


def asked(model: HindcastSmall, made: Contexts, count: int) -> Callable[[], object]:
    """One call of the model with `count` contexts."""
    return lambda: model.predict(made.values[:count], made.floor[:count], 12)


def flops(made: Contexts) -> float:
    """Of the network's matrix products, an origin and STEPS ahead."""
    net = network(WEIGHTS.read_bytes())
    given = features(torch.from_numpy(made.values), torch.from_numpy(made.floor), STEPS)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        net(given)
    return counter.get_total_flops() / len(made.values)
