"""The app as a browser speaks to it: pages and callbacks as requests."""

from __future__ import annotations

import json
from typing import Any

from flask.testing import FlaskClient

from engine import Upload

UNKNOWN = "0" * 64
CALLBACK = "/_dash-update-component"


def call(
    client: FlaskClient, output: str, inputs: dict[str, Any], state: dict[str, Any] | None = None, changed: str = ""
) -> Any:
    """One callback request, as the browser sends it. changed: the input that did, where not all of them did."""

    def listed(values: dict[str, Any]) -> list[dict[str, Any]]:
        return [
            dict(zip(("id", "property"), name.split("."), strict=True)) | {"value": v} for name, v in values.items()
        ]

    outputs: Any = [
        dict(zip(("id", "property"), name.split("."), strict=True)) for name in output.strip(".").split("...")
    ]
    return client.post(
        CALLBACK,
        json={
            "output": output,
            "outputs": outputs if output.startswith("..") else outputs[0],
            "inputs": listed(inputs),
            "state": listed(state or {}),
            "changedPropIds": [changed] if changed else list(inputs),
        },
    )


def page(client: FlaskClient, path: Any, search: Any = "") -> str:
    answer = call(client, "page.children", {"url.pathname": path, "url.search": search})
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


DRAW = (
    "..forecast.figure...heading.children...missed.children...standing.children...inside.children"
    "...details.children...state-note.children...no-peeking.children...answer.data.."
)


def draw(client: FlaskClient, wanted: Any) -> dict[str, Any]:
    answer = call(client, DRAW, {"wanted.data": wanted})
    if answer.status_code == 204:
        return {}
    assert answer.status_code == 200
    return json.loads(answer.get_data())["response"]


def wanted(known: Upload, **changed: Any) -> dict[str, Any]:
    return {"handle": known.dataset.handle, "index": -40, "seq": 1, "session": "tab", "upload": None} | changed
