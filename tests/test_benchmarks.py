"""The bench still runs, at small sizes; what it tells about time is looked at by people."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks import cache_figures, many_figures, restart_figures, reuse_figures, scoring_figures, viewers_figures
from benchmarks.cost import measured
from benchmarks.cost_picture import picture
from benchmarks.figures import Figure, meter
from benchmarks.gate import worse
from benchmarks.record import machine, write
from benchmarks.stored import Counted, cheap, counting, filled
from benchmarks.ui_hand import judged
from engine import Engine
from engine.store import Store
from tests.serving import reserved_port


def viewers() -> list[Figure]:
    with reserved_port() as held:
        return list(viewers_figures.run(viewers=3, seconds=2.0, points=200, port=held.getsockname()[1]))


def many() -> list[Figure]:
    with reserved_port() as held:
        return list(many_figures.run(viewers=3, seconds=2.0, points=200, port=held.getsockname()[1]))


SMALL: dict[str, Callable[[], Iterable[Figure]]] = {
    "cache": lambda: cache_figures.run(origins=1500, reads=5),
    "restart": lambda: restart_figures.run(datasets=2, origins=1500),
    "reuse": lambda: reuse_figures.run(length=2000, measured=300, stored=3),
    "viewers": viewers,
    "many": many,
    "scoring": lambda: scoring_figures.run(origins=2000, stored=1500),
}


@pytest.mark.parametrize("part", SMALL)
def test_every_figure_of_the_caches_can_be_measured(part: str) -> None:
    figures = list(SMALL[part]())
    assert figures
    for figure in figures:
        assert math.isfinite(figure.ratio), figure.row()
        assert figure.value == 0 if figure.goal == 0 else figure.value > 0, figure.row()  # 0: calls of the model


def test_a_record_says_what_was_measured_and_where(tmp_path: Path) -> None:
    figure = Figure("fill", 90.0, 100.0, "origins/s", "bare model loop", 0.85, True)
    endless = figure._replace(name="freeze", goal=math.inf, at_least=False)
    write(tmp_path / "made" / "bench.json", [figure, endless], machine())
    told = json.loads((tmp_path / "made" / "bench.json").read_text())
    assert told["machine"]["cores"] >= 1
    assert [row["ratio"] for row in told["figures"]] == [0.9, 0.9]
    assert [row["goal"] for row in told["figures"]] == [0.85, None]
    assert [row["reached"] for row in told["figures"]] == [True, True]


def test_the_gate_tells_of_ratios_that_are_several_times_as_bad_and_of_nothing_else() -> None:
    rate = Figure("fill", 90.0, 100.0, "origins/s", "bare model loop", 0.85, True).to_json()
    wait = Figure("wait", 2.0, 1.0, "ms", "idle", 3, False).to_json()
    free = Figure("calls", 0.0, 1.0, "calls", "none", 0, False).to_json()
    slower, longer = rate | {"ratio": 0.2}, wait | {"ratio": 6.5}
    assert worse([rate, wait, free], [rate | {"ratio": 0.4}, wait | {"ratio": 5.0}, free | {"ratio": 0.1}]) == []
    assert [sentence[:4] for sentence in worse([rate, wait], [slower, longer])] == ["fill", "wait"]
    assert worse([free], [free | {"ratio": 1.0}]) != []
    assert worse([rate], [slower | {"compared_with": "something else"}]) == []
    assert worse([rate], [slower], margin=5) == []
    alone = wait | {"compared_with": "one alone"}
    assert len(worse([wait, alone], [longer, alone | {"ratio": 6.5}])) == 2  # one figure, held against two things


def test_the_cost_of_a_moment_is_measured_and_drawn() -> None:
    costs = [measured("last-value", moments) for moments in (300, 600)]
    for cost in costs:
        assert cost.ms > 0
        assert cost.memory >= cost.program > 0
        assert cost.disk > 0
        assert cost.first >= cost.parse > 0
        assert f"{cost.moments:,}" in cost.row()
    drawn = ElementTree.fromstring(picture({"machine": machine(), "costs": [asdict(cost) for cost in costs]}))
    assert len(drawn.findall(".//{*}svg")) == 3


def test_datasets_made_from_one_are_what_the_engine_would_compute(tmp_path: Path) -> None:
    stored = filled(meter(1500), tmp_path / "one").times(8.0)
    settings, model = replace(cheap(tmp_path / "more"), background=False), Counted(10)
    store = Store(settings.cache_dir, 1.0)
    store.open()
    with closing(store):
        stored.put(store, stored.manifest.spec)
    with closing(Engine(settings, counting(model))) as engine:
        handle = stored.series.handle
        for index in (-1300, -700, -3):
            found, calls = engine.forecast(handle, index), model.calls
            computed = engine.forecast(handle, index, force=True)
            assert model.calls == calls + 1
            assert computed.samples.tolist() == found.samples.tolist()
            assert (computed.crps, computed.n_scored) == (found.crps, found.n_scored)


def test_a_paint_belongs_to_the_newest_position_of_its_index() -> None:
    to_and_fro = [(-5, 0.0), (-6, 33.0), (-7, 66.0), (-6, 100.0)]
    scrub = judged(to_and_fro, [(-5, 20.0), (-6, 50.0), (-6, 130.0)])
    assert (scrub.positions, scrub.painted, scrub.out_of_order) == (4, 3, 0)
    assert scrub.latency[0] == 20.0
    assert scrub.longest == 130.0 - 66.0


def test_a_hand_at_rest_waits_for_nothing() -> None:
    assert judged([(-5, 0.0), (-6, 33.0), (-7, 900.0)], [(-5, 20.0), (-6, 50.0), (-7, 920.0)]).longest == 20.0
    assert judged([(-5, 0.0), (-6, 33.0), (-7, 900.0), (-8, 933.0)], [(-5, 20.0)]).longest == 900.0


def test_a_frame_that_goes_back_is_out_of_order() -> None:
    scrub = judged([(-5, 0.0), (-6, 33.0), (-7, 66.0)], [(-6, 50.0), (-5, 60.0), (-7, 90.0), (-9, 99.0)])
    assert (scrub.painted, scrub.out_of_order) == (3, 1)
