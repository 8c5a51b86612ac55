"""What becomes of batches when Ray, its actors or the process that uses it go away: without a Ray, so at once."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from ray.exceptions import ActorDiedError, RayTaskError

from engine import ray_pool, ray_runner
from engine.errors import EngineClosed, ModelFailed, StartError
from engine.excerpts import pack_answer
from engine.forecasting import Subject, infer
from engine.jobs import Batch, Entry, Lane, Part
from engine.models.base import BASELINE
from engine.models.seasonal_naive import SeasonalNaive
from engine.ray_order import DONE, FAILED, NOBODY, ONLY_NOW, WAIT, Order, PoolState, order
from engine.ray_pool import Lost, Place, Pool
from engine.ray_runner import FailedThere, RayRunner
from engine.settings import Settings
from engine.spec import Spec
from tests.conftest import until, wave

MODEL = SeasonalNaive()
SPEC = Spec.of(MODEL, 12)
SERIES = wave(800)
SETTINGS = Settings(model=BASELINE, runner="ray", ray_actors=1)


def batch(lane: Lane = Lane.BACKGROUND) -> Batch:
    entry = Entry(1, "key", SPEC.key, Subject(SERIES, SPEC, MODEL), None, 0)
    return Batch(lane, [Part(entry, SERIES.last_slot - np.arange(8))])


EXPECTED = infer(batch())
READY = PoolState(1, 1, 0, "")
GOOD = DONE + pack_answer(EXPECTED)


class Scripted:
    """In place of the process: it gives its answers one by one, and has ended when there is none left."""

    def __init__(self, *answers: bytes, state: PoolState = READY) -> None:
        self.answers = list(answers)
        self.asked: list[bytes] = []
        self.running = True
        self.wanted = 1
        self._state = state

    def link(self) -> Scripted:
        return self

    def send_bytes(self, request: bytes) -> None:
        self.asked.append(request[:1])

    def recv_bytes(self) -> bytes:
        if not self.answers:
            self.kill()
            raise EOFError
        return self.answers.pop(0)

    def state(self) -> PoolState:
        return self._state if self.running else PoolState(0, 1, 1, "It was tired.")

    def kill(self) -> None:
        self.running = False


Start = Callable[..., RayRunner]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Start a runner whose process is each of these in turn; an error is raised by a start."""
    runners: list[RayRunner] = []

    def started(*processes: Scripted | StartError, settings: Settings = SETTINGS) -> RayRunner:
        left = list(processes)

        def bridge(order: Order, unwanted: threading.Event) -> Scripted:
            process = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(process, StartError):
                raise process
            return process

        monkeypatch.setattr(ray_runner, "Bridge", bridge)
        monkeypatch.setattr(ray_runner, "SHORTEST_REST", 0.001)
        runners.append(RayRunner(settings, (SPEC,), 2))
        return runners[-1]

    yield started
    for runner in runners:
        runner.close()


def same(got: object) -> bool:
    return [array.tobytes() for array in got] == [array.tobytes() for array in EXPECTED]  # type: ignore[attr-defined]


