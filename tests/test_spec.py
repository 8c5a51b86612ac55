from __future__ import annotations

import pytest

from engine.spec import Spec
from tests.conftest import ToyForecaster


def test_the_same_model_and_horizon_are_the_same_spec() -> None:
    assert Spec.of(ToyForecaster(), 12).key == Spec.of(ToyForecaster(), 12).key


@pytest.mark.parametrize(
    ("field", "other"),
    [
        ("name", "toys"),
        ("digest", "toy-2"),
        ("numerics", "bf16"),
        ("num_samples", 11),
        ("context_length", 511),
        ("kind", "draws"),
    ],
)
def test_whatever_else_a_model_is_its_forecasts_are_never_taken_for_another_ones(field: str, other: object) -> None:
    toy = ToyForecaster()
    before = Spec.of(toy, 12).key
    setattr(toy, field, other)
    assert Spec.of(toy, 12).key != before


def test_another_horizon_is_another_spec() -> None:
    assert Spec.of(ToyForecaster(), 12).key != Spec.of(ToyForecaster(), 13).key
