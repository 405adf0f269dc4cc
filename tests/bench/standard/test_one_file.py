"""A benchmark is one file: one made up here is found by every verb, and no table of names knows it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from burnish.bench.standard.registry import benchmark, declared
from patience import HANG_S
from releases import picture
from standard_files import lines_file

_POPE = re.compile(r"pope(?!n)", re.IGNORECASE)
"""The benchmark, and not `subprocess.Popen`."""

RIDDLES = '''"""Riddles, which nobody has published: the answer must be the true word."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

from burnish.bench.measures import RIGHT, measures
from burnish.bench.metrics import Term, equal
from burnish.bench.standard.recorded_answers import recorded_answers, valued
from burnish.bench.standard.asking.base import OpenBenchmark
from burnish.bench.standard.asking.configs import AskConfig
from burnish.bench.standard.asking.data import open_data
from burnish.bench.standard.asking.frames import BARE
from burnish.bench.standard.asking.written import write_answers
from burnish.bench.standard.benchmark import Benchmark, Way
from burnish.bench.standard.files import items
from burnish.bench.standard.making import WrittenBenchmark
from burnish.bench.standard.numbers import measured_scores
from burnish.bench.standard.submit import write_submission
from burnish.sources import Candidate

MEASURES = measures(RIGHT)


@dataclass(frozen=True, kw_only=True)
class ScoreConfig:
    """Score riddles."""

    benchmark: ClassVar[str] = "own-riddles"
    questions: str
    predictions: str
    json: str | None = None


@dataclass(frozen=True, kw_only=True)
class AskRiddles(AskConfig):
    """Ask riddles."""

    benchmark = "own-riddles"


@dataclass(frozen=True, kw_only=True)
class WriteConfig:
    """Write riddles."""

    benchmark: ClassVar[str] = "own-riddles"
    out: str
    json: str | None = None


def questions(path, picture):
    for row in items(path, "riddles are nowhere"):
        facts = {"picture": row.text("image")}
        words = {"question": row.text("riddle"), "answer": row.text("answer"), "source": "riddles"}
        yield Candidate(id=row.key("id"), image=picture(row), facts=facts, **words)


def score(said):
    answers = [valued(one, {"accuracy": Term(equal(one.text, one.asked.answer), 1)}) for one in said]
    return measured_scores("Riddles", answers, MEASURES)


def open_riddles(config):
    data = open_data(config, (".",), "nowhere")

    def asked():
        return questions(f"{config.data}/riddles.jsonl", lambda row: data.picture(row, lambda row: row.text("image")))

    return OpenBenchmark(frame=BARE, questions=asked, pictures=data, write=write_answers, score=score)


def score_files(config):
    found = questions(config.questions, lambda row: row.text("image"))
    return score(recorded_answers(found, config.predictions, config.questions))


def make(config):
    Path(config.out).write_text("")
    return WrittenBenchmark((Path(config.out),), {"riddles": 0}, {"riddles": 0})


BENCHMARK = Benchmark(
    title="Riddles",
    what="the true word",
    score=Way(ScoreConfig, score_files),
    ask=Way(AskRiddles, open_riddles),
    submit=Way(WriteConfig, lambda config: write_submission(config.out, [])),
    make=Way(WriteConfig, make),
    measures=lambda _: MEASURES,
    rescore=lambda said, _: score(said),
)
'''
CALLS = """
import contextlib, io, json, sys
from burnish.bench import standard

standard.__path__.append(sys.argv[1])
from burnish.cli import main

said = []
for words in json.loads(sys.argv[2]):
    with contextlib.redirect_stdout(io.StringIO()) as out:
        code = main(words)
    if code:
        sys.exit(f"{words} ended with {code}")
    said.append(out.getvalue())
print(json.dumps(said))
"""


def _burnish(room: Path, *calls: Sequence[object]) -> list[str]:
    """What burnish prints, call by call, where the folder `room` holds one more benchmark."""
    words = json.dumps([[str(word) for word in call] for call in calls])
    command = [sys.executable, "-c", CALLS, str(room), words]
    wide = {**os.environ, "COLUMNS": "120"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANG_S, env=wide, check=False)
    assert done.returncode == 0, done.stderr
    said: list[str] = json.loads(done.stdout)
    return said


def _riddles(folder: Path) -> Path:
    rows = [
        {"id": "a", "image": "a.png", "riddle": "What is it?", "answer": "fog"},
        {"id": "b", "image": "b.png", "riddle": "And this?", "answer": "ice"},
    ]
    for place, row in enumerate(rows):
        picture(folder / row["image"], 20 + 70 * place)
    return lines_file(folder / "riddles.jsonl", rows)


def test_every_verb_finds_a_benchmark_in_one_file(tmp_path: Path) -> None:
    room, run, name = tmp_path / "room", tmp_path / "run", "own-riddles"
    room.mkdir()
    (room / "own_riddles.py").write_text(RIDDLES)
    riddles = _riddles(tmp_path / "data")
    scores = []
    for file, texts in {"old": ("fog", "snow"), "new": ("Fog.", "ice")}.items():
        said = [{"question_id": key, "text": text} for key, text in zip("ab", texts, strict=True)]
        words = ("score", name, "--questions", riddles, "--predictions", lines_file(tmp_path / file, said))
        scores.append((*words, "--json", tmp_path / f"{file}.json"))
    *helps, old, _, _, asked, report, _, made = _burnish(
        room,
        *(("help", *words) for words in (("bench", "standard"), ("score",), ("submit",), (f"make-{name}",))),
        *scores,
        ("compare", tmp_path / "old.json", tmp_path / "new.json", "--json", tmp_path / "compared.json"),
        ("bench", "standard", name, "--data", riddles.parent, "--model", "pocket", "--max-new-tokens", 2, "--out", run),
        ("report", run, "--out", tmp_path / "report"),
        ("submit", name, "--out", tmp_path / "submission.json"),
        (f"make-{name}", "--out", tmp_path / "made"),
    )
    said_by_help = "\n".join(helps)
    for verb in (f"bench standard {name}", f"score {name}", f"submit {name}", f"make-{name}", "Riddles: the true word"):
        assert verb in said_by_help
    assert "Riddles" in old and "Riddles" in report and "A Riddles of your own" in made
    assert [_accuracy(tmp_path / f"{file}.json") for file in ("old", "new")] == [0.5, 1.0]
    compared = json.loads((tmp_path / "compared.json").read_text())
    assert (compared["title"], compared["won"], compared["lost"]) == ("Riddles", 1, 0)
    assert "accuracy %" in asked and (run / "report" / "index.html").is_file()
    assert json.loads((tmp_path / "submission.json").read_text()) == []


def _accuracy(file: Path) -> float:
    value: float = json.loads(file.read_text())["whole"]["accuracy"]["value"]
    return value


def test_what_help_reads_is_what_the_files_declare() -> None:
    for name, one in declared().items():
        found = benchmark(name)
        assert (one.title, one.what) == (found.title, found.what)
        for part in ("score", "ask", "submit", "make"):
            way = getattr(found, part)
            assert (part in one.parts) == (way is not None)
            assert way is None or way.config.benchmark == name


def test_no_table_of_names_knows_a_benchmark() -> None:
    source = Path(__file__).parents[3] / "src" / "burnish"
    naming = [path.name for path in source.rglob("*.py") if _POPE.search(path.read_text(encoding="utf-8"))]
    assert len(naming) <= 10, naming
