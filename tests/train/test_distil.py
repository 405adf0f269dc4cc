"""Self-distillation from feedback: its arithmetic by hand, its trees against separate sequences, and a training."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from dialogue_words import PICTURES, dialogue

from burnish import cli
from burnish.errors import ConfigError
from burnish.images import decode
from burnish.models.local import LocalModel
from burnish.prompts import StudentPrompt, load
from burnish.train.averages import Averages
from burnish.train.callbacks import read_log
from burnish.train.dialogue_config import DistilConfig
from burnish.train.distil import divergence, off_policy
from burnish.train.encode import AnswerEncoder, batch
from burnish.train.logps import answer_distributions
from burnish.train.session import train_distil

SMALL = {"lora_rank": 4, "lora_alpha": 8, "lr": 1e-2, "batch_size": 4, "per_device": 4, "device": "cpu"}
THINKS_AGAIN = (
    ("a cat", "Score: 3.\nFeedback: Look at its tail."),
    ("Thought: A tail.\nAnswer: a dog", "Score: 10.\nFeedback: Yes."),
)
RECORDS = [*(dialogue(i % 2, id=str(i)) for i in range(3)), dialogue(0, THINKS_AGAIN, id="3")]


def test_divergence_by_hand() -> None:
    student, teacher = torch.tensor([[0.5, 0.5], [0.2, 0.8]]).log(), torch.tensor([[0.25, 0.75], [0.2, 0.8]]).log()
    # 0.5 ln(0.5 / 0.25) + 0.5 ln(0.5 / 0.75); then none
    expected = [0.5 * math.log(2) + 0.5 * math.log(2 / 3), 0.0]
    assert divergence(student, teacher).tolist() == pytest.approx(expected)


def test_weights_are_ratios_of_likelihood_up_to_the_clip() -> None:
    now, then = torch.tensor([0.3, 0.9, 0.2]).log(), torch.tensor([0.6, 0.3, 0.2]).log()
    assert off_policy(now, then, 2.0).tolist() == pytest.approx([0.5, 2.0, 1.0])


def test_a_step_without_a_token_in_common_has_no_averages() -> None:
    averages = Averages(torch.device("cpu"))
    averages.add("kl", torch.empty(0))
    averages.count(0)
    assert averages.take(lambda values, _: values) == {}
    averages.add("kl", torch.tensor([1.0, 2.0]))
    averages.count(2)
    assert averages.take(lambda values, _: values) == {"kl": 1.5}


@pytest.fixture(scope="module")
def config(write_dialogues, base: Path, tmp_path_factory: pytest.TempPathFactory) -> DistilConfig:
    folder = tmp_path_factory.mktemp("distil")
    run = write_dialogues(folder / "run", RECORDS)
    return DistilConfig(
        runs=(str(run),), model=str(base), out=str(folder / "out"), lora_targets="all-linear", epochs=4, **SMALL
    )


def test_it_comes_nearer_to_what_it_says_after_feedback(config: DistilConfig, opened: LocalModel) -> None:
    """The first step's divergence is that of sequences read one by one; it falls, and the weights begin at 1."""
    out = train_distil(config).checkpoint
    steps = read_log(out / "log.jsonl")
    found = torch.cat([_separately(opened, one, i) for one in RECORDS for i in range(len(one.turns))])
    assert steps[0]["kl"] == pytest.approx(found.mean().item(), abs=1e-4)
    assert steps[0]["loss"] == pytest.approx(steps[0]["kl"], abs=1e-4)
    assert steps[0]["off_policy/weight"] == pytest.approx(1, abs=1e-4)
    assert steps[-1]["kl"] < steps[0]["kl"]
    assert cli.main(["report", str(out), "--out", str(out / "page")]) == 0
    assert (out / "prompt.yaml").is_file()


def _separately(model: LocalModel, told, turn: int) -> torch.Tensor:
    """At each token of the response of this turn, (M); behind the comment, also behind the thought that came next."""
    prompt, encoder = load(StudentPrompt, "fire-student"), AnswerEncoder(model.encoder, model.end_token_ids)
    picture, text = decode(PICTURES[told.image]), told.turns[turn].response.text.strip()
    again = "Thought: A tail.\nAnswer: a cat" if text == "a cat" else text
    both, lengths = [], []
    for seen, said in ((turn, text), (turn + 1, again)):
        messages = prompt.messages(told.question, picture, told.turns[:seen])
        _, ids = encoder.lesson(messages, said)
        lengths.append(len(ids))
        sequence = batch([(model.encoder.encode(messages), [ids])], model.pad_token_id)
        with torch.no_grad():
            both.append(answer_distributions(model.model, sequence))
    same = min(lengths)
    return divergence(*(logps_NV[-same:] for logps_NV in both))


def test_what_cannot_be_distilled_is_refused(config: DistilConfig) -> None:
    with pytest.raises(ConfigError, match="--mix pocket has no comments to learn from"):
        replace(config, mix="pocket")
    with pytest.raises(ConfigError, match="--clip must be above 0"):
        replace(config, clip=0)
