"""Where a token is asked for, it is asked for at every door but those of monitors. More in tests/test_access.py."""

from __future__ import annotations

from flask.testing import FlaskClient

from tests.attacks.test_secrets import protected
from tests.attacks.test_surfaces import DOORS, OPEN

__all__ = ["protected"]


def test_without_the_token_no_door_opens_but_those_of_monitors(protected: FlaskClient) -> None:
    for rule, methods in DOORS.items():
        for method, guard in methods.items():
            answer = protected.open(rule.replace("<", "").replace(">", ""), method=method)
            assert (answer.status_code == 401) is (guard != OPEN), (rule, method)


def test_a_path_that_only_looks_like_a_monitors_is_closed(protected: FlaskClient) -> None:
    for path in ("/healthz/", "//healthz", "/healthz/../cache", "/healthz;/cache", "/readyz%2f", "/Healthz"):
        assert protected.get(path).status_code == 401, path
