"""What verbs end with: verdicts, the first numbers, where the page is; --verbose prints the long tables too."""

from __future__ import annotations

from pathlib import Path

import pytest

from builders import answer, dropped, pair, prediction, write_run
from burnish import cli
from burnish.report.replies_tables import with_replies
from burnish.report.section import NamedRun, Section
from burnish.report.tables import Table
from burnish.report.terminal import VERBOSE
from burnish.verbs.output import FEW_ROWS, few_tables


def _table(title: str, rows: int) -> Table:
    return Table(title=title, columns=("what", "n"), rows=tuple(("row", str(i)) for i in range(rows)))


@pytest.mark.parametrize(
    ("rows", "kept"),
    [([3], 1), ([50, 1], 1), ([4, 4, 4], 3), ([4, 4, 5], 2), ([], 0), ([FEW_ROWS, 1], 1)],
)
def test_the_first_table_and_short_ones_are_printed(rows: list[int], kept: int) -> None:
    tables = [_table(str(i), n) for i, n in enumerate(rows)]
    assert few_tables(tables) == tables[:kept]


def test_verbose_prints_them_all(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [pair(i, answer("a", 2), [answer("b", 3)], source=f"source {i}") for i in range(FEW_ROWS)]
    run = write_run(tmp_path / "run", [*made, dropped(99, "equal answers")])
    monkeypatch.delenv("BURNISH_VERBOSE")
    token = VERBOSE.set(False)
    try:
        assert cli.main(["report", str(run.path)]) == 0
        few = capsys.readouterr().out
        assert cli.main(["report", str(run.path), "--verbose"]) == 0
        every = capsys.readouterr().out
    finally:
        VERBOSE.reset(token)
    assert "Preference pairs" in few and "--verbose prints" in " ".join(few.split())
    assert "Replies" not in few and "Replies" in every and "--verbose" not in every
    for said in (few, every):
        assert f"Written:\n  {run.path / 'report' / 'index.html'}" in said
    assert "Replies" in (run.path / "report" / "tables.md").read_text()


def test_what_was_left_out_is_said_where_no_table_says_it(tmp_path: Path) -> None:
    answers = [prediction(0, "yes", "no"), dropped(1, "broken image"), dropped(2, "no image"), dropped(3, "no image")]
    named = NamedRun("run", write_run(tmp_path / "run", answers, kind="answers"))
    assert with_replies(Section(title="Answers"), named).warning == "Left out: 3 (no image 2, broken image 1)."
    told = Table(title="Examples without a pair", columns=("reason", "n"), rows=(("no image", "2"),))
    assert with_replies(Section(title="Pairs", tables=(told,)), named).warning == "Left out: 1 (broken image 1)."
