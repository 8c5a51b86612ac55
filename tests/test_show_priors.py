"""The page that shows what the forecaster is trained on."""

from __future__ import annotations

from pathlib import Path

from training.priors import FAMILIES
from training.show_priors import COLUMNS, figure, main


def test_every_family_has_a_row_of_panels_under_its_sentence() -> None:
    page = figure()
    assert len(page.data) == COLUMNS * len(FAMILIES)
    titles = [annotation.text for annotation in page.layout.annotations]
    for family in FAMILIES.values():
        assert any(family.sentence in title for title in titles)


def test_the_same_seed_draws_the_same_page() -> None:
    assert figure(3).to_json() == figure(3).to_json()


def test_the_page_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    main(["--out", str(tmp_path / "page.html")])
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "Plotly.newPlot" in page
    assert 'src="http' not in page
