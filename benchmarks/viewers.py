"""Viewers who drag, each a file of their own: a load generator, to be run as a process of its own.

`python -m benchmarks.viewers` reads one JSON line (port, files as [handle, first index], rate in draws per second and
viewer, seconds) and writes one: what became of the draws, and what the generator itself cost. Each viewer has one
connection and asks on time; who still waits then asks as soon as the answer has come, and the delay counts.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass, field

STEP = 3  # indices from draw to draw
LAST = -12
OFFSET = 0.6180339887  # of a period: viewers begin at different moments


@dataclass
class Load:
    """waits: seconds of every draw, errors: draws without a picture, cpu: seconds the generator itself has taken."""

    waits: list[float] = field(default_factory=list)
    errors: int = 0
    cpu: float = 0.0


async def draw(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> bool:
    """Whether there is a picture."""
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(head.split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
    await reader.readexactly(length)
    return head.startswith(b"http/1.1 200 ")


async def view(load: Load, port: int, name: int, file: tuple[str, int], rate: float, seconds: float) -> None:
    """One viewer, to and fro through a file."""
    handle, first = file
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    start = time.perf_counter() + (OFFSET * name % 1) / rate
    span = (LAST - first) // STEP
    for k in range(int(rate * seconds)):
        due = start + k / rate
        late = time.perf_counter() > due
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        since = due if late else time.perf_counter()
        index = LAST - STEP * abs((k + name * 17) % (2 * span) - span)
        path = f"/api/v1/datasets/{handle}/forecasts/{index}?session=viewer{name}&seq={k}"
        try:
            load.errors += not await draw(reader, writer, path)
        except (OSError, asyncio.IncompleteReadError):
            load.errors += 1
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        load.waits.append(time.perf_counter() - since)
    writer.close()


async def drag(port: int, files: list[tuple[str, int]], rate: float, seconds: float) -> Load:
    load = Load()
    await asyncio.gather(*(view(load, port, k, file, rate, seconds) for k, file in enumerate(files)))
    load.cpu = time.process_time()
    return load


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(drag(**json.loads(sys.stdin.readline()))))))
