"""How a picture is shown: what an address may ask for, and what each layer adds to the picture."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from engine import Settings
from pages import _chosen, _figure, _frame, _inputs, _view_menu
from pages._view import USUAL, View, view
from tests.test_figure import frame_for, tape
from tests.test_words import plot_data


def drawn(plot: object = None, frame: _frame.Frame | None = None, **changed: object) -> dict:
    return _figure.figure(plot or plot_data(), frame or frame_for(), view=View(**changed))  # type: ignore[arg-type]


def test_an_address_names_what_differs_from_the_usual() -> None:
    assert view("?i=-3&h=24") == USUAL == View()
    assert view("hide=shading,baseline,truth&show=paths,ghosts&y=window&past=-2") == View(
        shading=False, baseline=False, truth=False, paths=True, ghosts=True, window=True, past=-2
    )


@pytest.mark.parametrize(
    "absurd",
    [
        None,
        3,
        "hide=everything",
        "show=shading",
        "y=10",
        "past=9",
        "past=1e3",
        "past=99999",
        "past=",
        "x" * 5_000,
        "%ff",
    ],
)
def test_what_is_no_view_is_the_usual_one(absurd: object) -> None:
    assert view(absurd) == USUAL
    sent = {"handle": "0" * 64, "index": 0, "seq": 0, "session": "s", "look": absurd}
    assert _inputs.wanted(sent).view == USUAL  # type: ignore[union-attr]


def test_layers_can_be_left_out() -> None:
    usual = drawn()
    plain = drawn(shading=False, baseline=False)
    assert len(plain["data"]) == len(usual["data"]) - 2
    assert not any(trace["type"] == "heatmap" for trace in plain["data"])
    assert len(plain["layout"]["annotations"]) == len(usual["layout"]["annotations"]) - 1


def test_ten_paths_are_one_line_for_each_sample() -> None:
    plot = plot_data()
    (paths,) = [trace for trace in drawn(plot, paths=True)["data"] if len(trace["x"]) == 13 * 10]
    assert paths["x"][:14] == [*range(1, 13), None, 1]
    assert paths["y"][:12] == pytest.approx(plot.samples[:, 0])


def test_ghosts_begin_where_they_were_made_and_fade_with_age() -> None:
    earlier = [(1, np.full(12, 41.0)), (3, np.full(12, 43.0))]
    figure = _figure.figure(plot_data(), frame_for(), view=View(ghosts=True), earlier=earlier)
    young, old = figure["data"][2:4]
    assert (young["x"][0], young["x"][-1]) == (0, 11)
    assert (old["x"][0], old["x"][-1]) == (-2, 9)
    assert young["opacity"] > old["opacity"]


def test_nothing_of_what_happened_is_in_a_picture_that_hides_it() -> None:
    told, hidden = (str(drawn(plot_data(actuals=np.full(12, 58.75)), truth=truth)) for truth in (True, False))
    assert "58.75" in told
    assert "what happened" in told
    assert "58.75" not in hidden
    assert "what happened" not in hidden
    without = _figure.without_forecast(tape(), frame_for(), index=-9, state="failed", view=View(truth=False))
    assert "58.0" not in str(without["data"])


def test_the_axis_of_a_window_spans_what_is_in_the_picture() -> None:
    low, high = drawn(window=True)["layout"]["yaxis"]["range"]
    assert low < 36 < 58 < high
    assert high - low < 40
    assert drawn(window=True)["layout"]["meta"]["fixed"]["cut"] == {"low": True, "high": True}
    blind = drawn(plot_data(actuals=np.full(12, 900.0)), window=True, truth=False)["layout"]["yaxis"]["range"]
    assert blind[1] < 100
    flat = plot_data(context_values=np.full(200, np.nan))
    assert drawn(flat, window=True)["layout"]["yaxis"]["range"][0] < 36


@pytest.mark.parametrize(("past", "steps"), [(0, 96), (1, 192), (-1, 48), (5, 511), (-5, 3)])
def test_history_is_doubled_and_halved_up_to_all_that_a_model_sees(past: int, steps: int) -> None:
    assert drawn(past=past)["layout"]["xaxis"]["range"][0] == -steps - 0.5


def test_models_are_offered_only_where_there_is_a_choice() -> None:
    assert "data-model" not in str(_view_menu.menu(("toy",), None))
    buttons = str(_view_menu.menu(("toy", "theta"), "theta"))
    assert buttons.count("data-model") == 2


def test_the_baseline_is_no_choice_of_its_own() -> None:
    settings = Settings(cache_dir=Path("unused"), model="toy", models=("seasonal-naive", "theta"))
    assert _chosen.choice(SimpleNamespace(settings=settings)) == ("toy", "theta")  # type: ignore[arg-type]
