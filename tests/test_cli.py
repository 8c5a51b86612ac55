"""The command line: answers on the standard output, refusals on the standard error, and exit codes."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

import cli
from engine import Engine, Settings
from tests.conftest import filled, to_csv, until, wave
from tests.serving import ROOT

Said = pytest.CaptureFixture[str]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache directory that the command line uses."""
    monkeypatch.setenv("HINDCAST_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def stored(folder: Path) -> str:
    """A stored series' handle; no engine uses the directory any more."""
    with closing(Engine(Settings(cache_dir=folder, model="last-value", background=False))) as engine:
        return engine.upload(to_csv(wave(300), column="zebra")).dataset.handle


def test_models_are_listed_with_what_they_are(folder: Path, capsys: Said) -> None:
    assert cli.main(["models"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["model", "licence", "numerics", "size"]
    assert [line.split()[0] for line in lines[1:]] >= ["hindcast-small", "last-value", "seasonal-naive", "theta"]


def test_a_model_that_cannot_be_loaded_says_why(folder: Path, capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(settings: Settings) -> None:
        raise RuntimeError("no weights\nhere")

    monkeypatch.setattr(cli, "installed", lambda: {"theirs": broken})
    assert cli.main(["models"]) == cli.REFUSED
    assert "cannot be loaded: no weights here" in capsys.readouterr().out


def test_the_cache_is_listed_checked_and_forgotten(stored: str, capsys: Said) -> None:
    assert cli.main(["cache"]) == 0
    told = capsys.readouterr()
    assert stored in told.out
    assert "300" in told.out
    assert "MB in use" in told.err
    assert cli.main(["cache", "--check"]) == 0
    assert "damaged uploads" in capsys.readouterr().out
    assert cli.main(["cache", "--delete", stored]) == 0
    assert cli.main(["cache"]) == 0
    assert stored not in capsys.readouterr().out


def test_what_is_not_stored_cannot_be_forgotten(folder: Path, capsys: Said) -> None:
    assert cli.main(["cache", "--delete", "abc"]) == cli.REFUSED
    assert "handle" in capsys.readouterr().err


def test_a_wrong_command_line_is_told_apart_from_a_refusal(capsys: Said) -> None:
    for arguments in ([], ["nothing"], ["cache", "--check", "--delete", "x"]):
        with pytest.raises(SystemExit) as end:
            cli.main(arguments)
        assert end.value.code == 2
    assert "usage: hindcast" in capsys.readouterr().err


def test_a_wrong_setting_ends_with_its_own_status(capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HINDCAST_HOIRZON", "3")
    assert cli.main(["cache"]) == cli.CANNOT_START
    assert "HINDCAST_HOIRZON" in capsys.readouterr().err


def test_it_is_installed_as_a_command() -> None:
    command = Path(sys.executable).with_name("hindcast")
    run = subprocess.run([command, "--version"], cwd=ROOT, capture_output=True, timeout=50, check=True)
    assert run.stdout.startswith(b"hindcast ")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "load.csv"
    path.write_bytes(to_csv(wave(400), column="load [kW]"))
    return path


def backtest(*arguments: object) -> int:
    return cli.main(["backtest", "--model", "theta", *map(str, arguments)])


def test_a_backtest_prints_the_scores_of_the_accuracy_page(folder: Path, file: Path, capsys: Said) -> None:
    assert backtest(file) == 0
    told = capsys.readouterr()
    assert not folder.exists(), "it keeps nothing"
    assert told.out.startswith("Over 371 moments the forecast missed by ")
    printed = {line.split()[0]: line.split()[1:] for line in told.out.splitlines() if line.count("  ") > 1}
    with closing(Engine(Settings(cache_dir=folder, model="theta"))) as engine:
        handle = engine.upload(file.read_bytes()).dataset.handle
        until(lambda: filled(engine, handle))
        found = engine.backtest(handle, timeout=20, wait=True)
    for name in found.measures._fields:
        columns = (found.measures, found.baseline, found.last_value)
        assert printed[name] == [f"{getattr(column, name):.6g}" for column in columns]


def test_a_backtest_says_which_of_many_columns_it_took(folder: Path, tmp_path: Path, capsys: Said) -> None:
    months = [f"{2021 + n // 12}-{1 + n % 12:02}-01,{100 + n % 12},{50 + 7 * n % 11}" for n in range(48)]
    path = tmp_path / "shops.csv"
    path.write_text("\n".join(["month,tea,coffee", *months]))
    assert backtest(path) == 0
    first, *rest = capsys.readouterr().err.splitlines()
    assert first == "Read as tea, every month, Jan 2021 to Dec 2024, 48 values, none missing."
    assert any("2 columns hold numbers; tea, the first, was taken." in line for line in rest)
    assert backtest(path, "--value", "coffee") == 0
    assert capsys.readouterr().err.startswith("Read as coffee, ")


@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_its_results_can_be_written_and_opened_again(folder: Path, file: Path, tmp_path: Path, kind: str) -> None:
    out = tmp_path / f"results.{kind}"
    assert backtest(file, "--horizon", "3", "--out", out) == 0
    table = pl.read_parquet(out) if kind == "parquet" else pl.read_csv(out)
    assert table["index"].n_unique() == 377
    assert ("horizon" in table.columns) == (kind == "parquet")


def test_its_report_is_the_accuracy_page_as_a_file_that_leads_nowhere(
    folder: Path, file: Path, tmp_path: Path, capsys: Said
) -> None:
    out = tmp_path / "report.html"
    assert backtest(file, "--report", out) == 0
    sentence = capsys.readouterr().out.splitlines()[0]
    text = out.read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>")
    assert sentence.removeprefix("Over ").split(" missed")[0] in re.sub(r"<[^>]*>", "", text)
    assert {"When does it fail?", "Worst stretches", "All measures"} <= set(re.findall(r"<h2>(.*?)</h2>", text))
    assert "<a " not in text
    assert "kW" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing.csv"], "cannot be read"),
        (["{file}", "--out", "results.xls"], "ends in .parquet or .csv; 'results.xls'"),
        (["{file}", "--report", "results.pdf"], "ends in .html"),
        (["{file}", "--horizon", "65"], "1 to 64 can be forecast"),
        (["{file}", "--value", "nothing"], "nothing"),
        (["{file}", "--out", "{folder}/no/such/place.csv"], "cannot be written"),
        (["{file}", "--model", "crystal-ball"], "There is no model named 'crystal-ball'"),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_reason(
    folder: Path, file: Path, capsys: Said, arguments: list[str], words: str
) -> None:
    assert backtest(*(part.format(file=file, folder=folder) for part in arguments)) == cli.REFUSED
    assert words in capsys.readouterr().err


def test_dates_that_can_be_read_in_two_ways_are_not_guessed(folder: Path, tmp_path: Path, capsys: Said) -> None:
    lines = [f"03/04/2024 {k // 12:02}:{5 * (k % 12):02},{20 + k % 24}" for k in range(12 * 24)]
    (tmp_path / "tie.csv").write_text("time,load\n" + "\n".join(lines) + "\n")
    asked = ["backtest", str(tmp_path / "tie.csv"), "--model", "last-value"]
    assert cli.main(asked) == cli.REFUSED
    told = capsys.readouterr().err
    assert "--dayfirst (2024-04-03" in told
    assert "--monthfirst (2024-03-04" in told
    assert cli.main([*asked, "--monthfirst"]) == 0
    assert "4 Mar 2024" in capsys.readouterr().err
