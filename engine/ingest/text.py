"""Bytes -> UTF-8 lines: size, kind, encoding, line ends and line lengths, all before any cell is looked at."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from engine.errors import UploadError
from engine.ingest.magic import not_text, refuse_binary, refuse_other_text
from engine.ingest.ondisk import Body, view, whole
from engine.ingest.tally import tally
from engine.settings import MB, Settings

PIECE = 1 << 22  # bytes validated at a time: a whole-file decode would need up to four times the file
START = 4096  # bytes looked at to tell text of another kind


@dataclass(frozen=True)
class Text:
    """body: UTF-8 without BOM, lines end in LF (or CRLF). encoding: the file's own. assumed: it is a guess."""

    body: Body
    encoding: str
    assumed: bool = False


def decode(raw: Body, settings: Settings) -> Text:
    """Text of a file.

    Raises UploadError EMPTY, TOO_LARGE, COMPRESSED, SPREADSHEET, NOT_TEXT, LINE_TOO_LONG or NOT_CSV.
    """
    if _is_blank(raw):
        raise _empty()
    if len(raw) > settings.max_upload_bytes:
        size, most = len(raw) / MB, settings.max_upload_bytes / MB
        raise UploadError(
            f"{size:.1f} MB; this server reads up to {most:g} MB. Cut the period, or ask for a higher limit.",
            code="TOO_LARGE",
            bytes=len(raw),
            limit=settings.max_upload_bytes,
        )
    refuse_binary(raw)
    encoding = _wide_encoding(raw)
    if encoding is None and b"\0" in raw:
        raise not_text("a binary file (it holds NUL bytes)")
    text = _from_utf16(whole(raw), encoding, settings) if encoding else _from_bytes(raw, settings)
    if _is_blank(text.body):
        raise _empty()
    refuse_other_text(text.body[:START].decode("utf-8", "ignore"))
    return text


def _is_blank(raw: Body) -> bool:
    text = raw.removeprefix(codecs.BOM_UTF8)
    return not text or text.isspace()


def _empty() -> UploadError:
    return UploadError("This file is empty. Drop a CSV with a header and one row per time.", code="EMPTY")


def _wide_encoding(raw: Body) -> str | None:
    """The UTF-16 codec of `raw` by its BOM or by where its NUL bytes stand; None for all else."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    head = raw[: START - START % 2]
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    if half and odd > 0.4 * half and even < 0.05 * half:
        return "utf-16-le"
    if half and even > 0.4 * half and odd < 0.05 * half:
        return "utf-16-be"
    return None


def _from_utf16(raw: bytes, codec: str, settings: Settings) -> Text:
    try:
        body = _line_ends(raw.decode(codec).encode("utf-8"))
    except UnicodeError:
        raise not_text("broken UTF-16 text") from None
    if b"\0" in body:
        raise not_text("a binary file (it holds NUL characters)")
    _refuse_long_lines(body, settings.max_line_bytes)
    return Text(body, "utf-16")


def _from_bytes(raw: Body, settings: Settings) -> Text:
    body = _line_ends(raw.removeprefix(codecs.BOM_UTF8))
    _refuse_long_lines(body, settings.max_line_bytes)
    if _is_utf8(body):
        return Text(body, "utf-8")
    try:
        return Text(whole(body).decode("cp1252").encode("utf-8"), "cp1252", assumed=True)
    except UnicodeDecodeError as error:
        byte = body[error.start : error.start + 1].hex().upper()
        raise not_text(f"a file in an unknown encoding (byte 0x{byte} at {error.start})") from None


def _is_utf8(body: Body) -> bool:
    if body.isascii():
        return True
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    try:
        for start in range(0, len(body), PIECE):
            decoder.decode(view(body, start, start + PIECE), start + PIECE >= len(body))
    except UnicodeDecodeError:
        return False
    return True


def count(body: Body, mark: bytes, start: int = 0) -> int:
    """How often a mark of different bytes occurs from `start` on; piece by piece, as nobody else runs while Python
    counts."""
    more = len(mark) - 1
    return sum(body.count(mark, at, at + PIECE + more) for at in range(start, len(body), PIECE))


def _line_ends(body: Body) -> Body:
    """`body` with lone CR line ends replaced; CRLF stays, the parser takes it."""
    if b"\r" not in body or count(body, b"\r") == count(body, b"\r\n"):  # the search is much faster than counting
        return body
    return whole(body).replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _refuse_long_lines(body: Body, limit: int) -> None:
    """Raise LINE_TOO_LONG; jumps from the last line end within `limit` to the next, so it reads almost nothing."""
    start = 0
    while len(body) - start > limit:
        end = body.rfind(b"\n", start, start + limit + 1)
        if end < 0:
            line = body.count(b"\n", 0, start) + 1
            raise UploadError(
                f"Line {line} is longer than {tally(limit)} bytes. A table with one row per time is needed; "
                "check the line ends of the file.",
                code="LINE_TOO_LONG",
                line=line,
                limit=limit,
            )
        start = end + 1
