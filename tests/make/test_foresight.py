"""What pairs tell before any training: the numbers against plain scoring, in the run, in the JSON and in the table."""

import json
from statistics import fmean

import pytest

from burnish.cli import main
from burnish.make.foresight import foresee
from burnish.models import Message, ModelOptions, Request, ScoringModel, open_model
from burnish.records import Answer, PreferencePair, Rejected
from burnish.store import Run

SOURCE = "pocket:counter-train/existence#negatives=random#per_task=40"


@pytest.fixture(scope="module")
def model():
    found = open_model(ModelOptions(model="pocket"))
    assert isinstance(found, ScoringModel)
    return found


def test_the_pairs_verb_tells_it_and_it_is_what_scoring_without_the_picture_says(tmp_path, capsys, model):
    out, numbers = tmp_path / "pairs", tmp_path / "numbers.json"
    main(["pairs", SOURCE, "--model", "pocket", "--out", str(out), "--json", str(numbers)])
    told = json.loads(numbers.read_text())["foresight"]
    pairs = [*Run.open(out).records(PreferencePair)]
    assert told["pairs"] == len(pairs) > 3

    gaps = []
    for pair in pairs:
        asked = Request(messages=(Message(role="user", text=pair.question),))
        answers = [pair.chosen.token_ids, *(one.answer.token_ids for one in pair.rejected)]
        chosen, *rejected = model.score([asked], [answers])[0]
        gaps += [logp - chosen for logp in rejected]
    assert told["rejected_more_usual"] == pytest.approx(fmean(gap > 0 for gap in gaps))
    assert told["gap"] == pytest.approx(fmean(gaps), abs=1e-3)
    assert "Answers with and without the picture" in capsys.readouterr().out


def test_pairs_of_an_endpoint_have_no_tokens_and_foretell_nothing(model):
    untold = PreferencePair(
        id="a", image="0" * 64, question="q", chosen=Answer(text="yes"), source="s",
        rejected=(Rejected(distortion="flip", seed=0, answer=Answer(text="no")),),
    )  # fmt: skip
    assert foresee(model, [untold]) is None
    assert foresee(model, []) is None
