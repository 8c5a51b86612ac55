"""Links over the API: who owns a series, where there are users, lets others look at it, and ends that again."""

from __future__ import annotations

from typing import Annotated

from flask import Response
from pydantic import Field
from pydantic.json_schema import WithJsonSchema

from api_answers import json_answer
from api_calls import ANY_LOAD, SERIES, Answer, Calls
from api_models import NewShare, ShareList
from api_requests import Handle
from engine import Engine, errors

TAG = "Links"
SHARES = f"{SERIES}/shares"
OWN = (errors.UnknownHandle, errors.NotAllowed, *ANY_LOAD)
ShareId = Annotated[
    str,
    WithJsonSchema({"type": "string", "pattern": "^[0-9a-f]{64}$"}),
    Field(description="The link, as the list names it."),
]


def add_calls(calls: Calls, engine: Engine) -> None:
    """The calls about links."""

    @calls.add(TAG, "POST", SHARES, {201: Answer("The link's token, told this once.", NewShare)}, *OWN)
    def share(handle: Handle) -> Response:
        """Make a link by which others may look at a series.

        Its token stands behind the address of a page, as `share`, or in the header `X-Hindcast-Share` of a call.
        """
        return json_answer({"token": engine.share(handle)}, 201)

    @calls.add(TAG, "GET", SHARES, {200: Answer("The oldest first.", ShareList)}, *OWN)
    def shares(handle: Handle) -> Response:
        """List the links to a series, without their tokens."""
        return json_answer({"shares": [one._asdict() for one in engine.shares(handle)]})

    @calls.add(TAG, "DELETE", f"{SHARES}/{{share}}", {204: Answer("It is none any more.")}, *OWN)
    def revoke(handle: Handle, share: ShareId) -> Response:
        """End one link to a series."""
        if not engine.revoke(handle, share):
            raise errors.UnknownHandle("There is no such link to this series.")
        return Response(status=204)

    @calls.add(TAG, "DELETE", SHARES, {204: Answer("There are none any more.")}, *OWN)
    def revoke_all(handle: Handle) -> Response:
        """End all links to a series."""
        engine.revoke(handle)
        return Response(status=204)
