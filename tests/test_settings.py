from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from engine import Settings
from engine.errors import SettingsError
from engine.settings import markdown_table


def test_every_setting_can_be_given_by_its_environment_name() -> None:
    given = Settings.from_env(
        {
            "HINDCAST_PORT": "9000",
            "HINDCAST_CACHE_DIR": "/somewhere",
            "HINDCAST_MODELS": "toy, other",
            "HINDCAST_BACKGROUND": "0",
            "HINDCAST_REQUEST_TIMEOUT": "2.5",
            "PATH": "not ours",
        }
    )
    assert (given.port, given.cache_dir, given.models) == (9000, Path("/somewhere"), ("toy", "other"))
    assert (given.background, given.request_timeout) == (False, 2.5)
    assert given.horizon == Settings().horizon


def test_an_unknown_name_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(SettingsError, match=r"HINDCAST_HOIRZON.*HINDCAST_HORIZON"):
        Settings.from_env({"HINDCAST_HOIRZON": "3"})


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PORT", "eighty"),
        ("BACKGROUND", "maybe"),
        ("HORIZON", "0"),
        ("HORIZON", "65"),
        ("MAX_ROWS", "-1"),
        ("LOG_LEVEL", "LOUD"),
        ("PRECISION", "fp8"),
        ("LOG_FORMAT", "xml"),
    ],
)
def test_a_value_that_cannot_be_used_is_an_error_that_names_the_setting(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"HINDCAST_{name}"):
        Settings.from_env({f"HINDCAST_{name}": text})


def test_the_default_model_is_always_among_the_loaded_ones() -> None:
    assert Settings(model="a", models=("b", "a")).loaded_models == ("a", "b")


def test_waiting_callers_leave_request_threads_free_for_everybody_else() -> None:
    assert Settings().max_waiting == 48
    assert Settings(max_tickets=10).max_waiting == 10


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().port = 1  # type: ignore[misc]


def test_the_readme_holds_the_settings_table_as_it_is_generated() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    assert "\n".join(markdown_table()) in readme
