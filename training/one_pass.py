"""How much faster could hindcast-small be if origins shared their context's tokens? `python -m training.one_pass`

A causal network would read a series once: a patch's keys and values would serve every origin after it. What remains for
each origin then is its features and the tokens of its future. This times both, with the network as it is;
docs/one_pass.md says what follows.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from engine import Series, Settings, Step
from engine.allocator import give_back_large
from engine.models.small.features import features
from engine.models.small.forecaster import MANY, HindcastSmall
from engine.models.small.network import STEPS
from engine.windows import contexts

ROUNDS = 40  # the kinds take turns: the machine's own speed drifts


def main() -> None:
    give_back_large()  # as the engine does
    random = np.random.default_rng(0)
    hours = np.arange(1200)
    series = Series(30 + 12 * np.sin(hours * np.pi / 12) + random.normal(0, 1, 1200), Step(3600, "second"), 0)
    made = contexts(series, np.arange(1000, 1000 + MANY))
    values, floor = torch.from_numpy(made.values), torch.from_numpy(made.floor)
    model = HindcastSmall(Settings())
    network = model._network
    with torch.inference_mode():
        given = features(values, floor, STEPS)
        summary = given.summary.to(network.position.dtype)
        about = network.summary(summary)[:, None]
        token = next(network.future(given, summary, about))
        hidden = network.hidden_from(given, network.position.dtype)
        known: list[Tensor | None] = [None] * len(network.blocks)
        network.last_of(torch.cat((network.past(given, about), token), 1), known, hidden)
        context = [kept[:, :-1].contiguous() for kept in known if kept is not None]
        kinds: dict[str, Callable[[], object]] = {
            "all of it": lambda: model.predict(made.values, made.floor, STEPS),
            "features": lambda: features(values, floor, STEPS),
            "network": lambda: network(given),
            "its future alone": lambda: network.last_of(token, list(context), hidden[:, :, -1:]),
        }
        took: dict[str, list[float]] = {name: [] for name in kinds}
        for _ in range(ROUNDS):
            for name, work in kinds.items():
                began = time.thread_time()
                work()
                took[name].append(time.thread_time() - began)
    cost = {name: 1e3 * float(np.median(times)) for name, times in took.items()}
    for name, each in cost.items():
        print(f"{name:<18}{each:>8.2f} ms of a core for {MANY} origins")
    shared = cost["all of it"] - cost["network"] + cost["its future alone"]
    print(f"with contexts shared at no cost at all: {shared:.2f} ms, {cost['all of it'] / shared:.2f} times as fast")


if __name__ == "__main__":
    main()
