from __future__ import annotations

import gzip
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import wire
from engine.blocks import Rows
from engine.plotdata import GRID, LEVELS, Kind, density, quantiles
from engine.rows import Baselines, Scores
from engine.windows import unscale
from tests.wire_reader import DOCUMENT, read_block

RESOLUTION = 2.0**-22  # of the location: what is nearer to zero is shown as zero


def random_rows(count: int, horizon: int, num_samples: int, scale: float, level: float, seed: int = 0) -> Rows:
    random = np.random.default_rng(seed)
    samples = np.sort(random.normal(0, 1, (count, horizon, num_samples)).astype(np.float32), axis=-1)
    offsets = np.sort(random.choice(256, count, replace=False))
    loc = scale * (level + random.normal(0, 1, count))
    return Rows(offsets, samples, loc, scale * random.uniform(0.5, 2, count))


def packed(rows: Rows, kind: Kind = "quantiles", number: int = 0, beside: Baselines | None = None) -> bytes:
    state = np.zeros(256, np.uint8)
    state[rows.offsets] = wire.DONE
    count = len(rows.offsets)
    scores = Scores(np.arange(count) + 0.5, *(np.full(count, n, np.uint8) for n in (12, 5, 8)))
    return wire.pack(number, state, rows, scores, kind, beside)


def values(block: dict[str, Any], numbers: np.ndarray, rank: int) -> np.ndarray:
    """Scaled numbers in the data's unit, as the document says."""
    shape = (-1,) + (1,) * (rank - 1)
    return block["loc"].reshape(shape) + block["scale"].reshape(shape) * numbers.astype(np.float64)


@given(
    count=st.integers(0, 40),
    horizon=st.integers(1, 64),
    num_samples=st.integers(2, 12),
    kind=st.sampled_from(["quantiles", "draws"]),
    scale=st.sampled_from([1e-30, 1e-3, 1.0, 1e6, 1e30]),
    level=st.sampled_from([0.0, 1.0, -1e3, 1e9]),
    seed=st.integers(0, 9),
)
def test_a_block_says_what_the_pictures_of_its_rows_show(
    count: int, horizon: int, num_samples: int, kind: Kind, scale: float, level: float, seed: int
) -> None:
    rows = random_rows(count, horizon, num_samples, scale, level, seed)
    block = read_block(packed(rows, kind))
    assert np.flatnonzero(block["state"] == wire.DONE).tolist() == rows.offsets.tolist()
    assert block["row"][rows.offsets].tolist() == list(range(count))
    assert (np.delete(block["row"], rows.offsets) == -1).all()
    samples = unscale(rows.samples, rows.loc, rows.scale)
    smallest = RESOLUTION * np.abs(rows.loc)[:, None, None]
    read = values(block, block["samples"], 3)
    read[np.abs(read) <= smallest] = 0.0
    assert (read == samples).all()  # every bit
    bands = quantiles(samples, LEVELS, kind).transpose(0, 2, 1)
    largest = np.abs(rows.samples).max(initial=0)
    tolerance = smallest + 2.0**-22 * largest * rows.scale[:, None, None]
    assert (np.abs(values(block, block["bands"], 3) - bands) <= tolerance).all()
    if count:
        lo, hi, expected = density(samples, kind)
        assert (block["lo"] == lo).all()
        assert (block["hi"] == hi).all()
        assert (block["peak"] == expected.max(axis=2)).all()
        shade, relative = block["density"] / 255, expected / block["peak"][:, :, None]
        assert np.abs(shade - np.sqrt(relative)).max() <= 0.5 / 255 + 1e-6
        assert np.abs(shade**2 - relative).max() <= 1 / 255


def test_a_narrow_forecast_at_a_high_level_keeps_its_shape() -> None:
    rows = random_rows(3, 12, 10, 1.0, 1e12)
    block = read_block(packed(rows))
    widths = np.diff(values(block, block["bands"], 3), axis=1)
    expected = np.diff(
        quantiles(unscale(rows.samples, rows.loc, rows.scale), LEVELS, "quantiles").transpose(0, 2, 1), 1, 1
    )
    np.testing.assert_allclose(widths, expected, atol=1e-3)  # the float64 of 1e12 itself has steps of 1e-4


