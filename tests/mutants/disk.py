"""Mutants of the engine's door, and of its way to the disk and back."""

from __future__ import annotations

from tests.mutants.mutant import Mutant

ENGINE = ("test_engine.py", "test_force.py")

DISK = (
    # --- the engine ---
    Mutant(
        "no-timeout",
        "engine.py",
        "ticket.future.result(max(0.0, deadline - time.monotonic()))",
        "ticket.future.result(30)",
        "a caller waits for no longer than it wants",
        ("test_engine.py::test_a_late_answer_is_a_deadline_and_nobody_waits_any_more",),
    ),
    Mutant(
        "late-stays",
        "engine.py",
        "            self._scheduler.cancel(ticket, late)\n            row = ticket.future.result()",
        "            raise late\n            row = ticket.future.result()",
        "who has given up does not wait any more",
        ENGINE,
    ),
    Mutant(
        "closing-refuses-late",
        "engine.py",
        "        self._scheduler.close()\n        self._workers.stop_computing(started + COMPUTING_SHARE * self.settings.graceful_timeout)\n",
        "        self._workers.stop_computing(started + COMPUTING_SHARE * self.settings.graceful_timeout)\n        self._scheduler.close()\n",
        "the end first refuses and answers, then waits for the workers",
        ("test_engine.py::test_closing_answers_who_waits_before_it_waits_for_the_model_itself",),
    ),
    Mutant(
        "open-after-the-end",
        "scheduler.py",
        '        """A done row, without asking for it to be computed. EngineClosed."""\n        with self._lock:\n'
        "            self._refuse_if_closed()\n",
        "        with self._lock:\n",
        "after the end everything is refused",
        ("test_scheduler.py", "test_engine.py"),
    ),
    Mutant(
        "nested-lock",
        "engine.py",
        "            statistics=self._scheduler.statistics(),\n",
        "            statistics=[self._meter._lock.acquire(), self._scheduler.statistics(), self._meter._lock.release()][1],\n",
        "one lock at a time",
        ("test_lock.py",),
    ),
    Mutant(
        "evicted-while-asked",
        "engine.py",
        "        except Evicted:  # its",
        "        except ZeroDivisionError:  # its",
        "a dataset closed for want of memory is opened again for who asks",
        ENGINE,
    ),
    Mutant(
        "bare-store-error",
        "engine.py",
        '        raise StorageFailed(f"The cache cannot be read',
        '        raise error\n        raise StorageFailed(f"The cache cannot be read',
        "what goes wrong on the store thread has a name",
        ENGINE,
    ),
    Mutant(
        "start-leaks",
        "engine.py",
        "        except BaseException as error:\n            self.close()\n",
        "        except BaseException as error:\n",
        "an engine that cannot start leaves nothing behind",
        ENGINE,
    ),
    # --- to the disk and back ---
    Mutant(
        "no-checksum",
        "blocks.py",
        " or hashlib.sha256(payload).digest() != sealed[len(magic) : start]",
        "",
        "damaged bytes are never read",
        ("test_blocks.py", "test_store.py"),
    ),
    Mutant(
        "no-version",
        "blocks.py",
        "sealed[: len(magic)] != magic or ",
        "",
        "another format is never misread",
        ("test_blocks.py", "test_store.py"),
    ),
    Mutant(
        "digest-ignored",
        "spec.py",
        "            forecaster.digest,\n",
        '            "",\n',
        "another model's forecasts are never taken for this one's",
        ("test_spec.py",),
    ),
    Mutant(
        "manifest-boasts",
        "library.py",
        "        done[list(self._scheduler.unwritten_blocks(entry))] = False\n",
        "",
        "a manifest says done of what is on the disk",
        ENGINE,
    ),
    Mutant(
        "manifest-returns",
        "library.py",
        "            del self._manifests_due[due]\n",
        "            pass\n",
        "a forgotten dataset's manifest does not come back",
        ENGINE,
    ),
    Mutant(
        "no-verify",
        "store.py",
        "        return series if series.handle == handle else None\n",
        "        return series\n",
        "a series is what its handle says",
        ("test_store.py", "test_damage.py"),
    ),
    Mutant(
        "merge-forgotten",
        "store.py",
        "        stored = None if full else self.block_rows(key)\n",
        "        stored = None\n",
        "a partial block keeps the rows that another dataset stored in it",
        ("test_store.py",),
    ),
    Mutant(
        "shared-blocks-deleted",
        "store.py",
        "for key in manifest.keys} - kept:",
        "for key in manifest.keys}:",
        "forgetting a dataset leaves the blocks that another one names",
        ("test_store.py",),
    ),
    Mutant(
        "two-engines",
        "directory.py",
        "fcntl.LOCK_EX | fcntl.LOCK_NB",
        "fcntl.LOCK_SH | fcntl.LOCK_NB",
        "one engine uses a cache directory",
        ("test_store.py",),
    ),
    Mutant(
        "manifests-after-the-end",
        "library.py",
        "        try:\n            self._put_due_manifests()\n        finally:\n            self._store.close()\n",
        "        self._store.close()\n        self._put_due_manifests()\n",
        "what is due is written before the store is closed",
        ENGINE,
    ),
)
