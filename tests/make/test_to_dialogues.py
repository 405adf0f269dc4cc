"""`pairs to-dialogues`: what a model learns to mend is what it said of a distorted picture."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish import cli
from burnish.errors import ConfigError, RunError
from burnish.make.to_dialogues import LOOK_AGAIN, ToDialoguesConfig, pairs_to_dialogues
from burnish.records import Dialogue, Dropped, PreferencePair
from burnish.store import Run

SOURCE = "pocket:counter-train/existence#per_task=12"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pairs by two distortions, and dialogues made of them on the command line."""
    folder = tmp_path_factory.mktemp("sherlock")
    words = ["pairs", SOURCE, "--model", "pocket", "--distort", "noise:800", "--distort", "invert"]
    assert cli.main([*words, "--max-new-tokens", "8", "--out", str(folder / "pairs")]) == 0
    assert cli.main(["pairs", "to-dialogues", str(folder / "pairs"), "--out", str(folder / "talk")]) == 0
    return folder


def test_the_first_answer_is_the_distorted_one_and_the_second_the_clean_one(folder: Path) -> None:
    pairs = {pair.id: pair for pair in Run.open(folder / "pairs").records(PreferencePair)}
    talk = Run.open(folder / "talk")
    dialogues = [*talk.records(Dialogue)]
    assert len(dialogues) == sum(len(pair.rejected) for pair in pairs.values()) > 0
    for dialogue in dialogues:
        pair = pairs[dialogue.id.split(" ")[0]]
        said = {one.distortion: one.answer.text for one in pair.rejected}
        first, second = dialogue.turns
        assert first.response.text == said[dialogue.facts["corrects"]]
        assert (second.response.text, first.feedback.comment) == (pair.chosen.text, LOOK_AGAIN)
        assert talk.image(dialogue.image) and dialogue.question == pair.question
    assert len(talk) == len(dialogues) + sum(1 for _ in talk.records(Dropped))


def test_a_student_learns_the_second_answer(folder: Path) -> None:
    words = ["train", "student", str(folder / "talk"), "--model", "pocket", "--max-steps", "1", "--batch-size", "4"]
    assert cli.main([*words, "--out", str(folder / "student")]) == 0


def test_the_clean_answer_is_preferred_to_the_mistake_made_again(folder: Path) -> None:
    out = folder / "preferred"
    assert cli.main(["pairs", "from-dialogues", str(folder / "talk"), "--out", str(out)]) == 0
    by_id = {one.id: one for one in Run.open(folder / "talk").records(Dialogue)}
    pairs = [*Run.open(out).records(PreferencePair)]
    assert len(pairs) == len(by_id)
    for pair in pairs:
        first, second = by_id[pair.id.removesuffix(" turn 2")].turns
        assert (pair.chosen.text, pair.rejected[0].answer.text) == (second.response.text, first.response.text)
        assert [one.text for one in pair.before][-1] == first.response.text
        assert LOOK_AGAIN in pair.question and "chosen_score" not in pair.facts


def test_other_runs_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="holds simulate, not pairs"):
        pairs_to_dialogues(ToDialoguesConfig(run=str(folder / "talk"), out=str(tmp_path / "out")))
    with pytest.raises(ConfigError, match="--comment is empty"):
        ToDialoguesConfig(run=str(folder / "pairs"), out=str(tmp_path / "out"), comment=" ")
