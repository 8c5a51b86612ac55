"""Every way the engine says no, named for the state that caused it.

A message has three parts: what is wrong, what was found, what to do. `code` is stable and is what tests, the API and
the pages look at; `detail` holds the facts of the message as plain JSON values.
"""

from __future__ import annotations

from typing import Any


class EngineError(Exception):
    """Base of all refusals. `code` names the state, `detail` holds JSON values."""

    code = "ENGINE_ERROR"

    def __init__(self, message: str, *, code: str | None = None, **detail: Any) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.detail = detail


class SettingsError(EngineError):
    """A setting is unknown or has a value that cannot be used."""

    code = "BAD_SETTING"


class StartError(EngineError):
    """The engine cannot start: a model cannot be loaded or the cache directory cannot be used."""

    code = "CANNOT_START"


class UploadError(EngineError):
    """A file cannot be read as a series. `code` is one of the refusal codes (EMPTY, NO_TIME_COLUMN, ...)."""

    code = "NOT_CSV"


class BadRequest(EngineError):
    """A request's own words are wrong (an unknown model, a horizon out of range, a malformed number)."""

    code = "BAD_REQUEST"


class UnknownHandle(EngineError):
    """No series with this handle is stored here."""

    code = "UNKNOWN_HANDLE"


class NotAllowed(EngineError):
    """Somebody asks for what only the owner of a series, or an administrator, may do."""

    code = "NOT_ALLOWED"


class UnknownBlock(EngineError):
    """The series has no slots in the block of this number."""

    code = "UNKNOWN_BLOCK"


class IndexOutOfRange(EngineError):
    """The index is not a point of the series."""

    code = "INDEX_OUT_OF_RANGE"


class OriginUnusable(EngineError):
    """Too little is known at this origin for a forecast."""

    code = "ORIGIN_UNUSABLE"


class ModelNotLoaded(EngineError):
    """The model exists but this process has not loaded it, and the forecast asked for is not stored."""

    code = "MODEL_NOT_LOADED"


class ModelFailed(EngineError):
    """The model raised an error, or returned something that is no forecast."""

    code = "MODEL_FAILED"


class Overloaded(EngineError):
    """A bound was reached; the same request can succeed a little later."""

    code = "OVERLOADED"


class NoRoom(Overloaded):
    """Nothing can make room for a dataset: what is stored was used just now, or is others'."""

    code = "NO_ROOM"


class StorageFailed(EngineError):
    """The cache directory cannot be read or written at the moment (a full disk, say)."""

    code = "STORAGE_FAILED"


class DeadlineExceeded(EngineError):
    """The answer did not come within the time the caller wanted to wait."""

    code = "DEADLINE"


class Superseded(EngineError):
    """A newer request of the same viewer took this one's place."""

    code = "SUPERSEDED"


class Cancelled(EngineError):
    """The caller took the request back."""

    code = "CANCELLED"


class Evicted(EngineError):
    """The dataset was removed while the request waited."""

    code = "EVICTED"


class EngineClosed(EngineError):
    """The engine is shutting down and takes no more work."""

    code = "CLOSED"
