"""Whether a Parquet file is what it claims, before anything of it is unpacked.

A few bytes of a file can ask its reader for gigabytes: a page says how large it will be and how many values it holds.
So footer and page headers (Thrift's compact protocol) are read here, in Python, and held against what it may have.
"""

from __future__ import annotations

import struct
from typing import Any, NamedTuple

MAGIC = b"PAR1"
CODECS = {0, 6}  # none, zstd
DEEPEST = 12
LARGEST_FOOTER = 64_000_000  # bytes
MOST_WORDS = 1_000_000  # values in footer and page headers: each becomes a Python object


class Malformed(Exception):
    """These bytes are not what a Parquet file has in this place, or more than it may have."""


class Group(NamedTuple):
    """A row group: rows in it, and what its pages unpack to, in bytes."""

    rows: int
    size: int


class Outline(NamedTuple):
    """What a file's footer and page headers say."""

    words: dict[str, str]
    groups: list[Group]


def outline(raw: bytes, most_rows: int, most_values: int, most_bytes: int) -> Outline:
    """Read footer and page headers. Malformed unless every row group has at most `most_rows` rows, every column of it
    at most `most_values` values for each of them, and its pages unpack to at most `most_bytes`."""
    size = struct.unpack("<I", raw[-8:-4])[0] if len(raw) >= 12 else 0
    if raw[:4] != MAGIC or raw[-4:] != MAGIC or not 0 < size <= min(len(raw) - 12, LARGEST_FOOTER):
        raise Malformed("no footer")
    reader = _Thrift(raw)
    footer = reader.struct_at(len(raw) - 8 - size, len(raw) - 8)
    pairs = [(_bytes(pair, 1), _bytes(pair, 2)) for pair in _list(footer, 5)]
    groups = []
    for group in _list(footer, 4):
        rows = _int(group, 3)
        if not 0 < rows <= most_rows:
            raise Malformed(f"a row group of {rows} rows")
        unpacked = sum(_column(reader, _dict(column, 3), rows * most_values) for column in _list(group, 1))
        if unpacked > most_bytes:
            raise Malformed(f"a row group of {unpacked} bytes")
        groups.append(Group(rows, unpacked))
    if sum(group.rows for group in groups) != _int(footer, 3):
        raise Malformed("row groups and rows do not agree")
    return Outline({key.decode(): value.decode() for key, value in pairs}, groups)


def _column(reader: _Thrift, column: dict[int, Any], most_values: int) -> int:
    """What a column's pages unpack to, by their own headers."""
    if _int(column, 4) not in CODECS:
        raise Malformed("a compression that is not used here")
    at = min(_int(column, 9), column.get(11, _int(column, 9)))
    end = at + _int(column, 7)
    if not 4 <= at <= end <= reader.length - 8:
        raise Malformed("a column outside the file")
    unpacked, values = 0, 0
    while at < end:
        page = reader.struct_at(at, end)
        packed, size = _int(page, 3), _int(page, 2)
        inside = next((page[field] for field in (5, 8) if field in page), None)
        values += _int(inside, 1) if inside is not None else 0
        if values > most_values or (7 in page and _int(page[7], 1) > most_values):
            raise Malformed("more values than rows allow")
        at = reader.at + packed
        unpacked += size
    if at != end or values != _int(column, 5):
        raise Malformed("pages and column do not agree")
    return unpacked


class _Thrift:
    """Structs of the compact protocol as {field: value}; types are told by the values alone."""

    def __init__(self, raw: bytes) -> None:
        self._raw, self.length, self.at, self._end = raw, len(raw), 0, 0
        self._words = 0

    def struct_at(self, at: int, end: int) -> dict[int, Any]:
        """The struct that begins at a byte and ends before another; `at` is then the byte behind it."""
        self.at, self._end = at, end
        return self._struct(0)

    def _struct(self, depth: int) -> dict[int, Any]:
        if depth > DEEPEST:
            raise Malformed("nested too deeply")
        fields: dict[int, Any] = {}
        field = 0
        while True:
            head = self._byte()
            if head == 0:
                return fields
            field = field + (head >> 4) if head >> 4 else self._zigzag()
            fields[field] = self._value(head & 15, depth, inside=False)

    def _value(self, kind: int, depth: int, *, inside: bool) -> Any:
        self._words += 1
        if self._words > MOST_WORDS:
            raise Malformed("more words than a file has")
        if kind in {1, 2}:  # a boolean: in a struct its type is its value
            return self._byte() == 1 if inside else kind == 1
        if kind == 3:
            return self._byte()
        if kind in {4, 5, 6}:
            return self._zigzag()
        if kind == 7:
            return self._take(8)
        if kind == 8:
            return self._take(self._varint())
        if kind in {9, 10} and depth <= DEEPEST:
            head = self._byte()
            count = self._varint() if head >> 4 == 15 else head >> 4
            if count > self._end - self.at:
                raise Malformed("a list that is longer than the file")
            return [self._value(head & 15, depth + 1, inside=True) for _ in range(count)]
        if kind == 12:
            return self._struct(depth + 1)
        raise Malformed(f"type {kind}")

    def _take(self, count: int) -> bytes:
        if count > self._end - self.at:
            raise Malformed("it ends too early")
        self.at += count
        return self._raw[self.at - count : self.at]

    def _byte(self) -> int:
        return self._take(1)[0]

    def _varint(self) -> int:
        value = 0
        for shift in range(0, 70, 7):
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
        raise Malformed("a number without end")

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)


def _int(fields: Any, field: int) -> int:
    value = _dict_of(fields).get(field)
    if not isinstance(value, int) or value < 0:
        raise Malformed(f"field {field} is no size")
    return value


def _list(fields: Any, field: int) -> list[Any]:
    value = _dict_of(fields).get(field, [])
    if not isinstance(value, list):
        raise Malformed(f"field {field} is no list")
    return value


def _dict(fields: Any, field: int) -> dict[int, Any]:
    return _dict_of(_dict_of(fields).get(field))


def _bytes(fields: Any, field: int) -> bytes:
    value = _dict_of(fields).get(field, b"")
    if not isinstance(value, bytes):
        raise Malformed(f"field {field} is no text")
    return value


def _dict_of(value: Any) -> dict[int, Any]:
    if not isinstance(value, dict):
        raise Malformed("a struct was expected")
    return value
