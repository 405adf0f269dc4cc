"""`import burnish`: names with docstrings, imported when they are used; runs as objects, data sets and HTML."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import burnish
from burnish.errors import RunError
from burnish.records import Dropped, PreferencePair
from burnish.store import Run as Store


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> burnish.Run:
    out = tmp_path_factory.mktemp("api") / "pairs"
    config = burnish.PairsConfig(
        source="pocket:heldout/counting",
        model="pocket",
        out=str(out),
        limit=24,
        max_new_tokens=8,
        distort=("noise:800",),
    )
    return burnish.make_pairs(config)


@pytest.mark.parametrize("name", burnish.__all__)
def test_every_name_is_there_with_a_docstring_and_is_no_module(name: str) -> None:
    assert getattr(burnish, name).__doc__
    assert importlib.util.find_spec(f"burnish.{name}") is None
    assert name in dir(burnish)


def test_importing_burnish_imports_nothing_heavy() -> None:
    """What makes it slow, held without a clock."""
    script = (
        "import sys, burnish\n"
        "heavy = {'torch', 'transformers', 'datasets', 'numpy', 'PIL', 'tyro', 'rich', 'tempfile'} & {*sys.modules}\n"
        "sys.exit(f'imported {sorted(heavy)}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'make_pears'"):
        burnish.make_pears  # noqa: B018


def test_a_run_gives_its_records_as_objects(pairs: burnish.Run) -> None:
    records = list(pairs)
    assert len(records) == len(pairs) == 24
    assert pairs[0] == records[0] and pairs[-1] == records[-1]
    kept = [record for record in pairs.kept() if isinstance(record, PreferencePair)]
    assert kept == [record for record in records if not isinstance(record, Dropped)] != []
    assert pairs.picture(kept[0]).size == (64, 64)
    assert pairs.kind == "pairs" and pairs.settings["limit"] == 24 and pairs.summary is not None
    assert repr(pairs) == f"Run({str(pairs.path)!r}: 24 pairs)"
    with pytest.raises(IndexError, match="has 24 records, none at 24"):
        pairs[24]
    dropped = next(record for record in records if isinstance(record, Dropped))
    with pytest.raises(TypeError, match="Dropped has no picture"):
        pairs.picture(dropped)


def test_a_run_becomes_a_dataset(pairs: burnish.Run) -> None:
    rows = pairs.to_dataset()
    kept = [record for record in pairs.kept() if isinstance(record, PreferencePair)]
    assert [row["id"] for row in rows] == [pair.id for pair in kept]
    assert rows[0]["chosen"]["text"] == kept[0].chosen.text and rows[0]["image"].size == (64, 64)


def test_notebooks_show_runs_and_records_with_their_pictures(pairs: burnish.Run) -> None:
    pair = next(record for record in pairs.kept() if isinstance(record, PreferencePair))
    shown = pairs.show(pair)._repr_html_()
    assert shown.count('<img src="data:image/png;base64,') == 2
    assert pair.chosen.text in shown and "rejected, noise:800" in shown and pair.id in shown
    assert pairs.show()._repr_html_() == shown
    assert "24 pairs" in pairs._repr_html_() and pair.id in pairs._repr_html_()
    dropped = next(record for record in pairs if isinstance(record, Dropped))
    assert dropped.reason in pairs.show(dropped)._repr_html_()


def test_what_a_model_said_is_no_markup(tmp_path: Path, pairs: burnish.Run) -> None:
    from dataclasses import replace

    from burnish.api.cells import record_cell

    pair = next(record for record in pairs.kept() if isinstance(record, PreferencePair))
    marked = replace(pair, question="<script>x</script>", chosen=replace(pair.chosen, text="<b>no</b>"))
    html = record_cell(Store.open(pairs.path), marked).html
    assert "<script>" not in html and "<b>no</b>" not in html and "&lt;b&gt;no" in html


def test_a_report_shows_its_page(pairs: burnish.Run, tmp_path: Path) -> None:
    report = burnish.make_report(burnish.ReportConfig(runs=(str(pairs.path),), out=str(tmp_path / "report")))
    assert report.page == tmp_path / "report" / "index.html" and report.page.is_file()
    assert report._repr_html_().lower().startswith('<iframe srcdoc="&lt;!doctype html&gt;')
    assert repr(report) == f"Report({str(report.page)!r})"


def test_two_results_are_compared(tmp_path: Path) -> None:
    runs = []
    for name, words in {"one": 1, "other": 2}.items():
        config = burnish.AnswersConfig(
            source="pocket:heldout/counting", model="pocket", out=str(tmp_path / name), limit=8, max_new_tokens=words
        )
        runs.append(burnish.bench_answers(config))
    before, after = (str(run.path) for run in runs)
    compared = burnish.compare(burnish.CompareConfig(before=before, after=after))
    assert compared.verdict in ("better", "worse", "undecided")
    assert compared.sentence.lower().startswith(compared.verdict) and compared.sentence in repr(compared)
    assert "<table>" in compared._repr_html_()


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="is not a run"):
        burnish.Run(tmp_path)


def test_a_record_finds_its_picture_among_the_opened_runs(
    pairs: burnish.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from burnish.api import display

    pair = next(record for record in pairs.kept() if isinstance(record, PreferencePair))
    other = tmp_path / "other"
    shutil.copytree(pairs.path, other)
    shutil.rmtree(other / "images")
    monkeypatch.setattr(display, "_OPENED", {run: Store.open(run) for run in (pairs.path, other)})
    assert display.record_html(pair) == pairs.show(pair)._repr_html_()
    assert display.record_html(replace(pair, image="0" * 64)) is None
