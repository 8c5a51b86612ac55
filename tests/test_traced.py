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
    traced.trace(torch.ones(3, 4))
    for seed in range(5):
        values = torch.randn(3, 4, generator=torch.Generator().manual_seed(seed))
        before, given = module.runs, traced(values)
        assert module.runs == before
        assert torch.equal(given, module(values))


def test_what_has_no_graph_yet_runs_as_its_module() -> None:
    module, values = Halved(), torch.ones(3, 4)
    traced = Traced(module)
    traced.trace(torch.ones(2, 4))
    made = module.runs
    assert torch.equal(traced(values), values / 2 + 4)
    assert module.runs == made + 1


class Counting(Halved):
    """Adds how many rows there are, which a graph keeps."""

    def forward(self, values: Tensor) -> Tensor:
        return super().forward(values) + int(values.shape[0])


@pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning")
def test_every_shape_has_a_graph_of_its_own() -> None:
    module = Counting()
    traced = Traced(module)
    shapes = [torch.arange(4.0 * rows).view(rows, 4) for rows in (1, 2)]
    for values in shapes:
        traced.trace(values)
    made = module.runs
    given = [traced(values) for values in shapes]
    assert module.runs == made
    assert all(torch.equal(one, module(values)) for one, values in zip(given, shapes, strict=True))


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
            traced.trace(values)
            assert torch.equal(traced(values), module(values))
    assert len(caplog.records) == 1


def test_a_number_that_is_none_does_not_cost_a_module_its_graph(caplog: pytest.LogCaptureFixture) -> None:
    module, values = Halved(), torch.full((1, 4), float("nan"))
    traced = Traced(module)
    traced.trace(values)
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
            traced.trace(values)
            assert torch.equal(traced(values), module(values))
    assert len(caplog.records) == 1


def test_who_comes_while_a_graph_is_made_does_not_wait_for_it() -> None:
    inside, go_on = threading.Event(), threading.Event()

    class Slow(Halved):
        def forward(self, values: Tensor) -> Tensor:
            if threading.current_thread().name == "tracing":
                inside.set()
                assert go_on.wait(20)
            return super().forward(values)

    traced, values = Traced(Slow()), torch.ones(1, 4)
    tracing = threading.Thread(target=lambda: traced.trace(values), name="tracing")
    tracing.start()
    assert inside.wait(20)
    meanwhile = traced(values)
    go_on.set()
    tracing.join(20)
    assert torch.equal(traced(values), meanwhile)