def test_a_batch_outlives_the_process_that_uses_ray_and_starts_that_fail(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    runner = start(Scripted(), StartError("Nobody there."), StartError("Still nobody."), Scripted(GOOD))
    with caplog.at_level(logging.WARNING):
        assert same(runner.run(batch()))
    assert [record.message for record in caplog.records] == ["It was tired."]
    assert runner.status() == ("ray", 1, 1, 1, "")


def test_while_ray_is_away_batches_wait_and_status_says_why_until_the_engine_ends(start: Start) -> None:
    runner = start(Scripted(), StartError("Nobody there."))
    ends: list[BaseException] = []

    def waits() -> None:
        try:
            runner.run(batch())
        except BaseException as error:
            ends.append(error)

    thread = threading.Thread(target=waits)
    thread.start()
    until(lambda: runner.status() == ("ray", 0, 1, 1, "Nobody there."))
    runner.close()
    thread.join()
    assert [type(error) for error in ends] == [EngineClosed]


def test_callers_forecasts_stay_at_home_unless_told_otherwise(start: Start) -> None:
    process = Scripted()
    assert same(start(process).run(batch(Lane.INTERACTIVE)))
    assert process.asked == []
    told = Settings(model=BASELINE, runner="ray", ray_callers=True)
    process = Scripted(GOOD, NOBODY)
    runner = start(process, StartError("Nobody there."), settings=told)
    for _ in range(3):  # an actor has it; no actor is there; the process has ended
        assert same(runner.run(batch(Lane.INTERACTIVE)))
    assert process.asked == [ONLY_NOW] * 3


def test_what_a_model_raises_there_is_told_here_with_its_trace(start: Start) -> None:
    failures = [["ValueError", "a bad day", "trace"], ["ModelFailed", "No shape.", "trace"], ["Lost", "3 ended.", ""]]
    process = Scripted(*(FAILED + json.dumps(failure).encode() for failure in failures))
    runner = start(process)
    with pytest.raises(FailedThere, match="ValueError: a bad day") as refused:
        runner.run(batch())
    assert refused.value.__notes__ == ["trace"]
    for said in ("No shape.", "3 ended."):
        with pytest.raises(ModelFailed, match=said):
            runner.run(batch())
    assert process.asked == [WAIT] * 3


def test_a_start_is_refused_with_the_reason_why_no_actor_can_be_had(start: Start) -> None:
    process = Scripted(state=PoolState(0, 1, 0, "The model is another one there."))
    with pytest.raises(StartError, match=r"^No Ray actor can be had: The model is another one there\.$"):
        start(process)
    assert not process.running


def test_a_start_does_not_wait_for_ever_for_room(
    start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ray_runner, "FIRST_ACTOR", 0.0)
    with caplog.at_level(logging.WARNING):
        assert start(Scripted(state=PoolState(0, 1, 0, ""))).status().actors == 0
    assert "no room" in caplog.text


@pytest.mark.parametrize(
    ("numerics", "given", "precision", "gpus"),
    [
        ("bf16", {}, "bf16", 0),
        ("fp32", {}, "fp32", 0),
        ("cuda", {}, "auto", 1),
        ("cuda", {"ray_gpus": 0.5}, "auto", 0.5),
    ],
)
def test_actors_are_told_the_numerics_of_the_server_and_none_of_its_secrets(
    numerics: str, given: dict[str, float], precision: str, gpus: float
) -> None:
    spec = Spec(**{**SPEC.to_json(), "numerics": numerics})
    asked = Settings(runner="10.0.0.5:6379", access="token", access_token="a long long secret", **given)  # type: ignore[arg-type]
    made = order(asked, (spec,), "/tmp/f", cores=4)
    assert (made.settings.precision, made.gpus, made.actors) == (precision, gpus, 0)
    assert "secret" not in str(made.settings.__dict__)


class Actors:
    """In place of Ray: every call of an actor ends as the next of these."""

    def __init__(self, *ends: object) -> None:
        self.ends = list(ends)
        self.killed = 0

    def get(self, _: object) -> object:
        end = self.ends.pop(0)
        if isinstance(end, Exception):
            raise end
        return end

    def kill(self, _: object) -> None:
        self.killed += 1
        raise ValueError("It has ended already.")


class Handle:
    class run:
        @staticmethod
        def remote(request: bytes) -> bytes:
            return request


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Pool]:
    def made(*ends: object, actors: int = 4) -> Pool:
        pool = Pool(Order("ray", "", SETTINGS, (SPEC,), actors, 0.0), actors)
        monkeypatch.setattr(ray_pool, "ray", Actors(*ends))
        pool._free.extend(Place(Handle()) for _ in range(actors))
        pool._ready = actors
        return pool

    return made


def died() -> ActorDiedError:
    return ActorDiedError()


def test_a_batch_goes_to_another_actor_when_its_own_is_lost(pool: Callable[..., Pool]) -> None:
    some = pool(died(), died(), b"answer")
    assert ray_pool.answer(some, WAIT + b"request") == DONE + b"answer"
    assert some.state() == (2, 4, 2, "The actor died unexpectedly before finishing this task.")


def test_a_batch_that_loses_one_actor_after_the_other_is_given_up(pool: Callable[..., Pool]) -> None:
    some = pool(died(), died(), died(), b"answer")
    with pytest.raises(Lost, match="3 Ray actors ended"):
        some.run(b"request", only_now=False)
    assert some.run(b"another", only_now=False) == b"answer"


def test_an_actor_whose_model_raises_stays(pool: Callable[..., Pool]) -> None:
    some = pool(RayTaskError("run", "trace of it", ValueError("a bad day")), b"answer", actors=1)
    kind, line, trace = json.loads(ray_pool.answer(some, WAIT + b"request")[1:])
    assert (kind, line) == ("ValueError", "a bad day")
    assert "trace of it" in trace
    assert some.run(b"another", only_now=False) == b"answer"
    assert some.state().lost == 0


def test_who_would_not_wait_is_told_that_nobody_is_there(pool: Callable[..., Pool]) -> None:
    assert ray_pool.answer(pool(died(), actors=1), ONLY_NOW + b"request") == NOBODY
