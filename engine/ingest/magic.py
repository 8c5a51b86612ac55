"""What a file is by its first bytes: everything that is no table is refused here, before anything reads it."""

from __future__ import annotations

import re

from engine.errors import UploadError
from engine.ingest.ondisk import Body

COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "Zstandard",
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"Rar!\x1a\x07": "RAR",
    b"\x04\x22\x4d\x18": "LZ4",
    b"\x1f\x9d": "compress",
}
BINARY = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"RIFF": "a media file",
    b"II*\x00": "a TIFF picture",
    b"MM\x00*": "a TIFF picture",
    b"%PDF": "a PDF document",
    b"{\\rtf": "an RTF document",
    b"PAR1": "a Parquet file",
    b"SQLite format 3": "an SQLite database",
    b"ARROW1": "an Arrow file",
    b"\x89HDF": "an HDF5 file",
    b"\x7fELF": "a program",
    b"MZ\x90": "a program",
}
OLE = b"\xd0\xcf\x11\xe0"
ZIP = (b"PK\x03\x04", b"PK\x05\x06")
WORKBOOK_IN_ZIP = re.compile(rb"xl/|opendocument\.spreadsheet|\[Content_Types\]\.xml")
JSON = re.compile(r"\{\s*[\"}]|\[\s*([\[{\"\d\]-]|true\b|false\b|null\b)")
MARKUP = re.compile(r"<(!|\?xml|[a-zA-Z][\w:-]*[\s>/])")


def refuse_binary(raw: Body) -> None:
    """Raise COMPRESSED, SPREADSHEET or NOT_TEXT for a file that its first bytes give away."""
    for magic, name in COMPRESSED.items():
        if raw.startswith(magic):
            raise UploadError(
                f"This is a compressed file ({name}). Unpack it first, then drop the CSV inside.",
                code="COMPRESSED",
                format=name,
            )
    if raw.startswith(ZIP) and not WORKBOOK_IN_ZIP.search(raw[:4096]):
        raise UploadError(
            "This is a compressed file (ZIP). Unpack it first, then drop the CSV inside.",
            code="COMPRESSED",
            format="ZIP",
        )
    if raw.startswith((OLE, *ZIP)):
        raise UploadError(
            "This is an Excel workbook. In Excel: File > Save as > CSV UTF-8, or copy the two columns and press "
            "Ctrl+V here.",
            code="SPREADSHEET",
        )
    for magic, name in BINARY.items():
        if raw.startswith(magic):
            raise not_text(name)


def not_text(found: str) -> UploadError:
    """The NOT_TEXT refusal; `found` completes "This looks like"."""
    return UploadError(
        f"This looks like {found}, not a table. Save the table as CSV (UTF-8) and drop that.",
        code="NOT_TEXT",
        found=found,
    )


def refuse_other_text(start: str) -> None:
    """Raise NOT_CSV where the text's first characters are JSON, HTML or XML."""
    start = start.lstrip()
    if JSON.match(start):
        kind = "JSON lines" if start.startswith("{") and re.search(r"\}\s*\n\s*\{", start) else "JSON"
    elif MARKUP.match(start):
        kind = "HTML" if re.search(r"<(!doctype html|html|table|body|div)", start, re.IGNORECASE) else "XML"
    else:
        return
    raise UploadError(
        f"This is {kind}. A table with one row per time is needed: export it as CSV.", code="NOT_CSV", found=kind
    )
