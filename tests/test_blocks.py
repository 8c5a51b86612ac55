from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.blocks import (
    BLOCK,
    Manifest,
    Rows,
    block_keys,
    block_range,
    decode,
    encode,
    merge,
)
from engine.models.seasonal_naive import SeasonalNaive
from engine.sealed import DamagedPayload, seal, unseal
from engine.series import Series
from engine.spec import Spec
from tests.conftest import HOUR, wave

SPEC = Spec.of(SeasonalNaive(), 12)


def rows(offsets: list[int], value: float = 1.0) -> Rows:
    count = len(offsets)
    return Rows(
        np.array(offsets, dtype=np.int64),
        np.full((count, 12, 10), value, np.float32),
        np.full(count, value),
        np.full(count, 2.0),
    )


def keys_by_block(series: Series, spec: Spec = SPEC) -> dict[int, str]:
    return dict(zip(block_range(series), block_keys(series, spec), strict=True))


def shared(one: Series, other: Series) -> set[int]:
    """Blocks of both series that have the same key."""
    ours, theirs = keys_by_block(one), keys_by_block(other)
    return {number for number in ours.keys() & theirs.keys() if ours[number] == theirs[number]}


def part(series: Series, start: int, stop: int) -> Series:
    return Series(series.values[start:stop], series.step, series.first_slot + start)


WHOLE = wave(6000, first_slot=1000)


def test_a_longer_export_keeps_every_block_that_was_full() -> None:
    shorter = part(WHOLE, 0, 5000)
    numbers = list(block_range(shorter))
    assert shared(shorter, WHOLE) == set(numbers[:-1])


def test_a_longer_history_keeps_every_block_whose_contexts_do_not_reach_it() -> None:
    later = part(WHOLE, 1000, 6000)
    unseen = [n for n in block_range(later) if BLOCK * n - SPEC.context_length + 1 >= later.first_slot]
    assert shared(later, WHOLE) == set(unseen)


def test_an_edited_value_changes_only_the_blocks_that_can_see_it() -> None:
    values = WHOLE.values.copy()
    values[3000] += 1
    slot = WHOLE.first_slot + 3000
    edited = Series(values, HOUR, WHOLE.first_slot)
    seeing = {n for n in block_range(WHOLE) if n * BLOCK - SPEC.context_length + 1 <= slot <= n * BLOCK + BLOCK - 1}
    assert set(block_range(WHOLE)) - shared(WHOLE, edited) == seeing


def test_a_shifted_grid_shares_nothing() -> None:
    assert not shared(WHOLE, Series(WHOLE.values, HOUR, WHOLE.first_slot + 1))


@pytest.mark.parametrize("change", [{"horizon": 24}, {"digest": "other"}, {"numerics": "bf16"}, {"model": "other"}])
def test_another_spec_shares_nothing(change: dict[str, object]) -> None:
    other = dataclasses.replace(SPEC, **change)
    assert not set(block_keys(WHOLE, SPEC)) & set(block_keys(WHOLE, other))


def test_another_users_data_shares_nothing() -> None:
    hers = dataclasses.replace(WHOLE, scope="ada")
    assert not set(block_keys(WHOLE, SPEC)) & set(block_keys(hers, SPEC))


def test_encoded_rows_come_back_as_they_were() -> None:
    random = np.random.default_rng(0)
    kept = Rows(
        np.array([0, 7, 255]), random.normal(size=(3, 12, 10)).astype(np.float32), random.normal(size=3), np.ones(3)
    )
    for written, read in zip(kept, decode(encode(kept)), strict=True):
        np.testing.assert_array_equal(read, written)


def test_no_rows_come_back_as_no_rows() -> None:
    assert decode(encode(rows([]))).samples.shape == (0, 12, 10)


@given(st.integers(0, 10**6), st.integers(0, 7))
def test_a_flipped_bit_is_noticed_wherever_it_is(position: int, bit: int) -> None:
    sealed = bytearray(seal(b"TEST", encode(rows([1, 2, 3]))))
    sealed[position % len(sealed)] ^= 1 << bit
    with pytest.raises(DamagedPayload):
        unseal(b"TEST", bytes(sealed))


def test_a_truncated_payload_is_noticed() -> None:
    with pytest.raises(DamagedPayload):
        unseal(b"TEST", seal(b"TEST", b"payload")[:-1])


def test_merging_keeps_what_is_new_and_adds_what_is_missing() -> None:
    merged = merge(rows([1, 2], value=1.0), rows([2, 3], value=9.0))
    order = np.argsort(merged.offsets)
    assert merged.offsets[order].tolist() == [1, 2, 3]
    assert merged.loc[order].tolist() == [1.0, 1.0, 9.0]


def test_a_manifest_comes_back_as_it_was() -> None:
    keys = block_keys(WHOLE, SPEC)
    done = np.random.default_rng(1).random(len(keys) * BLOCK) < 0.5
    manifest = Manifest("a" * 64, SPEC, keys, done, int(done.sum()), 123.5)
    again = Manifest.from_bytes(manifest.to_bytes())
    np.testing.assert_array_equal(again.done, done)
    assert again.complete
    assert dataclasses.replace(again, done=done) == manifest


def test_a_manifest_with_rows_left_is_not_complete() -> None:
    assert not Manifest("a" * 64, SPEC, ["k"], np.zeros(BLOCK, dtype=bool), 3, 0.0).complete


def test_a_model_that_sees_little_shares_no_block_where_other_moments_can_be_origins() -> None:
    """Whether a moment can be an origin is decided by 512 values, whatever the model sees of them."""
    little = dataclasses.replace(SPEC, context_length=32)
    values = WHOLE.values.copy()
    values[:200] = np.nan
    values[0] = 1.0
    first, second = (keys_by_block(series, little) for series in (WHOLE, dataclasses.replace(WHOLE, values=values)))
    same = {number for number in first if first[number] == second[number]}
    assert same == {number for number in first if BLOCK * number - 511 > WHOLE.first_slot + 199}
