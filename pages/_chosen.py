"""Which forecast a link means, of those that are to be had: model and length. None stands for the default one."""

from __future__ import annotations

from typing import NamedTuple

from engine import BASELINE, Dataset, Engine, errors
from pages import _inputs, _moment, _notation, _words


class Chosen(NamedTuple):
    """model, horizon: None for the default ones. words: said where the link asks for what is not to be had."""

    model: str | None
    horizon: int | None
    words: str


def chosen(engine: Engine, dataset: Dataset, where: _inputs.Where) -> Chosen:
    """What a link asks for, else the defaults. EngineError while that cannot be told."""
    horizon = None if where.horizon == engine.settings.horizon else where.horizon
    model, words = _model(engine, dataset.handle, where.model, horizon)
    odd = odd_length(dataset, engine.settings.horizon) if where.odd_length else ""
    return Chosen(model, horizon, " ".join(filter(None, (words, odd))))


def choice(engine: Engine) -> tuple[str, ...]:
    """The loaded models somebody may choose, the default one first; the baseline is beside each of them anyway."""
    default, *others = engine.settings.loaded_models
    return (default, *(name for name in others if name != BASELINE))


def odd_length(dataset: Dataset, default: int) -> str:
    """Said where a link asks for a length that cannot be forecast."""
    shown = f"{_notation.plural(default, 'step')}, {_notation.span(default, _moment.step_of(dataset))}"
    return _words.odd_length(_inputs.MOST_STEPS, shown)


def _model(engine: Engine, handle: str, name: str | None, horizon: int | None) -> tuple[str | None, str]:
    default = engine.settings.model
    if name is None or name == default:
        return None, ""
    try:
        engine.progress(handle, model=name, horizon=horizon)
    except (errors.BadRequest, errors.ModelNotLoaded):
        return None, _words.no_such_model(name, default)
    return name, ""
