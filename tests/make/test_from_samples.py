"""`pairs --samples`: which of the drawn answers is preferred, by hand and on the pocket model."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from burnish import cli
from burnish.errors import ConfigError
from burnish.make.from_samples import FromSamplesConfig, by_agreement, by_likelihood, by_truth
from burnish.models import Reply
from burnish.records import Dropped, Example, PreferencePair
from burnish.store import Run

EXAMPLE = Example(id="1", image=b"", question="What?", answer="A red ball.", source="s")
SOURCE = "pocket:counter-train/position+counting#per_task=10"


def replies(*texts: str) -> list[Reply]:
    return [Reply(text=text, finish="stop") for text in texts]


def test_agreement_is_the_mean_f1_of_words() -> None:
    # F1: 2 * 2 / (2 + 3) = 0.8 between the first two, 0 with the third
    assert by_agreement(replies("a ball", "a red ball", "two"), EXAMPLE) == pytest.approx([0.4, 0.4, 0.0])
    # one word in common, which stands twice in one answer: 2 * 1 / (2 + 1)
    assert by_agreement(replies("no no", "no"), EXAMPLE) == pytest.approx([2 / 3, 2 / 3])


def test_likelihood_is_per_token() -> None:
    answers = [
        Reply(text="x", finish="stop", token_ids=(5, 2), logp=-3.0),
        Reply(text="y", finish="stop", token_ids=(5, 6, 7, 2), logp=-4.0),
    ]
    assert by_likelihood(answers, EXAMPLE) == [-1.5, -1.0]


def test_truth_has_no_case_and_no_punctuation() -> None:
    assert by_truth(replies("a red ball", "A ball, red", "A RED BALL!"), EXAMPLE) == [1.0, 0.0, 1.0]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """By the truth, from the command line."""
    out = tmp_path_factory.mktemp("samples") / "run"
    words = ["pairs", SOURCE, "--model", "pocket", "--samples", "6", "--by", "truth", "--temperature", "1.5"]
    assert cli.main([*words, "--max-new-tokens", "8", "--out", str(out)]) == 0
    return out


def test_right_answers_are_preferred_to_all_wrong_ones(drawn: Path) -> None:
    pairs = [*Run.open(drawn).records(PreferencePair)]
    assert pairs
    for pair in pairs:
        assert pair.chosen.text == pair.answer
        wrong = [one.answer.text for one in pair.rejected]
        assert pair.chosen.text not in wrong and len({*wrong}) == len(wrong)
        assert pair.chosen.ref_logp is not None and pair.chosen.token_ids and len(pair.replies) == 6
    assert max(len(pair.rejected) for pair in pairs) > 1


def test_every_example_is_a_pair_or_has_its_reason(drawn: Path) -> None:
    run = Run.open(drawn)
    reasons = {one.reason for one in run.records(Dropped)}
    assert reasons <= {"no right answer", "one answer", "no worse answer"}
    assert len(run) == 20
    page = (drawn / "report" / "index.html").read_text()
    assert "sampled 6 answers to each question: the best by truth is chosen" in page
    assert "burnish pairs from-samples" in page


def test_the_models_own_score_needs_no_truth(tmp_path: Path) -> None:
    out = tmp_path / "run"
    words = ["pairs", "from-samples", SOURCE, "--model", "pocket", "--samples", "4", "--by", "likelihood"]
    assert cli.main([*words, "--temperature", "1.5", "--max-new-tokens", "8", "--out", str(out)]) == 0
    for pair in Run.open(out).records(PreferencePair):
        (rejected,) = pair.rejected
        scores = [(one.ref_logp or math.nan) / len(one.token_ids) for one in (pair.chosen, rejected.answer)]
        assert scores == pytest.approx([pair.facts["chosen_score"], pair.facts["rejected_scores"][0]])
        assert scores[0] > scores[1]


def test_a_judge_prefers_by_its_score(tmp_path: Path) -> None:
    """The oracle's, which knows the truth: 10 for it, less for a number that is near."""
    out = tmp_path / "run"
    words = ["pairs", SOURCE, "--model", "pocket", "--samples", "4", "--by", "judge", "--judge", "oracle"]
    assert cli.main([*words, "--temperature", "1.5", "--max-new-tokens", "8", "--out", str(out)]) == 0
    pairs = [*Run.open(out).records(PreferencePair)]
    assert pairs
    for pair in pairs:
        chosen, [rejected] = pair.facts["chosen_score"], pair.facts["rejected_scores"]
        assert chosen > rejected
        assert (chosen == 10) == (pair.chosen.text == pair.answer)
        assert len(pair.replies) >= 6  # what was drawn, and what was said of each text


def test_a_judge_that_cannot_be_read_prefers_nothing(tmp_path: Path) -> None:
    """The pocket model, asked by itself without a truth, answers the question instead."""
    out = tmp_path / "run"
    words = ["pairs", SOURCE, "--model", "pocket", "--samples", "3", "--by", "judge", "--judge", "self", "--limit", "6"]
    assert cli.main([*words, "--temperature", "1.5", "--max-new-tokens", "8", "--out", str(out)]) == 2
    reasons = {one.reason for one in Run.open(out).records(Dropped)}
    assert "unreadable judgements" in reasons and reasons <= {"unreadable judgements", "one answer"}


def test_agreement_may_be_held_to_the_truth(tmp_path: Path) -> None:
    out = tmp_path / "run"
    words = ["pairs", SOURCE, "--model", "pocket", "--samples", "4", "--keep", "chosen-right,rejected-wrong"]
    assert cli.main([*words, "--temperature", "1.5", "--max-new-tokens", "8", "--out", str(out)]) == 0
    run = Run.open(out)
    assert all(pair.chosen.text == pair.answer != pair.rejected[0].answer.text for pair in run.records(PreferencePair))
    assert "chosen wrong" in {one.reason for one in run.records(Dropped)}


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ({"by": "judge"}, "--by judge needs a --judge: a model"),
        ({"judge": "oracle"}, "--judge oracle is only for --by judge"),
        ({"by": "judge", "judge": "self", "judge_adapter": "a"}, "--judge self has the model's own adapter"),
        ({"keep": "chosen-write"}, "--keep chosen-write has 'chosen-write': give chosen-right"),
        ({"samples": 1}, "--samples must be at least 2"),
        ({"temperature": 0}, "--temperature must be above 0"),
        ({"margin": -1}, "--margin must be 0 or more"),
        ({"model": "http://localhost/v1#m", "by": "likelihood"}, "--by likelihood needs a local model"),
    ],
)
def test_wrong_flags_are_named(flags: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        FromSamplesConfig(**{"source": SOURCE, "model": "pocket", "out": "out", **flags})  # type: ignore[arg-type]
