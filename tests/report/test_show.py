"""`burnish show`: a record of any kind in 80 columns, found by id, place or words, unable to steer the terminal."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from difflib import SequenceMatcher, get_close_matches
from pathlib import Path

import pytest

from builders import always, answer, dropped, pair, png, write_run
from burnish.cli import main
from burnish.make.pairs import PairsConfig
from burnish.records import (
    Dialogue,
    Dropped,
    Feedback,
    Judgement,
    Prediction,
    PreferencePair,
    Record,
    Response,
    Turn,
)
from burnish.report.show.finding import near
from patience import HANG_S
from pseudo_terminal import on_terminal

EVIL = "\x1b[31mred\x1b[2J [bold]loud[/bold] :smile: \x9b1m \u202eback"
SAFE = "␛[31mred␛[2J [bold]loud[/bold] :smile: \ufffd1m \ufffdback"


def _run(folder: Path, records: Sequence[Record], *, kind: str = "pairs", done: bool = True) -> str:
    """A run of these records, all of them about one red picture."""
    config = PairsConfig(source="quiz", model="pocket", out="run")
    red = always(png((220, 20, 20), 32, 16))
    return str(write_run(folder, records, kind=kind, config=config, pictures=red, done=done).path)


def _shown(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["show", *words]) == 0
    return capsys.readouterr().out


def _refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["show", *words]) == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    return captured.err


def _prediction(number: int, text: str, truth: str = "a red car", **more: object) -> Prediction:
    fields = {
        "id": f"q{number}",
        "image": "",
        "question": "What is it?",
        "answer": truth,
        "text": text,
        "source": "quiz",
    }
    return Prediction(**(fields | more))  # type: ignore[arg-type]


def _dialogue(*scores: float | None) -> Dialogue:
    turns = tuple(
        Turn(
            response=Response(text="", thought=f"thought {i}" if i else "", answer=f"answer {i}"),
            feedback=Feedback(text="", score=score, comment=f"comment {i}"),
        )
        for i, score in enumerate(scores)
    )
    return Dialogue(
        id="d1", image="", question="What is it?", answer="a red car", turns=turns, source="quiz", ended="satisfied"
    )


PAIR = pair(
    1,
    answer("a red car on a road", 6, -3.25),
    [answer("a blue car on a road", 6, -7.5), answer("a red bus", 4, -9.0)],
    truth="a red car",
    distortions=("flip:1", "grey"),
)
JUDGEMENT = Judgement(
    id="j1",
    source="mmvet",
    part="run 2",
    asked={"question": "What?", "answer": "A car."},
    said=("unclear", "Score: 0.5"),
)
REFUSED = Judgement(id="j2", source="mmvet", asked={"question": "What?"}, refused="The endpoint said no.")


def test_a_pair_has_its_answers_with_the_differing_words_marked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = _run(tmp_path / "run", [PAIR])
    shown = _shown(capsys, run, "p1")
    lines = shown.splitlines()
    assert lines[1:3] == ["p1", "quiz · preference pair · record 1 of 1"]
    for line in (
        "question  What is it?",
        "truth     a red car",
        "chosen    a «red car on a road»",  # "red" is not in the first, the rest not in the second
        "          log p -3.2 · 6 tokens",
        "rejected  a «blue» car on a road",
        "          flip:1 · log p -7.5 · 6 tokens · margin +4.2 nats",
        "rejected  a red «bus»",
        "          grey · log p -9.0 · 4 tokens · margin +5.8 nats",
    ):
        assert line in lines
    assert "with seed 7" in shown.replace("\n", " ")
    assert re.search(rf"Picture:\n  {re.escape(run)}/images/../[0-9a-f]{{64}}\.png\n$", shown)
    assert "\x1b" not in shown
    assert all(line == line.rstrip() for line in lines)
    assert max(len(line) for line in lines if run not in line) <= 80


def test_a_dialogue_goes_turn_by_turn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = _shown(capsys, _run(tmp_path / "run", [_dialogue(2.5, None, float("nan"), 12, -3)], kind="simulate"), "d1")
    assert "turn 1    ██░░░░░░░░ 2.5\nstudent   answer 0\nteacher   comment 0\n\n" in shown
    assert "turn 2    no score\nthought   thought 1\nstudent   answer 1\nteacher   comment 1\n\n" in shown
    assert "turn 3    no score\n" in shown  # not a number
    assert "turn 4    ██████████ 12\n" in shown
    assert "turn 5    ░░░░░░░░░░ -3\n" in shown
    assert "ended     satisfied\n" in shown


@pytest.mark.parametrize(
    ("record", "verdict"),
    [
        (_prediction(1, "A red car."), "verdict   right\n          exact match 100 %"),
        (_prediction(2, "a blue car"), "verdict   wrong\n          exact match 0 %"),
        (_prediction(3, "Yes, there is one.", "yes"), "verdict   right\n"),
        (_prediction(4, "a car", ""), "answer    a car\n"),
    ],
)
def test_a_prediction_says_whether_it_is_right(
    record: Prediction, verdict: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = _shown(capsys, _run(tmp_path / "run", [record], kind="answers"), record.id)
    assert verdict in shown
    assert ("verdict" in shown) == bool(record.answer)


def test_a_distorted_prediction_and_an_unknown_scene(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = {"task": "description", "options": ["a", "b"], "long": "x" * 100, "temperature": 0.5}
    record = _prediction(1, "a car", distortion="grey", n_tokens=3, facts=facts)
    shown = _shown(capsys, _run(tmp_path / "run", [record], kind="answers"), "q1")
    assert "          grey · 3 tokens\n" in shown
    assert "facts     task description · temperature 0.5\n" in shown
    assert "verdict" not in shown


def test_thoughts_stand_before_answers_and_ends_behind_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = _run(tmp_path / "run", [_prediction(0, "a red", thinking="Is it a car?", replies=("cut",))], kind="answers")
    lines = [line.split() for line in _shown(capsys, run, "q0").splitlines()]
    thought = lines.index(["thought", "Is", "it", "a", "car?"])
    assert lines[thought + 1] == ["answer", "a", "red"]
    assert lines[thought + 2][-1] == "cut"


def test_judgements_and_drops(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    left_out = Dropped(id="x", source="quiz", reason="equal answers", detail="Both are 'a car'.")
    run = _run(tmp_path / "run", [JUDGEMENT, REFUSED, left_out], kind="judged mmvet")
    shown = _shown(capsys, run, "j1")
    for line in ("part      run 2", "question  What?", "answer    A car.", "judge     unclear", "judge     Score: 0.5"):
        assert line in shown.splitlines()
    assert "not asked  The endpoint said no." in _shown(capsys, run, "j2")
    shown = _shown(capsys, run, "x")
    assert "left out  equal answers\nbecause   Both are 'a car'.\n" in shown
    assert "Picture" not in shown


def test_without_an_id_the_run_and_its_first_record(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shown = _shown(capsys, _run(tmp_path / "run", [PAIR, dropped(1, "equal answers")], done=False))
    for cells in (
        ("kind", "pairs"),
        ("records", "2"),
        ("finished", "no: the command below goes on"),
        ("model", "pocket"),
        ("seed", "7"),
        ("fingerprints", "model abababababab"),
    ):
        assert re.search(rf"^{cells[0]} +{cells[1]}$", shown, re.MULTILINE)
    assert "\nMade by:\n  burnish pairs quiz" in shown
    assert "preference pair · record 1 of 2" in shown


def test_an_empty_run_and_a_training_have_an_overview(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = _run(tmp_path / "training", [], kind="dpo")
    assert "record " not in _shown(capsys, run)
    log = tmp_path / "training/log.jsonl"
    log.write_text('{"step": 1, "loss": 0.69}\n{"step": 2, "loss": 0.5}\n')
    shown = _shown(capsys, run)
    assert "Training, 2 steps" in shown
    assert re.search(r"^loss +0\.69 +0\.5$", shown, re.MULTILINE)
    assert f"give the training's folder, {run}." in _refused(capsys, str(log))
    assert "has 0 records, so none at --number 2." in _refused(capsys, run, "--number", "2")


def test_what_is_no_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "is not a run: there is no manifest.json in it." in _refused(capsys, str(tmp_path))
    assert "is not a run" in _refused(capsys, str(tmp_path / "nowhere"))
    file = tmp_path / "a.txt"
    file.write_text("text")
    assert "is not a run" in _refused(capsys, str(file))
    _run(tmp_path / "b", [PAIR])
    _run(tmp_path / "a", [PAIR])
    assert f"holds some: give one of {tmp_path}/a, {tmp_path}/b." in _refused(capsys, str(tmp_path))


def test_an_unknown_id_names_near_ones(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = _run(tmp_path / "run", [_prediction(number, "a car") for number in (1, 12, 123, 1234)], kind="answers")
    assert f"{run} has no record 'q124'; near it are 'q1234', 'q12', 'q123'." in _refused(capsys, run, "q124")
    assert f"{run} has no record 'zebra', nor one near it: give an id, or --number 3 for the third." in _refused(
        capsys, run, "zebra"
    )
    for odd in ("\x1b[2Jq1", "\udcff"):  # the second is what Python makes of a byte that is no UTF-8
        said = _refused(capsys, run, odd)
        assert "\x1b" not in said
        assert said.encode()


def test_the_nearest_of_many_are_those_that_difflib_finds() -> None:
    ids = [f"{task}-{number:04}" for task in ("count", "colour", "chart") for number in range(300)]
    for wanted in ("count-0300", "color-0012", "chrt-12", "counting-0007"):
        found = near(wanted, iter(ids))
        best = get_close_matches(wanted, ids, n=3)
        assert [_alike(wanted, one) for one in found] == [_alike(wanted, one) for one in best]
    assert near("zebra", iter(ids)) == []


def _alike(wanted: str, one: str) -> float:
    """As difflib compares: of several that are equally near, any may be named."""
    return SequenceMatcher(None, one, wanted).ratio()


def test_records_by_place_and_by_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = ["a red car", "a BLUE Car", "a green car", "a blue bus"]
    run = _run(tmp_path / "run", [_prediction(i, text) for i, text in enumerate(texts)], kind="answers")
    assert "q2\nquiz · prediction · record 3 of 4" in _shown(capsys, run, "--number", "3")
    assert "record 4 of 4" in _shown(capsys, run, "--number=-1")
    assert "record 2 of 4" in _shown(capsys, run, "--search", "blue car")
    assert "record 4 of 4" in _shown(capsys, run, "--search", "Blue", "--number", "2")
    assert "has 2 records with 'blue', so none at --number 3." in _refused(
        capsys, run, "--search", "blue", "--number", "3"
    )
    assert "No record of" in _refused(capsys, run, "--search", "pocket")  # in the manifest, not in a record
    assert "has 4 records, so none at --number 5." in _refused(capsys, run, "--number", "5")
    assert "has 4 records, so none at --number -5." in _refused(capsys, run, "--number=-5")
    for words in (["q1", "--search", "a"], ["--search", ""], ["--number", "0"], ["q1", "--number=-1"]):
        assert "burnish: " in _refused(capsys, run, *words)


def test_several_records_of_one_id_lead_to_each_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    records = [_prediction(1, "a car"), _prediction(1, "a bus", distortion="grey"), _prediction(2, "a van")]
    run = _run(tmp_path / "a run", records, kind="answers")
    shown = _shown(capsys, run, "q1")
    assert shown.endswith(f"The next record has the same id:\n  burnish show '{run}' q1 --number 2\n")
    second = _shown(capsys, run, "q1", "--number", "2")
    assert "answer    a bus" in second
    assert "same id" not in second


def test_texts_can_neither_steer_the_terminal_nor_be_markup(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evil = {"id": EVIL, "source": EVIL}
    turn = Turn(
        response=Response(text=EVIL, thought=EVIL, answer=EVIL), feedback=Feedback(text=EVIL, score=3, comment=EVIL)
    )
    records: list[Record] = [
        PreferencePair(image="", question=EVIL, chosen=answer(EVIL), rejected=PAIR.rejected[:1], answer=EVIL, **evil),
        Prediction(image="", question=EVIL, answer=EVIL, text=EVIL, facts={EVIL: EVIL}, **evil),
        Dialogue(image="", question=EVIL, answer=EVIL, turns=(turn,), **evil),
        Judgement(part=EVIL, asked={EVIL: EVIL}, said=(EVIL,), refused=EVIL, **evil),
        Dropped(reason=EVIL, detail=EVIL, **evil),
    ]
    run = _run(tmp_path / "run", records)
    for number in range(1, 6):
        shown = _shown(capsys, run, "--number", str(number))
        assert not {"\x1b", "\x9b", "\u202e"} & set(shown)
        assert " ".join(shown.split()).count(SAFE) >= 2


def test_a_record_whose_picture_is_lost_is_still_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = _run(tmp_path / "run", [PAIR])
    for picture in (tmp_path / "run/images").rglob("*.png"):
        picture.unlink()
    assert "holds no picture" in _shown(capsys, run, "p1")


SHOW = [sys.executable, "-m", "burnish", "show"]
ASKED_SIXEL, ASKED_KITTY = b"\x1b[c", b"a=q"
NOTHING, SIXEL = b"\x1b[?62;22c", b"\x1b[?62;4c"


def test_blocks_of_colour_on_a_terminal_that_has_nothing_better(tmp_path: Path) -> None:
    run = _run(tmp_path / "run", [PAIR])
    shown = on_terminal([*SHOW, run, "p1"], answers={ASKED_SIXEL: NOTHING})
    # 32 x 16 pixels in cells of 10 x 20: three pictures side by side, 25 columns each, and 6 rows of two pixels
    assert shown.count("▀") == 3 * 25 * 6
    red, grey = "38;2;220;20;20;48;2;220;20;20m▀", "38;2;80;80;80;48;2;80;80;80m▀"
    assert shown.count(red) == 2 * 25 * 6
    assert grey not in shown or shown.count(grey) == 25 * 6
    bare = re.sub(r"\x1b\[[\d;?]*[a-zA-Z]|\x1b_G.*?\x1b\\", "", shown)
    assert max(len(line) for line in bare.splitlines() if run not in line) <= 80
    assert re.search(r"the picture +flip:1 +grey", bare)
    assert "«" not in shown  # colour marks what differs


def test_sixel_where_the_terminal_says_that_it_can(tmp_path: Path) -> None:
    shown = on_terminal(
        [*SHOW, _run(tmp_path / "run", [_prediction(1, "a car")], kind="answers"), "q1"], answers={ASKED_SIXEL: SIXEL}
    )
    assert shown.count("\x1bP") == 1  # a device control string, which holds the pixels
    assert "▀" not in shown


def test_kittys_protocol_where_the_terminal_says_that_it_can(tmp_path: Path) -> None:
    run = _run(tmp_path / "run", [_prediction(1, "a car")], kind="answers")
    shown = on_terminal([*SHOW, run, "q1"], answers={ASKED_SIXEL: NOTHING, ASKED_KITTY: b"\x1b_Gi=1;OK\x1b\\"})
    assert "\x1b_Gi=" in shown
    assert chr(0x10EEEE) in shown  # Kitty's placeholders
    assert "▀" not in shown


@pytest.mark.parametrize(
    ("words", "environment"), [(["--no-picture"], {}), ([], {"NO_COLOR": "1"}), ([], {"TERM": "dumb"})]
)
def test_no_picture_where_none_is_wanted(tmp_path: Path, words: list[str], environment: dict[str, str]) -> None:
    run = _run(tmp_path / "run", [PAIR])
    shown = on_terminal([*SHOW, run, "p1", *words], **environment)
    assert "▀" not in shown
    assert "\x1b[c" not in shown  # nor is the terminal asked
    assert ("\x1b[" in shown) == (not environment)
    assert f"Picture:\n  {run}/images/" in shown


def test_a_broken_picture_on_a_terminal_is_told(tmp_path: Path) -> None:
    run = _run(tmp_path / "run", [PAIR])
    (picture,) = (tmp_path / "run/images").rglob("*.png")
    picture.write_bytes(b"\x89PNG no picture")
    shown = on_terminal([*SHOW, run, "p1"], answers={ASKED_SIXEL: NOTHING})
    assert "The picture cannot be drawn:" in shown
    assert "rejected" in shown


def test_a_terminal_that_knows_few_characters_shows_what_it_can(tmp_path: Path) -> None:
    run = _run(tmp_path / "run", [_dialogue(4)], kind="simulate")
    shown = subprocess.run(
        [*SHOW, run], capture_output=True, text=True, check=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}
    )
    assert "turn 1    ?????????? 4" in shown.stdout
    assert "student   answer 0" in shown.stdout


def test_a_reader_that_leaves_early_is_not_scolded(tmp_path: Path) -> None:
    run = _run(tmp_path / "run", [_prediction(1, "a car " * 100_000)], kind="answers")
    process = subprocess.Popen([*SHOW, run], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.read(100)
    process.stdout.close()
    with process.stderr:
        assert process.stderr.read() == b""
    assert process.wait(timeout=HANG_S) == 141
