"""A module as a graph of torch's own: the same operations, without the interpreter and its lock between them.

A forecast is about 900 operations. Run by the interpreter, they wait for its lock again and again while requests are
answered beside them, and requests wait for them. torch.jit is deprecated, but what shall take its place runs in the
interpreter, or needs a compiler where the product runs. So torch's version is pinned, and every graph is tried.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.jit._fuser import optimized_execution

log = logging.getLogger(__name__)
_tracing = threading.Lock()  # torch keeps what it notes of a module for the whole process


class Traced:
    """A module that never branches on values. Safe to call from several threads."""

    def __init__(self, module: nn.Module) -> None:
        self._module = module
        self._graphs: dict[tuple[torch.Size, ...], Callable[..., Tensor]] = {}

    def __call__(self, *inputs: Tensor) -> Tensor:
        """What the module gives, by the graph for inputs of these shapes if there is one."""
        return _run(self._graphs.get(_shapes(inputs), self._module), inputs)

    def trace(self, *inputs: Tensor) -> None:
        """Make the graph for inputs of these shapes, which takes as long as dozens of calls."""
        with _tracing:
            if _shapes(inputs) not in self._graphs:
                self._graphs[_shapes(inputs)] = self._traced(inputs)

    def _traced(self, inputs: tuple[Tensor, ...]) -> Callable[..., Tensor]:
        """Made of the numbers in another order than it is tried with: had it kept those that differ, it would show."""
        others = tuple(value.flip(-1) for value in inputs)
        try:
            graph: Callable[..., Tensor] = torch.jit.trace(self._module, others, check_trace=False)  # type: ignore[no-untyped-call]
            if torch.allclose(_run(graph, inputs), self._module(*inputs), rtol=0, atol=0, equal_nan=True):
                return graph
            log.warning("the graph of a model gives other numbers than the model, which runs without it")
        except Exception:
            log.warning("no graph can be made of a model, which runs without it", exc_info=True)
        return self._module


def _shapes(inputs: tuple[Tensor, ...]) -> tuple[torch.Size, ...]:
    return tuple(value.shape for value in inputs)


def _run(graph: Callable[..., Tensor], inputs: tuple[Tensor, ...]) -> Tensor:
    with optimized_execution(False):  # nothing is fused, which would round otherwise
        return graph(*inputs)
