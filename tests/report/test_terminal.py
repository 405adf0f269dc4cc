"""Tables on a terminal: what wraps, what moves below, what is never broken, and when there is colour."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from burnish.report.tables import Table
from burnish.report.terminal import coloured, prose, say, show
from printed import printed

TABLE = Table(
    title="Scores",
    columns=("task", "n", "exact match %"),
    rows=(("counting", "1,200", "71.3 ± 2.9"), ("宝", "4", "100.0 ± 39.6"), ("none", "0", "–")),
    note="A note.",
    best=frozenset({(1, 2)}),
)
WIDE = Table(
    title="Wide",
    columns=("method", *(f"measure {i} %" for i in range(9)), "verdict"),
    rows=(
        ("A model whose name is longer than it ought to be", *(f"{i}1.25 ± 10.90" for i in range(9)), "better"),
        ("  ± 95 %", *(f"{i}2.25 ± 1.90" for i in range(9)), "worse"),
    ),
    text_columns=frozenset({0, 10}),
)
ESCAPE = "\x1b"


def test_text_is_aligned_and_no_wider_than_its_cells() -> None:
    # Every ± stands below the other, numbers end at the right, and the Chinese character takes two columns.
    assert printed(TABLE).splitlines() == [
        "Scores",
        "",
        "task          n  exact match %",
        "──────────────────────────────",
        "counting  1,200    71.3 ±  2.9",
        "宝            4   100.0 ± 39.6",
        "none          0              –",
        "",
        "A note.",
    ]


def test_a_table_without_rows_is_its_heading() -> None:
    assert printed(Table(title="t", columns=("task", "n"), rows=())).splitlines() == ["t", "", "task  n", "───────"]


def test_headings_wrap_where_numbers_leave_no_room() -> None:
    # 8 + 2 + 5 + 2 + 12: no narrower without breaking a number
    assert printed(TABLE, 29).splitlines()[2:5] == [
        "                  exact match",
        "task          n             %",
        "─────────────────────────────",
    ]


def test_words_wrap_and_numbers_do_not() -> None:
    table = Table(title="t", columns=("question", "n"), rows=(("What is written on the red sign?", "1,200 ± 34"),))
    assert printed(table, 26).splitlines()[2:] == [
        "question                 n",
        "──────────────────────────",
        "What is         1,200 ± 34",
        "written on the",
        "red sign?",
    ]


def test_all_words_that_name_a_row_stand_before_each_part() -> None:
    table = Table(
        title="t",
        columns=("task", "picture", "a", "b", "c"),
        rows=(("counting", "clean", "11111111", "22222222", "33333333"), ("counting", "grey", "4", "5", "6")),
        text_columns=frozenset({0, 1}),
    )
    # 8 + 2 + 7 name a row; with two numbers more it is 37 wide
    assert printed(table, 40).splitlines()[2:] == [
        "task      picture         a         b",
        "─────────────────────────────────────",
        "counting  clean    11111111  22222222",
        "counting  grey            4         5",
        "",
        "task      picture         c",
        "───────────────────────────",
        "counting  clean    33333333",
        "counting  grey            6",
    ]
    assert printed(table, 27).count("picture") == 3  # a part for each number
    assert printed(table, 26).count("picture") == 1  # no room for both names: the first must do


@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_a_wide_table_keeps_every_number_whole(width: int) -> None:
    text = printed(WIDE, width)
    assert max(map(len, text.splitlines())) <= width
    for i in range(9):
        assert f"{i}1.25 ± 10.90" in text
        assert f"{i}2.25 ±  1.90" in text
        assert len(re.findall(rf"\b{i} %", text)) == 1
    assert "better" in text


def test_numbers_are_whole_even_on_a_terminal_that_is_too_narrow() -> None:
    text = printed(WIDE, 10)
    assert all(f"{i}1.25 ± 10.90" in text for i in range(9))


def test_a_name_without_spaces_is_broken_rather_than_cut() -> None:
    name = "/a/path/" + "x" * 100
    text = printed(Table(title="t", columns=("file", "n"), rows=((name, "1"),)))
    assert max(map(len, text.splitlines())) <= 80
    assert name in "".join(line.removesuffix("  1").strip() for line in text.splitlines()[4:])


def test_cells_can_neither_steer_the_terminal_nor_be_markup(capsys: pytest.CaptureFixture[str]) -> None:
    evil = "\x1b[31mred [bold]loud[/bold] :smile:\nnext"
    show([Table(title=evil, columns=("a",), rows=((evil,),), note=evil)], [f"/tmp/{ESCAPE}[2J"])
    shown = capsys.readouterr().out
    assert ESCAPE not in shown
    assert shown.count("␛[31mred [bold]loud[/bold] :smile:") == 3
    assert "␛[31mred [bold]loud[/bold] :smile: next" in shown  # a cell is one line
    assert "  /tmp/␛[2J\n" in shown


def test_nothing_but_text_goes_into_a_pipe(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    show([TABLE, WIDE], [Path("a/long/path") / ("x" * 100)])
    shown = capsys.readouterr().out
    assert ESCAPE not in shown
    assert [line for line in shown.splitlines() if line != line.rstrip()] == []
    assert f"  a/long/path/{'x' * 100}\n" in shown  # whole: a path is there to be copied
    assert not coloured()


def test_colour_where_it_is_forced_says_nothing_of_its_own(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    show([TABLE, WIDE])
    plain = capsys.readouterr().out
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    show([TABLE, WIDE])
    shown = capsys.readouterr().out
    assert coloured()
    assert f"{ESCAPE}[1;32m 100.0 ± 39.6" in shown  # the best, bold and green
    assert f"{ESCAPE}[32mbetter" in shown
    assert f"{ESCAPE}[31mworse" in shown
    bare = re.sub(r"\x1b\[[\d;]*m", "", shown)
    assert [line.rstrip() for line in bare.splitlines()] == plain.splitlines()


def test_no_color_wins(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("NO_COLOR", "1")
    show([TABLE])
    say(prose("bold", "bold red"))
    assert ESCAPE not in capsys.readouterr().out
    assert not coloured()
