"""The bench still runs, at small sizes; what it tells about time is looked at by people."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import cache_figures, restart_figures, reuse_figures, scoring_figures, viewers_figures
from benchmarks.figures import Figure, meter
from benchmarks.stored import Counted, cheap, counting, filled
from benchmarks.ui_hand import judged
from engine import Engine
from engine.store import Store
from tests.serving import reserved_port


def viewers() -> list[Figure]:
    with reserved_port() as held:
        return list(viewers_figures.run(viewers=3, seconds=2.0, points=200, port=held.getsockname()[1]))


SMALL: dict[str, Callable[[], Iterable[Figure]]] = {
    "cache": lambda: cache_figures.run(origins=1500, reads=5),
    "restart": lambda: restart_figures.run(datasets=2, origins=1500),
    "reuse": lambda: reuse_figures.run(length=2000, measured=300, stored=3),
    "viewers": viewers,
    "scoring": lambda: scoring_figures.run(origins=2000, stored=1500),
}


@pytest.mark.parametrize("part", SMALL)
def test_every_figure_of_the_caches_can_be_measured(part: str) -> None:
    figures = list(SMALL[part]())
    assert figures
    for figure in figures:
        assert math.isfinite(figure.ratio), figure.row()
        assert figure.value == 0 if figure.goal == 0 else figure.value > 0, figure.row()  # 0: calls of the model


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