@pytest.mark.parametrize("scale", [1e-300, 1e-42, 1e42, 1e150])
def test_what_float32_cannot_hold_is_still_there(scale: float) -> None:
    rows = random_rows(2, 12, 10, scale, 1.0)
    block = read_block(packed(rows))
    np.testing.assert_array_equal(values(block, block["samples"], 3), unscale(rows.samples, rows.loc, rows.scale))
    assert np.isfinite(block["peak"]).all()
    assert (block["hi"] > block["lo"]).all()


def test_scores_are_those_of_the_rows() -> None:
    block = read_block(packed(random_rows(3, 12, 10, 1.0, 0.0)))
    assert block["crps"].tolist() == [0.5, 1.5, 2.5]
    assert [block[name].tolist() for name in ("n_scored", "inside50", "inside80")] == [[12] * 3, [5] * 3, [8] * 3]


@pytest.mark.parametrize(("scale", "level"), [(1.0, 0.0), (1e-3, 1e9), (1e150, 1.0)])
def test_the_baseline_comes_beside_the_rows(scale: float, level: float) -> None:
    rows = random_rows(3, 12, 10, scale, level)
    median = rows.loc[:, None] + rows.scale[:, None] * np.linspace(-3, 3, 36).reshape(3, 12)
    block = read_block(packed(rows, beside=Baselines(median, np.array([1, 24, 512]))))
    np.testing.assert_allclose(
        values(block, block["baseline"], 2), median, atol=1e-6 * float(rows.scale.max()), rtol=1e-15
    )
    assert block["period"].tolist() == [1, 24, 512]


def test_the_baseline_has_none_beside_itself_and_none_that_float32_cannot_hold() -> None:
    rows = random_rows(2, 12, 10, 1e-30, 0.0)
    alone = read_block(packed(rows))
    assert np.isnan(alone["baseline"]).all()
    assert alone["period"].tolist() == [0, 0]
    far = read_block(packed(rows, beside=Baselines(np.full((2, 12), 1e30), np.ones(2))))
    assert np.isnan(far["baseline"]).all()


@pytest.mark.parametrize("number", [-3, 0, 7, 2**40])
def test_the_header_says_which_slots_they_are(number: int) -> None:
    block = read_block(packed(random_rows(2, 48, 9, 1.0, 0.0), "draws", number))
    assert (block["magic"], block["version"], block["slots"]) == (b"HCWB", 2, 256)
    assert block["first_slot"] == 256 * number
    assert [block[name] for name in ("rows", "horizon", "num_samples", "num_levels", "grid")] == [2, 48, 9, 5, GRID]
    assert (block["kind"], block["complete"]) == (1, 0)
    assert tuple(block["levels"]) == LEVELS


def test_a_block_is_complete_when_all_that_can_be_done_is() -> None:
    rows = random_rows(200, 2, 3, 1.0, 0.0)
    state = np.full(256, wire.UNUSABLE, np.uint8)
    state[rows.offsets] = wire.DONE
    scores = Scores(np.zeros(200), *(np.zeros(200, np.uint8) for _ in range(3)))
    assert read_block(wire.pack(0, state, rows, scores, "draws", None))["complete"] == 1
    for lacking in (wire.MISSING, wire.FAILED):
        state[np.flatnonzero(state == wire.UNUSABLE)[0]] = lacking
        assert read_block(wire.pack(0, state, rows, scores, "draws", None))["complete"] == 0


def test_a_block_without_forecasts_is_small() -> None:
    data = packed(random_rows(0, 64, 10, 1.0, 0.0))
    assert len(data) < 1024
    assert len(gzip.compress(data, 1)) < 128


def test_the_document_names_every_section_in_its_order() -> None:
    assert list(wire.SECTIONS) == [
        name for name in read_block(packed(random_rows(1, 2, 3, 1.0, 0.0))) if name in wire.SECTIONS
    ]
    assert DOCUMENT.count(f"u32 × {len(wire.SECTIONS)} ") == 1
    names = DOCUMENT.split("const NAMES = [")[1].split("]")[0]
    assert [name.strip(' "\n') for name in names.split(",")] == list(wire.SECTIONS)
