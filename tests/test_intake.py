"""A file's way from the socket to the store: on the disk as it comes, read one at a time, kept by moving it."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import pytest
from flask.testing import FlaskClient

from engine import Engine, ReadOptions, Settings
from engine import incoming as incoming_files
from engine.errors import DeadlineExceeded, Overloaded, StorageFailed, UnknownHandle
from engine.incoming import Incoming, Kept
from engine.ingest import Reading, read, table
from engine.ingest.text import count
from engine.intake import BODIES, Intake, Turns
from engine.meter import Meter
from engine.models.base import Loader
from tests.conftest import to_csv, until, wave

CSV = to_csv(wave(300))
DATASETS = "/api/v1/datasets"


def incoming(settings: Settings) -> list[Path]:
    """The files that are on their way."""
    return list((settings.cache_dir / "incoming").glob("*"))


def values(settings: Settings) -> list[Path]:
    return [path for path in settings.cache_dir.rglob("*.val") if CSV in path.read_bytes()]


@pytest.fixture
def with_settings(settings: Settings, registry: dict[str, Loader]) -> Iterator[Callable[..., Engine]]:
    """An engine with some settings changed."""
    with ExitStack() as opened:

        def make(**changed: object) -> Engine:
            engine = Engine(dataclasses.replace(settings, **changed), registry)
            opened.callback(engine.close)
            return engine

        yield make


def test_a_file_lies_on_the_disk_for_its_owner_alone_while_it_comes_and_is_then_kept(
    engine: Engine, settings: Settings
) -> None:
    with engine.receiving(lambda: None) as file:
        file.write(CSV[:100])
        (path,) = incoming(settings)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        file.write(CSV[100:])
        file.finish()
        upload = engine.upload(file)
        assert incoming(settings) == []
    assert len(values(settings)) == 1
    name = hashlib.sha256(b"hindcast-upload-1\0" + CSV).hexdigest()[:32]
    assert engine.upload(CSV).record.upload_id == upload.record.upload_id == name


def test_a_file_is_read_again_from_where_it_was_moved(engine: Engine) -> None:
    upload = engine.upload(CSV)
    again = engine.reread(upload.record.upload_id, ReadOptions(step="2h", agg="mean"))
    assert again.dataset.handle != upload.dataset.handle
    assert engine.check().damaged_uploads == 0
    assert engine.check().uploads == 1


@pytest.mark.parametrize(
    "body", [b"", b"a,b\n1,2\n" * 40, CSV[:40] + b"\0" * 100], ids=["empty", "without times", "binary"]
)
def test_nothing_stays_of_a_file_that_is_refused_or_drawn_quickly(
    client: FlaskClient, settings: Settings, body: bytes
) -> None:
    assert client.post(DATASETS, data=body).status_code == 422
    assert client.post("/api/v1/quickdraw", data=body).status_code == 422
    assert client.post("/api/v1/quickdraw", data=CSV).status_code == 200
    assert incoming(settings) == values(settings) == []


def test_what_a_killed_process_left_of_its_files_goes_at_the_next_start(
    settings: Settings, registry: dict[str, Loader]
) -> None:
    Engine(settings, registry).close()
    (settings.cache_dir / "incoming").mkdir(exist_ok=True)
    (settings.cache_dir / "incoming" / "0123").write_bytes(CSV)
    Engine(settings, registry).close()
    assert incoming(settings) == []


def test_a_form_and_a_body_of_the_same_bytes_are_the_same_upload(client: FlaskClient, settings: Settings) -> None:
    form = {"before": "words", "file": (io.BytesIO(CSV), "a.csv"), "other": (io.BytesIO(b"x" * 400_000), "b.csv")}
    first = client.post(DATASETS, data=form)
    second = client.post(DATASETS, data=CSV)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.get_json()["upload_id"] == second.get_json()["upload_id"]
    assert incoming(settings) == []


@pytest.mark.parametrize(
    "body",
    [b"--b\r\nContent-Disposition: form-data; name=file; filename=a\r\n\r\ntime,v", b"--c--\r\n", b"no form at all"],
)
def test_a_form_that_breaks_off_is_the_senders_mistake(client: FlaskClient, settings: Settings, body: bytes) -> None:
    response = client.post(DATASETS, data=body, content_type="multipart/form-data; boundary=b")
    assert response.status_code == 400
    assert response.get_json()["error"]["code"] == "BAD_REQUEST"
    assert incoming(settings) == []


def test_a_sender_who_goes_away_half_way_leaves_nothing(client: FlaskClient, settings: Settings) -> None:
    environ = {"wsgi.input": io.BytesIO(CSV[:3000]), "wsgi.input_terminated": True, "CONTENT_LENGTH": str(len(CSV))}
    response = client.post(DATASETS, environ_overrides=environ)
    assert (response.status_code, response.get_json()["error"]["code"]) == (400, "BAD_REQUEST")
    assert client.get(DATASETS).get_json() == {"datasets": []}
    assert incoming(settings) == []


def test_a_full_disk_is_told_and_nothing_stays(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(file: Incoming) -> None:
        raise StorageFailed("No space left on device")

    monkeypatch.setattr(Incoming, "finish", full)
    with pytest.raises(StorageFailed):
        engine.upload(CSV)
    assert incoming(settings) == []


def test_only_so_many_files_are_received_at_once(engine: Engine) -> None:
    with ExitStack() as received:
        for _ in range(BODIES):
            received.enter_context(engine.receiving(lambda: None))
        with pytest.raises(Overloaded, match="files are being received"), engine.receiving(lambda: None):
            pass
    with engine.receiving(lambda: None):
        pass


def test_who_sends_too_slowly_loses_his_place_when_another_wants_it(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    hung_up = threading.Event()
    with ExitStack() as received:
        received.enter_context(engine.receiving(hung_up.set))
        for _ in range(BODIES - 1):
            file = received.enter_context(engine.receiving(lambda: pytest.fail("he has sent all of it")))
            file.finish()
        monkeypatch.setattr("engine.intake.PATIENCE", -1.0)
        with engine.receiving(lambda: None):
            assert hung_up.is_set()
    with ExitStack() as received:  # and his place is counted once
        for _ in range(BODIES):
            received.enter_context(engine.receiving(lambda: None)).finish()
        with pytest.raises(Overloaded), engine.receiving(lambda: None):
            pass


def test_turns_come_in_the_order_in_which_they_were_asked_for() -> None:
    turns, order = Turns(), list[int]()
    assert turns.take(0)

    def next_one(number: int) -> None:
        assert turns.take(10)
        order.append(number)
        turns.give()

    threads = []
    for number in range(6):
        threads.append(threading.Thread(target=next_one, args=(number,)))
        threads[-1].start()
        until(lambda number=number: len(turns._queue) == number + 2)
    assert not turns.take(0.01)
    turns.give()
    for thread in threads:
        thread.join(10)
    assert order == list(range(6))
    assert turns.take(0)


def test_one_file_is_read_at_a_time_and_who_waits_too_long_is_told(with_settings: Callable[..., Engine]) -> None:
    engine = with_settings(request_timeout=0.05)
    with engine._intake.parsing(), pytest.raises(Overloaded, match="being read"):
        engine.quickdraw(CSV)
    assert engine.quickdraw(CSV)


def test_who_has_sent_much_waits_longer_for_its_turn(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    intake = Intake(dataclasses.replace(settings, request_timeout=0.01), Meter())
    settings.cache_dir.mkdir()
    monkeypatch.setattr("engine.intake.TURN_PACE", len(CSV) / 20)  # bytes a second: twenty for this file
    read = list[Reading]()
    with intake.taken(CSV) as large, intake.taken(b"") as small:
        sender = threading.Thread(target=lambda: read.append(intake.read(large, ReadOptions(), ask=False)))
        with intake.parsing():
            sender.start()
            until(lambda: len(intake._turns._queue) == 2)
            with pytest.raises(Overloaded):
                intake.read(small, ReadOptions(), ask=False)
        sender.join(30)
    assert len(read) == 1


def test_a_file_whose_caller_has_gone_stays_until_the_store_is_done_with_it(settings: Settings) -> None:
    settings.cache_dir.mkdir(exist_ok=True)
    file = Incoming(settings.cache_dir, lambda file, more: None)
    with file:
        file.write(CSV)
        file.finish()
        late = ExitStack()
        late.enter_context(file)
    assert file.read() == CSV
    late.close()
    assert incoming(settings) == []
    with pytest.raises(DeadlineExceeded), file:
        pass


def test_bytes_that_are_damaged_on_the_disk_are_not_read(engine: Engine, settings: Settings) -> None:
    upload = engine.upload(CSV)
    (path,) = values(settings)
    path.write_bytes(path.read_bytes()[:-1] + b"9")
    with pytest.raises(UnknownHandle, match="no longer kept"):
        engine.reread(upload.record.upload_id, ReadOptions())
    assert engine.check().damaged_uploads == 1
    assert engine.upload(CSV).known
    assert engine.check().damaged_uploads == 0
    assert engine.reread(upload.record.upload_id, ReadOptions()).known


def test_the_bytes_of_an_upload_go_with_its_dataset_even_while_they_are_read(
    engine: Engine, settings: Settings
) -> None:
    upload = engine.upload(CSV)
    with engine._kept(upload.record.upload_id) as kept:
        engine.delete(upload.dataset.handle)
        assert values(settings) == []
        assert kept.read() == CSV
    with pytest.raises(UnknownHandle):
        engine.reread(upload.record.upload_id, ReadOptions())


FREED = """
import os
from pathlib import Path
from engine.allocator import give_back_large

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

