"""A file that comes with a request: raw or in a form, it goes to the disk piece by piece as it comes."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import chain

from flask import request
from werkzeug.exceptions import ClientDisconnected, HTTPException
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from engine import Engine, Incoming, errors

PIECE = 1 << 18  # bytes
SILENCE = 20.0  # seconds without a byte after which a sender is given up
MOST_PARTS = 100  # of a form


@contextmanager
def received(engine: Engine) -> Iterator[Incoming]:
    """The file, for as long as it is worked on: a multipart field `file`, or the raw body. UploadError TOO_LARGE,
    BadRequest, Overloaded, StorageFailed."""
    is_form = request.mimetype == "multipart/form-data"
    size = None if is_form else request.content_length
    connection: socket.socket | None = request.environ.get("gunicorn.socket")
    with engine.receiving(_ender(connection), size) as file:
        if connection is not None:
            connection.settimeout(SILENCE)
        for piece in _of_form() if is_form else _pieces():
            file.write(piece)
        if connection is not None:
            connection.settimeout(None)
        if size is not None and file.size < size:
            raise _broken_off()
        file.finish()
        yield file


def _ender(connection: socket.socket | None) -> Callable[[], None]:
    """What ends a connection, also while somebody waits for its bytes."""

    def end() -> None:
        if connection is not None:
            with suppress(OSError):  # it has ended
                connection.shutdown(socket.SHUT_RDWR)

    return end


def _pieces() -> Iterator[bytes]:
    """The body."""
    while True:
        try:
            piece = request.stream.read(PIECE)
        except ClientDisconnected as error:  # or silent for too long
            raise _broken_off() from error
        except HTTPException:
            raise
        except Exception as error:  # the server's own errors for chunks that are no chunks, lines that never end
            raise _broken_off() from error
        if not piece:
            return
        yield piece


def _of_form() -> Iterator[bytes]:
    """The first file of the form's field "file"; all else in it is passed over."""
    boundary = request.mimetype_params.get("boundary", "").encode()
    decoder = MultipartDecoder(boundary, 4 * PIECE, max_parts=MOST_PARTS)
    name, is_found = "", False
    try:
        for piece in chain(_pieces(), [None]):
            decoder.receive_data(piece)
            while not isinstance(event := decoder.next_event(), (NeedData, Epilogue)):
                if isinstance(event, (File, Field)):
                    name = event.name if isinstance(event, File) and not is_found else ""
                    is_found |= name == "file"
                elif isinstance(event, Data) and name == "file":
                    yield event.data
    except ValueError as error:
        raise _broken_off() from error
    if not is_found:
        raise errors.BadRequest('The form has no field "file". Send the CSV as that field, or as the raw body.')


def _broken_off() -> errors.BadRequest:
    return errors.BadRequest("The body cannot be read to its end. Send it again.")
