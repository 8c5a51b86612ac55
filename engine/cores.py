"""How many cores this process may use: its CPU affinity, and the CPU quota of its container where there is one."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc/self")
CGROUPS = Path("/sys/fs/cgroup")


def background_cores(proc: Path = PROC, cgroups: Path = CGROUPS) -> int:
    """How many of them the background may keep busy: all, as its threads give way to the server's others; but one less
    where threads have no priorities of their own, or a quota counts what the background takes as well, at least 1."""
    cores = available_cores(proc, cgroups)
    gives_way = sys.platform == "linux" and quota(proc, cgroups) >= _of_affinity()
    return max(1, cores if gives_way else cores - 1)


def available_cores(proc: Path = PROC, cgroups: Path = CGROUPS) -> int:
    """The lesser of affinity and quota, fractions rounded down, at least 1."""
    return max(1, math.floor(min(_of_affinity(), quota(proc, cgroups))))


def _of_affinity() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def quota(proc: Path = PROC, cgroups: Path = CGROUPS) -> float:
    """Cores by the quota of this process's control group and of every group above it; infinite where there is none.

    A group may ask for more than a group above it grants, so the least of them holds. The process's own group may lie
    outside of what a container sees: then the groups it does see count.
    """
    try:
        lines = (proc / "cgroup").read_text().splitlines()
    except OSError:
        return math.inf  # not Linux
    return min((_of_group(group) for group in _groups(lines, cgroups)), default=math.inf)


def _groups(lines: list[str], cgroups: Path) -> Iterator[Path]:
    """The folders of the process's group and of those above it: version 2, and version 1's cpu controller."""
    for line in lines:
        _, controllers, path = (*line.split(":", 2), "", "")[:3]
        if controllers == "":
            mounts = [cgroups, cgroups / "unified"]
        elif "cpu" in controllers.split(","):
            mounts = [cgroups / controllers, cgroups / "cpu"]
        else:
            continue
        inner = Path(path.lstrip("/"))
        if ".." in inner.parts:  # seen from inside another namespace
            inner = Path()
        for mount in mounts:
            yield from (mount / folder for folder in (inner, *inner.parents))


def _of_group(group: Path) -> float:
    """Cores by the quota of one group alone."""
    try:
        limit, period = (group / "cpu.max").read_text().split()
    except (OSError, ValueError):
        limit, period = _number(group / "cpu.cfs_quota_us"), _number(group / "cpu.cfs_period_us")
    try:
        return int(limit) / int(period) if int(limit) > 0 else math.inf  # version 1 writes -1 for no limit
    except (ValueError, ZeroDivisionError):
        return math.inf  # "max", or no such file


def _number(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return "max"