give_back_large()
bytes(24_000_000)  # from now on glibc alone would keep what is smaller
before = resident()
held = [bytes([1]) * 8_000_000 for _ in range(8)]
last = bytearray(100_000)
assert resident() - before > 60_000_000
held.clear()
assert resident() - before < 10_000_000
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_memory_of_large_arrays_goes_back_when_they_are_freed() -> None:
    subprocess.run([sys.executable, "-c", FREED], check=True)  # a process whose memory no other test has used


AT_HAND = """
import resource
from engine.allocator import give_back_large

def used():
    held = [bytes([1]) * 500_000 for _ in range(20)]
    held.clear()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

give_back_large()
before = [used() for _ in range(3)][-1]
assert [used() for _ in range(10)][-1] - before < 100
"""


@pytest.mark.skipif(sys.platform != "linux", reason="counts page faults")
def test_what_batches_use_again_and_again_is_not_mapped_anew_each_time() -> None:
    subprocess.run([sys.executable, "-c", AT_HAND], check=True)


@pytest.fixture
def nothing_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every file counts as large, and as many pieces."""
    monkeypatch.setattr(incoming_files, "HELD", 0)
    monkeypatch.setattr(table, "PIECE", 20_000)
    for kind in (Incoming, Kept):
        monkeypatch.setattr(kind, "read", None)


@pytest.mark.usefixtures("nothing_held")
def test_a_large_file_is_read_where_it_lies_and_what_comes_of_it_is_the_same(
    engine: Engine, settings: Settings
) -> None:
    csv = to_csv(wave(8_000))
    upload, whole = engine.upload(csv), read(csv, ReadOptions(), settings)
    assert upload.dataset.handle == whole.series.handle
    assert upload.record.readback == whole.readback
    assert engine.reread(upload.record.upload_id, ReadOptions()).dataset.handle == upload.dataset.handle


@pytest.mark.usefixtures("nothing_held")
def test_a_file_that_shrinks_while_it_is_read_is_the_disks_failure(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    check = incoming_files.check_file

    def cut(magic: bytes, file: BinaryIO) -> int:
        size = check(magic, file)
        os.truncate(file.name, size // 2)
        return size

    monkeypatch.setattr(incoming_files, "check_file", cut)
    with pytest.raises(StorageFailed):
        engine.upload(to_csv(wave(8_000)))


@pytest.mark.usefixtures("nothing_held")
def test_a_large_file_that_is_damaged_on_the_disk_is_not_read(engine: Engine, settings: Settings) -> None:
    upload = engine.upload(CSV)
    (path,) = values(settings)
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(UnknownHandle, match="no longer kept"):
        engine.reread(upload.record.upload_id, ReadOptions())


def test_marks_are_counted_the_same_in_pieces_as_in_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    body = b'\r\n\r\r\n\n"a\r\n"\r' * 40
    for piece in (1, 2, 3, 7, 1000):
        monkeypatch.setattr("engine.ingest.text.PIECE", piece)
        for mark in (b"\r", b"\r\n", b'"'):
            assert [count(body, mark, at) for at in (0, 1, 5, len(body))] == [
                body.count(mark, at) for at in (0, 1, 5, len(body))
            ]
