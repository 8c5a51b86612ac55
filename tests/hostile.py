"""Bodies that mean harm, or that were harmed on their way, the same ones for the same seed; and a long run of them:
`python -m tests.hostile --bodies 5000 --seed 1`, which ends with 1 where one is answered wrongly."""

from __future__ import annotations

import argparse
import io
import logging
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from flask.testing import FlaskClient

import app as hindcast
from engine import Engine, Settings
from tests.conftest import to_csv, until, wave
from tests.contract import contract_client

MANY = 1_000_000  # files a minute
UPLOAD, QUICKDRAW, LOAD = "/api/v1/datasets", "/api/v1/quickdraw", "/api/v1/cache/load"

BEGINNINGS = (
    b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\x1f\x8b\x08", b"PK\x03\x04", b"PAR1", b"\xd0\xcf\x11\xe0", b"%PDF-1.7",
    b"\x89PNG", b"{", b"[", b"<html>", b"sep=;\n", b'"', b"\0", b"\x28\xb5\x2f\xfd", b"--x\r\n", b"HCWB",
)  # fmt: skip
CELLS = (
    b"", b"nan", b"-inf", b"1e999", b"9" * 400, b"=1+1", b"'", b'"', b'""', b"1.234,5", b"1,234.5", b"\xc3\x28", b"\0",
    b"0000-00-00", b"9999-12-31T23:59:59", b"-1", b"31.02.2024", b"24:00", b"99:99", b"2024-W54", b"1e15",
    b"\xe2\x88\x921", b"<script>", b"../../etc/passwd", b"%s%n", b"\r", b"\t", b"infinity", b"0x10",
    b"2024-03-31T02:30",
)  # fmt: skip


def bodies(good: bytes, count: int, seed: int) -> Iterator[bytes]:
    """So many bodies, most of them made from a good file: bytes changed, lost, doubled and moved, cells replaced, ends
    cut off, and what is no file at all."""
    chance = random.Random(seed)
    ways = (_bits, _cut, _spliced, _cells, _doubled, _noise, _noise_behind_a_beginning, _one_character)
    for _ in range(count):
        body = good
        for _ in range(chance.choice((1, 1, 2, 3))):
            body = chance.choice(ways)(body, chance)
        yield body


def _bits(body: bytes, chance: random.Random) -> bytes:
    changed = bytearray(body)
    for _ in range(chance.choice((1, 3, 30))):
        if changed:
            changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _cut(body: bytes, chance: random.Random) -> bytes:
    return body[: chance.randrange(len(body) + 1)]


def _spliced(body: bytes, chance: random.Random) -> bytes:
    start, end = sorted(chance.randrange(len(body) + 1) for _ in range(2))
    return body[:start] + body[end:] + body[start:end]


def _cells(body: bytes, chance: random.Random) -> bytes:
    lines = body.split(b"\n")
    for _ in range(chance.choice((1, 5, 50))):
        number = chance.randrange(len(lines))
        cells = lines[number].split(b",")
        cells[chance.randrange(len(cells))] = chance.choice(CELLS)
        lines[number] = b",".join(cells)
    return b"\n".join(lines)


def _doubled(body: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(body) + 1)
    return body[:start] + body[start : start + 300] * chance.choice((2, 5)) + body[start:]


def _noise(body: bytes, chance: random.Random) -> bytes:
    return chance.randbytes(chance.choice((0, 1, 40, 3000)))


def _noise_behind_a_beginning(body: bytes, chance: random.Random) -> bytes:
    rest = body if chance.random() < 0.5 else chance.randbytes(300)
    return chance.choice(BEGINNINGS) + rest


def _one_character(body: bytes, chance: random.Random) -> bytes:
    """Another separator, or none."""
    return body.replace(chance.choice((b",", b"\n", b":", b"-", b".")), chance.choice((b";", b"\t", b"\r", b"", b" ")))


class Trouble(logging.Handler):
    """What no body may cause: lines of errors, and tracebacks."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info or record.levelno >= logging.ERROR:
            self.lines.append(record.getMessage())


def send(client: FlaskClient, count: int, seed: int) -> Counter[str]:
    """How so many bodies to each call that takes a file were answered, by status and code; raw and in forms in turn.
    AssertionError where an answer is not as documented."""
    good = to_csv(wave(120))
    handle = client.post(UPLOAD, data=good).get_json()["handle"]
    until(lambda: client.get(f"{UPLOAD}/{handle}/progress").get_json()["state"] == "done")
    export = client.get(f"{UPLOAD}/{handle}/export.parquet").data
    found: Counter[str] = Counter()
    for path, file in ((UPLOAD, good), (QUICKDRAW, good), (LOAD, export)):
        for number, body in enumerate(bodies(file, count, seed)):
            form = {"file": (io.BytesIO(body), "x.csv")}
            answer = client.post(path, data=body if number % 2 else form)
            found[f"{answer.status_code} {(answer.get_json().get('error') or {}).get('code', '')}".strip()] += 1
    return found


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description="Send bodies that mean harm.")
    parser.add_argument("--bodies", type=int, default=5000, help="to each call that takes a file")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    trouble = Trouble()
    logging.getLogger().addHandler(trouble)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(cache_dir=Path(folder) / "cache", model="last-value", uploads_per_minute=MANY)
        with closing(Engine(settings)) as engine:
            client = contract_client(hindcast.create_app(settings, engine).server)
            found = send(client, asked.bodies, asked.seed)
    lines = [f"{number:6} {answer}" for answer, number in found.most_common()]
    sys.stdout.write("\n".join([*lines, *trouble.lines, ""]))
    return int(bool(trouble.lines) or any(answer.startswith("5") for answer in found))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
