"""What is said about the engine's health, in words."""

from __future__ import annotations

import pytest

from engine.status import device, model_status, reasons
from tests.conftest import ToyForecaster

ALIVE = {"infer-interactive": True, "calc-background": True, "store": True}


def test_an_engine_that_runs_has_no_reasons() -> None:
    assert reasons(models=["toy"], threads=ALIVE, failing=False, closed=False) == ()


@pytest.mark.parametrize(
    ("changed", "sentences"),
    [
        ({"closed": True, "failing": True}, ("The server is stopping.",)),
        ({"models": []}, ("No model is loaded.",)),
        ({"threads": ALIVE | {"store": False}}, ("store has stopped. Restart the server.",)),
        (
            {"threads": dict.fromkeys(ALIVE, False)},
            ("calc-background, infer-interactive and store have stopped. Restart the server.",),
        ),
        ({"failing": True}, ("The model keeps failing. What it says is among the last errors.",)),
    ],
)
def test_every_reason_is_a_sentence(changed: dict[str, object], sentences: tuple[str, ...]) -> None:
    facts = {"models": ["toy"], "threads": ALIVE, "failing": False, "closed": False} | changed
    assert reasons(**facts) == sentences


def test_several_reasons_are_all_said() -> None:
    found = reasons(models=[], threads=ALIVE | {"store": False}, failing=True, closed=False)
    assert len(found) == 3


def test_a_model_says_what_it_is() -> None:
    toy = ToyForecaster()
    toy.digest = "0123456789abcdef"
    assert model_status(toy) == ("toy", "fp32", "no weights", "MIT", "0123456789ab")


def test_the_device_is_the_processor_unless_a_model_runs_elsewhere() -> None:
    toy, quick = ToyForecaster(), ToyForecaster()
    assert device([toy], 1) == "CPU, 1 core"
    assert device([toy], 2) == "CPU, 2 cores"
    quick.numerics = "cuda"
    assert device([toy, quick], 2) == "GPU"
    quick.device = "NVIDIA H200"  # type: ignore[attr-defined]
    assert device([toy, quick], 2) == "NVIDIA H200"
