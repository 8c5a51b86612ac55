"""What a run of the bench has measured, as JSON, and on which machine: a figure is worth little without it."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure


def machine() -> dict[str, Any]:
    """Processor, cores, memory, system, and how busy it was in the last minute (1 = one core)."""
    return {
        "processor": _line("/proc/cpuinfo", "model name") or platform.processor(),
        "instructions": [name for name in ("avx2", "avx512f", "avx512_bf16", "amx_bf16") if name in _flags()],
        "cores": os.cpu_count(),
        "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
        "measured": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }


def write(path: Path, figures: Iterable[Figure], before: dict[str, Any]) -> None:
    """A record; before: the machine as it was when the run began."""
    path.parent.mkdir(parents=True, exist_ok=True)
    told = {"machine": before, "figures": [figure.to_json() for figure in figures]}
    path.write_text(json.dumps(told, indent=1) + "\n")


def _flags() -> list[str]:
    return _line("/proc/cpuinfo", "flags").split()


def _line(path: str, name: str) -> str:
    """What /proc says under a name; nothing where there is no /proc."""
    try:
        lines = Path(path).read_text().splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(name)), "")
