"""A module's graph: it gives the module's own bytes, and where it would not, the module runs."""

from __future__ import annotations

import logging
import threading

import pytest
import torch
from torch import Tensor, nn

from engine.models.small.traced import Traced


class Halved(nn.Module):
    """Counts how often the interpreter runs it."""

    def __init__(self) -> None:
        super().__init__()
        self.runs = 0

    def forward(self, values: Tensor) -> Tensor:
        self.runs += 1
        return values / 2 + values.sum(-1, keepdim=True)


class Remembering(Halved):
    """Keeps a number of what it is first given, as a graph of it would."""

    def forward(self, values: Tensor) -> Tensor:
        return super().forward(values) + values.flatten()[0].item()


def test_a_graph_gives_what_its_module_gives_without_running_it() -> None:
    module = Halved()
    traced = Traced(module)
    for seed in range(5):
        values = torch.randn(3, 4, generator=torch.Generator().manual_seed(seed))
        before, given = module.runs, traced(values)
        assert seed == 0 or module.runs == before
        assert torch.equal(given, module(values))


class Counting(Halved):
    """Adds how many rows there are, which a graph keeps."""

    def forward(self, values: Tensor) -> Tensor:
        return super().forward(values) + int(values.shape[0])


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
def test_every_shape_has_a_graph_of_its_own() -> None:
    module = Counting()
    traced = Traced(module)
    shapes = [torch.arange(4.0 * rows).view(rows, 4) for rows in (1, 2)]
    first = [traced(values) for values in shapes]
    made = module.runs
    for values, before in zip(shapes, first, strict=True):
        assert torch.equal(traced(values), before)
    assert module.runs == made
    for values, given in zip(shapes, first, strict=True):
        assert torch.equal(given, module(values))


class Untraceable(Halved):
    """Cannot be made a graph of."""

    def forward(self, values: Tensor) -> Tensor:
        if torch.jit.is_tracing():
            raise RuntimeError("no graph of this")
        return super().forward(values)


def test_a_module_of_which_no_graph_can_be_made_runs_itself_and_the_log_says_so_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    module, values = Untraceable(), torch.ones(1, 4)
    traced = Traced(module)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert torch.equal(traced(values), module(values))
    assert len(caplog.records) == 1


def test_a_number_that_is_none_does_not_cost_a_module_its_graph(caplog: pytest.LogCaptureFixture) -> None:
    module, values = Halved(), torch.full((1, 4), float("nan"))
    traced = Traced(module)
    traced(values)
    made = module.runs
    traced(values)
    assert (module.runs, caplog.records) == (made, [])


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
def test_a_module_that_a_graph_would_falsify_runs_itself_and_the_log_says_so(caplog: pytest.LogCaptureFixture) -> None:
    module = Remembering()
    traced = Traced(module)
    with caplog.at_level(logging.WARNING):
        for start in (1.0, 5.0, 9.0):
            values = torch.arange(start, start + 4).view(1, 4)
            assert torch.equal(traced(values), module(values))
    assert len(caplog.records) == 1


def test_who_comes_while_a_graph_is_made_does_not_wait_for_it() -> None:
    inside, go_on = threading.Event(), threading.Event()

    class Slow(Halved):
        def forward(self, values: Tensor) -> Tensor:
            if threading.current_thread().name == "first":
                inside.set()
                assert go_on.wait(20)
            return super().forward(values)

    traced, values = Traced(Slow()), torch.ones(1, 4)
    answers: list[Tensor] = []
    first = threading.Thread(target=lambda: answers.append(traced(values)), name="first")
    first.start()
    assert inside.wait(20)
    answers.append(traced(values))
    assert len(answers) == 1
    go_on.set()
    first.join(20)
    assert len(answers) == 2
    assert torch.equal(*answers)
