"""The background on a real Ray of two actors, which lose their lives; and a Ray that is not there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import app
from engine import Engine, Settings
from engine.errors import StartError
from engine.ray_runner import RayRunner
from engine.series import Series
from tests.conftest import filled, in_memory, to_csv, until, wave
from tests.serving import reserved_port

pytestmark = [pytest.mark.timeout(180), pytest.mark.xdist_group("ray")]

PACKAGE = '''
"""The context's last value and a noise of its own; on an actor it can be made to die, or to hang."""

import os
import signal
import threading
from pathlib import Path

import numpy as np

FOLDER = Path(os.environ["MORTAL_FOLDER"])


class Mortal:
    name, kind, context_length, num_samples = "mortal", "draws", 64, 4
    digest, numerics, licence, size = "mortal-1", "fp32", "MIT", "no weights"

    def predict(self, contexts, floor, horizon):
        if os.getpid() != int(os.environ["MORTAL_SERVER"]):
            self.suffer()
        steps = np.arange(1, horizon + 1)[None, :, None] * np.linspace(-1, 1, self.num_samples)
        last = np.nan_to_num(contexts)[:, -1, None, None]
        return (last + steps * np.nanstd(contexts[:, -8:], axis=1)[:, None, None]).astype(np.float32)

    def suffer(self):
        if (FOLDER / "hang").exists():
            (FOLDER / "hung").touch()
            threading.Event().wait()
        try:
            (FOLDER / "die").unlink()
        except FileNotFoundError:
            return
        os.kill(os.getpid(), signal.SIGKILL)


def load(settings):
    (FOLDER / f"process-{os.getpid()}").touch()
    return Mortal()
'''


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the toy's package is installed, and where it looks whether it shall die."""
    site = tmp_path_factory.mktemp("mortal")
    metadata = site / "mortal-1.0.dist-info"
    metadata.mkdir()
    (site / "mortal_model.py").write_text(PACKAGE)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: mortal\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[hindcast.models]\nmortal = mortal_model:load\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(site))
        patch.setenv("MORTAL_FOLDER", str(site))
        patch.setenv("MORTAL_SERVER", str(os.getpid()))
        yield site


def settings(cache: Path, runner: str, **others: object) -> Settings:
    return Settings(cache_dir=cache, model="mortal", runner=runner, ray_actors=2, horizon=3, **others)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def local(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = Engine(settings(tmp_path_factory.mktemp("local"), "threads"))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def on_ray(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = Engine(settings(tmp_path_factory.mktemp("ray"), "ray"))
    yield engine
    engine.close()


def everything(engine: Engine, series: Series) -> list[bytes]:
    """All rows of a filled series, block by block."""
    (entry,) = [entry for entry in engine._scheduler.entries() if entry.subject.series.handle == series.handle]
    rows = in_memory(engine, entry)
    numbers = range(rows.block_of(series.first_slot), rows.block_of(series.last_slot) + 1)
    return [array.tobytes() for number in numbers for array in rows.block_rows(number)]


def compute(engine: Engine, series: Series) -> list[bytes]:
    handle = engine.upload(to_csv(series)).dataset.handle
    until(lambda: filled(engine, handle), timeout=120)
    assert engine.progress(handle).failed == 0
    return everything(engine, series)


def test_a_fill_that_loses_an_actor_gives_the_same_bytes_as_one_at_home(
    local: Engine, on_ray: Engine, folder: Path
) -> None:
    series = wave(3000, missing=0.02)
    expected = compute(local, series)
    before = on_ray.status().runner
    assert (before.where, before.wanted, before.lost) == ("ray", 2, 0)
    (folder / "die").touch()
    assert compute(on_ray, series) == expected
    assert not (folder / "die").exists()
    assert on_ray.status().runner.lost == 1
    until(lambda: on_ray.status().runner.actors == 2)
    assert on_ray.status().runner.trouble == ""
    assert on_ray.status().ready


def test_callers_are_answered_at_home_though_every_actor_hangs_and_an_engine_ends_without_them(
    on_ray: Engine, folder: Path
) -> None:
    runner = on_ray._runner
    assert isinstance(runner, RayRunner)
    (folder / "hang").touch()
    handle = on_ray.upload(to_csv(wave(600, seed=2))).dataset.handle
    until(lambda: (folder / "hung").exists())
    assert on_ray.forecast(handle, -12).index == -12
    on_ray.close()
    assert not any(on_ray.status().threads.values())
    actors = [int(path.name.removeprefix("process-")) for path in folder.glob("process-*")]
    until(lambda: not any(runs(pid) for pid in actors if pid != os.getpid()))
    until(lambda: not [pid for pid in os.listdir("/proc") if pid.isdigit() and runner._folder in command(pid)])
    assert not Path(runner._folder).exists()


def command(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except OSError:
        return ""


def runs(pid: int) -> bool:
    return command(str(pid)) != ""  # a dead process that nobody has asked about has none


def test_an_address_at_which_no_ray_answers_is_said_in_one_line(folder: Path, tmp_path: Path) -> None:
    with reserved_port() as held:
        address = f"127.0.0.1:{held.getsockname()[1]}"
        with pytest.raises(StartError) as refused:
            Engine(settings(tmp_path / "cache", address))
    assert refused.value.message.startswith(f"Ray at {address} cannot be used: ")
    assert "\n" not in refused.value.message


def test_without_the_extra_the_start_ends_with_a_line_that_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for name, value in {"CACHE_DIR": str(tmp_path / "cache"), "MODEL": "seasonal-naive", "RUNNER": "ray"}.items():
        monkeypatch.setenv(f"HINDCAST_{name}", value)
    with pytest.raises(SystemExit) as ended:
        app._serve()
    assert ended.value.code == 3
    line = (
        "Hindcast cannot start: HINDCAST_RUNNER is ray, but ray is not installed. Install it: pip install hindcast[ray]"
    )
    assert capsys.readouterr().err.strip() == line
