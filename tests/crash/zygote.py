"""Imports everything once and forks a child for every line it reads: `python -m tests.crash.zygote`."""

from __future__ import annotations

import json
import os
import sys

from tests.crash.child import live, say
from tests.crash.world import world


def main() -> None:
    known = world()
    say("ready")
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            live(json.loads(line), known)
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        say("ended", status=os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
