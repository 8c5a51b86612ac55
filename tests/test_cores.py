from __future__ import annotations

import math
import os
import sys
from pathlib import Path

import pytest

from engine.cores import available_cores, background_cores, quota


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    folder = tmp_path / "proc"
    folder.mkdir()
    return folder


@pytest.fixture
def cgroups(tmp_path: Path) -> Path:
    return tmp_path / "cgroup"


def limit(group: Path, text: str) -> None:
    """A version 2 group with this quota."""
    group.mkdir(parents=True, exist_ok=True)
    (group / "cpu.max").write_text(text + "\n")


def limit_v1(group: Path, cores: float) -> None:
    group.mkdir(parents=True, exist_ok=True)
    (group / "cpu.cfs_quota_us").write_text(f"{int(cores * 100_000)}\n")
    (group / "cpu.cfs_period_us").write_text("100000\n")


def test_a_container_that_sees_its_own_group_as_the_root(proc: Path, cgroups: Path) -> None:
    (proc / "cgroup").write_text("0::/\n")
    limit(cgroups, "350000 100000")
    assert quota(proc, cgroups) == 3.5


def test_the_least_quota_of_a_group_and_of_those_above_it_holds(proc: Path, cgroups: Path) -> None:
    (proc / "cgroup").write_text("0::/machine/pod/app\n")
    limit(cgroups / "machine/pod/app", "max 100000")
    limit(cgroups / "machine/pod", "200000 100000")
    limit(cgroups / "machine", "400000 50000")
    assert quota(proc, cgroups) == 2
    limit(cgroups / "machine/pod/app", "120000 100000")
    assert quota(proc, cgroups) == 1.2


def test_a_group_that_is_not_visible_from_here_leaves_those_that_are(proc: Path, cgroups: Path) -> None:
    limit(cgroups, "300000 100000")
    for path in ("/docker/0123/nested", "/../../elsewhere"):
        (proc / "cgroup").write_text(f"0::{path}\n")
        assert quota(proc, cgroups) == 3


def test_a_neighbouring_group_does_not_count(proc: Path, cgroups: Path) -> None:
    (proc / "cgroup").write_text("0::/ours\n")
    limit(cgroups / "ours", "max 100000")
    limit(cgroups / "theirs", "100000 100000")
    assert quota(proc, cgroups) == math.inf


@pytest.mark.parametrize("mount", ["cpu", "cpu,cpuacct"])
def test_version_1(proc: Path, cgroups: Path, mount: str) -> None:
    (proc / "cgroup").write_text("4:memory:/slice/app\n3:cpu,cpuacct:/slice/app\n0::/\n")
    limit_v1(cgroups / mount / "slice/app", -0.00001)  # no limit
    limit_v1(cgroups / mount / "slice", 2.5)
    limit_v1(cgroups / "memory" / "slice/app", 1)
    assert quota(proc, cgroups) == 2.5


def test_version_2_beside_version_1(proc: Path, cgroups: Path) -> None:
    (proc / "cgroup").write_text("1:name=systemd:/x\n0::/app\n")
    limit(cgroups / "unified" / "app", "500000 100000")
    assert quota(proc, cgroups) == 5


@pytest.mark.parametrize("text", ["", "max", "max 100000", "nonsense of old", "100000 0", "-1 100000"])
def test_a_quota_that_cannot_be_read_is_none(proc: Path, cgroups: Path, text: str) -> None:
    (proc / "cgroup").write_text("0::/\n")
    limit(cgroups, text)
    assert quota(proc, cgroups) == math.inf


@pytest.mark.parametrize("text", ["", "0\n", "nothing"])
def test_without_control_groups_there_is_no_quota(proc: Path, cgroups: Path, text: str) -> None:
    assert quota(proc, cgroups) == math.inf
    (proc / "cgroup").write_text(text)
    assert quota(proc, cgroups) == math.inf


@pytest.mark.parametrize(
    ("affinity", "text", "cores", "background"),
    [
        (8, "350000 100000", 3, 2),
        (2, "350000 100000", 2, 2),
        (8, "max 100000", 8, 8),
        (8, "50000 100000", 1, 1),
        (1, "max 100000", 1, 1),
    ],
)
def test_the_lesser_of_affinity_and_quota_and_one_less_for_the_background_where_the_quota_counts(
    proc: Path, cgroups: Path, monkeypatch: pytest.MonkeyPatch, affinity: int, text: str, cores: int, background: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(affinity)), raising=False)
    (proc / "cgroup").write_text("0::/\n")
    limit(cgroups, text)
    assert available_cores(proc, cgroups) == cores
    assert background_cores(proc, cgroups) == background


def test_where_threads_have_no_priorities_the_background_leaves_a_core_to_others(
    proc: Path, cgroups: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)), raising=False)
    monkeypatch.setattr(sys, "platform", "darwin")
    assert background_cores(proc, cgroups) == 3


def test_here() -> None:
    assert 1 <= available_cores() <= (os.cpu_count() or 1)
