"""What verbs say at their end, by calling them: tables within 80 columns, in a pipe, in colour and with NO_COLOR.

Benchmarks that need official files are checked the same way where they are tested.
"""

from __future__ import annotations

import io
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import chdir, redirect_stdout
from pathlib import Path

import pytest

from burnish.cli import main
from fire_items import made_item, said, write_items

POCKET = ["--model", "pocket", "--batch-size", "8"]
FEW = ["pocket:heldout/counting#per_task=3", "--max-new-tokens", "8", *POCKET]
CALLS: Mapping[str, list[str]] = {
    "distort": ["cats.png", "--out", "sheet.png", "--distort", "flip", "--distort", "moco+noise:500", "--per", "1"],
    "pairs": ["pocket:train/description#per_task=8", "--max-new-tokens", "40", *POCKET, "--out", "pairs"],
    "train dpo": ["pairs", "--model", "pocket", "--out", "adapter", "--max-steps", "2", "--batch-size", "4"],
    "bench answers": [*FEW, "--distort", "noise:900", "--out", "answers"],
    "bench sampled": [*FEW, "--temperatures", "0", "1", "--out", "sampled"],
    "compose": ["pocket:train/counting#per_task=6", "--model", "oracle", "--out", "composed"],
    "simulate": [
        *("pocket:train/counting#per_task=4", "--student", "pocket", "--student-adapter", "pocket-student"),
        *("--teacher", "oracle", "--out", "simulated"),
    ],
    "bench free": [
        *("pocket:heldout/counting#per_task=3", "--student", "pocket", "--student-adapter", "pocket-student"),
        *("--teacher", "oracle", "--out", "free"),
    ],
    "bench judged grades": ["--answers", "answers", "--judge", "oracle", "--out", "graded"],
    "import": ["items.json", "--out", "imported"],
    "validate": ["items.json"],
    "stats": ["items.json", "imported"],
    "score free": ["items.json"],
    "score fixed": ["--references", "items.json", "--predictions", "predicted.jsonl", "--missing", "left-out"],
    "compare": ["answers", "again", "--out", "compared"],
    "report": ["pairs", "imported", "--out", "reported"],
    "show": ["composed"],
    "export": ["pairs", "--to", "trl", "--out", "exported"],
    "review import": ["imported", "--store", "ratings.sqlite"],
    "review summary": ["--store", "ratings.sqlite", "--out", "summary"],
}
"""Words behind each verb; a later call may use what an earlier one made."""
TWICE = ("import", "validate", "stats", "score free", "score fixed", "compare", "show", "review summary")
"""Calls that take no time when they are repeated."""
LISTED = ("Written:", "Made by:", "Picture:")
"""Above lines that are there to be copied, and are not wrapped."""
ESCAPE = re.compile(r"\x1b\[[\d;]*m")


def _call(verb: str, *more: str) -> str:
    if verb == "compare":
        shutil.copytree("answers", "again", dirs_exist_ok=True)
    output = io.StringIO()
    with redirect_stdout(output):
        code = main([*verb.split(), *CALLS[verb], *more])
    assert code == 0, verb
    return output.getvalue()


def _prepare(folder: Path) -> None:
    rated = [
        {**said("student", "Answer: 3\n"), "human_rating": 4},
        {**said("teacher", "Score: 9.\n"), "human_rating": 5},
    ]
    items = [made_item(2, 4, 9), made_item(1, 9, conversations=[*rated, *rated], score=[9, 9])]
    write_items(folder, items, "items.json")
    (folder / "images/cats.png").rename(folder / "cats.png")
    (folder / "images").mkdir(exist_ok=True)
    (folder / "images/cats.png").write_bytes((folder / "cats.png").read_bytes())
    lines = [{"id": item, "turn": 2, "role": "student", "text": "3 cats"} for item in (0, 1)]
    (folder / "predicted.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))


@pytest.fixture(scope="module")
def called(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What each verb printed, in the folder where it was called."""
    folder = tmp_path_factory.mktemp("said")
    with chdir(folder), pytest.MonkeyPatch.context() as environment:
        environment.delenv("FORCE_COLOR", raising=False)
        _prepare(folder)
        yield {verb: _call(verb) for verb in CALLS}


def _wrapped(shown: str) -> list[str]:
    """The lines that are not there to be copied."""
    kept, listed = [], False
    for line in shown.splitlines():
        listed = line in LISTED or (listed and line.startswith("  "))
        kept += [] if listed else [line]
    return kept


@pytest.mark.parametrize("verb", CALLS)
def test_a_verb_ends_with_tables_that_fit(called: dict[str, str], verb: str) -> None:
    shown = called[verb]
    assert max(map(len, _wrapped(shown))) <= 80
    assert [line for line in shown.splitlines() if line != line.rstrip()] == []
    assert "\x1b" not in shown
    assert "\n────" in shown
    assert "\nWritten:\n  " in shown or verb in ("validate", "stats", "score free", "score fixed", "show")


@pytest.mark.parametrize("verb", TWICE)
def test_colour_where_it_is_forced_and_none_with_no_color(
    called: dict[str, str], verb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("FORCE_COLOR", "1")
    coloured = _call(verb)
    assert "\x1b[1m" in coloured
    bare = [line.rstrip() for line in ESCAPE.sub("", coloured).splitlines()]
    assert bare == called[verb].splitlines()  # and nothing is said by colour alone
    monkeypatch.setenv("NO_COLOR", "1")
    assert _call(verb) == called[verb]
