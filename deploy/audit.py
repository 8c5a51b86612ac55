"""Known faults of the packages that the app needs, as they are installed: `make audit`.

pip-audit calls what it could not look up skipped, and ends as if all were well. Here that is a failure: exit status 0
means that every single package was looked up, and that nothing is known of any.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

APP = "hindcast"
ANSWERED = {"CVE-2025-69872": "diskcache's pickles: engine/disk.py stores bytes and refuses pickles"}
AUDITOR = (sys.executable, "-m", "pip_audit")
NAME = re.compile(r"[A-Za-z0-9._-]+")


def needed(app: str = APP) -> dict[str, str]:
    """Versions of all installed packages that a package needs, and those need, by name; without its extras."""
    found: dict[str, str] = {}
    names = [app]
    while names:
        name = re.sub(r"[-_.]+", "-", names.pop()).lower()
        if name in found:
            continue
        try:
            package = distribution(name)
        except PackageNotFoundError:  # for another platform, another Python
            continue
        found[name] = package.version.partition("+")[0]  # a build of its own has the faults of its version
        wanted = [line for line in package.requires or () if "extra ==" not in line]
        names += [match[0] for line in wanted if (match := NAME.match(line))]
    del found[app]
    return found


def faults(report: Any, packages: dict[str, str]) -> list[str]:
    """What is wrong by pip-audit's report (its JSON), one sentence each: faults, and packages not looked up."""
    told, seen = [], set()
    for one in report["dependencies"]:
        if "skip_reason" in one:
            continue
        seen.add(one["name"])
        for fault in one["vulns"]:
            names = {fault["id"], *fault["aliases"]}
            if not names & set(ANSWERED):
                fixed = ", ".join(fault["fix_versions"]) or "no version"
                told.append(f"{one['name']} {one['version']} has {' '.join(sorted(names))}; {fixed} mends it.")
    return told + [f"{name} {packages[name]} could not be looked up." for name in sorted(set(packages) - seen)]


def audit(auditor: Sequence[str] = AUDITOR) -> list[str]:
    """What is wrong with the installed packages; what pip-audit says where it says nothing else."""
    packages = needed()
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "requirements.txt"
        listed.write_text("".join(f"{name}=={version}\n" for name, version in packages.items()), encoding="utf-8")
        options = ["--requirement", str(listed), "--no-deps", "--disable-pip", "--format", "json"]
        ran = subprocess.run([*auditor, *options], capture_output=True, text=True, check=False)
    try:
        return faults(json.loads(ran.stdout), packages)
    except (ValueError, KeyError, TypeError):
        words = ran.stderr.strip().splitlines()
        return [f"Nothing could be looked up: {words[-1] if words else 'pip-audit said nothing'}"]


def main() -> int:
    """Exit status 0: all looked up, nothing found."""
    wrong = audit()
    for sentence in wrong:
        print(sentence, file=sys.stderr)
    if not wrong:
        print(f"{len(needed())} packages looked up, no fault known but {', '.join(ANSWERED)}.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
