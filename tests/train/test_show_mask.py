"""A dialogue shown as it is trained on: text, picture, branches, marks and counts, all written out by hand."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from dialogue_words import dialogue

from burnish import cli
from burnish.errors import ConfigError, RunError
from burnish.records import Dropped
from burnish.train.dialogue_config import ShowMaskConfig
from burnish.train.show_mask import COLOURED, PLAIN, counts, draw, show_mask
from burnish.train.token_tree import Node

WORDS = {1: "<s>", 2: "Look:", 3: " a dog", 4: "</s>", 5: " No!\n Again:", 6: " a\n cat", 50: "<image>"}
CHAIN = (Node(-1, (1, 50, 50, 50, 2), 0), Node(0, (3, 4), 2), Node(1, (5,), 0), Node(2, (6, 4), 3))
BRANCHED = (Node(-1, (1, 50, 50, 2), 0), Node(0, (3, 4), 1), Node(0, (5,), 0), Node(2, (6, 4), 2))


def decode(ids) -> str:
    """As some tokenizers do: a space at the beginning of a text is lost."""
    return "".join(WORDS[token] for token in ids).removeprefix(" ")


def test_a_chain_is_one_text_with_marks() -> None:
    # the marks stand on each line by themselves
    assert draw(CHAIN, decode, {50}, PLAIN) == ("<s>[<image> x 3]Look:« a dog</s>» No!\n Again:« a»\n« cat</s>»")
    assert "\x1b[30;42m a dog</s>\x1b[0m No!" in draw(CHAIN, decode, {50}, COLOURED)
    assert counts(CHAIN, {50}) == "10 tokens, 3 of them the picture's; 4 trained: turn 2 2, turn 3 2"


def test_branches_stand_under_one_another() -> None:
    assert draw(BRANCHED, decode, {50}, PLAIN) == (
        "[1], 4 tokens\n<s>[<image> x 2]Look:\n\n"
        "[2] behind [1], turn 1, 2 tokens\n« a dog</s>»\n\n"
        "[3] behind [1], 1 tokens\n No!\n Again:\n\n"
        "[4] behind [3], turn 2, 2 tokens\n« a»\n« cat</s>»"
    )


def test_a_text_cannot_steer_the_terminal() -> None:
    tree = (Node(-1, (1,), 0), Node(0, (2,), 1))
    assert draw(tree, lambda ids: "".join({1: "a\x1b[2J", 2: "\rb\x00"}[token] for token in ids), set(), PLAIN) == (
        "a␛[2J«␍b␀»"
    )


@pytest.fixture
def run(write_dialogues, tmp_path: Path) -> str:
    gone = Dropped(id="9", source="test", reason="one turn")
    return str(write_dialogues(tmp_path / "run", [gone, dialogue(2), dialogue(0), dialogue(1)]))


def test_the_first_dialogue_that_is_trained_on_is_shown(run: str) -> None:
    config = ShowMaskConfig(run=run, role="student", model="pocket", prompt="fire-student")
    head, numbers, _, *text = show_mask(config, PLAIN).split("\n")
    assert head == f"0 of {run}, as a student learns it"
    assert re.fullmatch(r"\d+ tokens, 16 of them the picture's; (\d+) trained: turn 2 \1", numbers)
    assert text[0].startswith("<s><|system|>You are a helpful")
    assert text[0].endswith("<|user|>[<image> x 16]What is it?<|assistant|>Thought: It has ears.")
    # the student sees the comment alone, and the template writes an end token behind what was said
    assert text[1:] == [
        "Answer: a cat</s><|user|>Look at its tail.",
        "",
        "Based on the feedback, answer the question again:<|assistant|>«Thought: A long tail.»",
        "«Answer: a dog</s>»",
    ]


@pytest.mark.parametrize(("choice", "shown"), [({"id": "1"}, "1"), ({"index": 0}, "2"), ({"index": 2}, "1"), ({}, "2")])
def test_a_dialogue_is_chosen(run: str, choice, shown: str) -> None:
    """Places count dialogues alone, not what was left out when the run was made."""
    text = show_mask(ShowMaskConfig(run=run, role="teacher", model="pocket", **choice), PLAIN)
    assert text.startswith(f"{shown} of {run}, as a teacher learns it\n")


def test_what_is_left_out_is_said(run: str) -> None:
    config = ShowMaskConfig(run=run, role="teacher", model="pocket", id="1")
    whole = int(show_mask(config, PLAIN).split("\n")[1].split()[0])
    cut = ShowMaskConfig(run=run, role="teacher", model="pocket", id="1", max_length=whole - 1)
    assert show_mask(cut, PLAIN).split("\n")[1] == f"left out: 1 (beyond {whole - 1:,} tokens)"


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        ({"id": "7"}, "has no dialogue with the id '7'"),
        ({"index": 3}, "has 3 dialogues, so none at --index 3"),
        ({"id": "2"}, r"A student is not trained on 2 of .* \(too few turns to learn from\)"),
        ({"max_length": 1}, "has no dialogue that a student is trained on"),
    ],
)
def test_what_cannot_be_shown_is_one_sentence(run: str, choice, message: str) -> None:
    with pytest.raises(RunError, match=message):
        show_mask(ShowMaskConfig(run=run, role="student", model="pocket", **choice), PLAIN)


SWITCHED = "{% if enable_thinking is not defined or enable_thinking %}<think>{% else %}<think></think>{% endif %}"


@pytest.mark.parametrize(("thinking", "end"), [("on", "<think>"), ("off", "<think></think>")])
def test_thoughts_are_turned_on_and_off_as_in_training(base: Path, run: str, tmp_path: Path, thinking, end) -> None:
    model = shutil.copytree(base, tmp_path / "model")
    template = model / "chat_template.jinja"
    template.write_text(template.read_text() + "{% if add_generation_prompt %}" + SWITCHED + "{% endif %}")
    config = ShowMaskConfig(run=run, role="teacher", model=str(model), prompt="fire-teacher", thinking=thinking)
    assert f"ASSISTANT:{end}«" in show_mask(config, PLAIN)


def test_a_template_without_a_switch_is_refused(run: str) -> None:
    with pytest.raises(ConfigError, match="--thinking needs a chat template with a switch"):
        show_mask(ShowMaskConfig(run=run, role="student", model="pocket", thinking="off"), PLAIN)


def test_the_command_line_marks_where_it_cannot_colour(run: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["show-mask", run, "--role", "student", "--model", "pocket"]) == 0
    said = capsys.readouterr().out
    assert "«Thought: A long tail.»\n«Answer: a dog</s>»" in said
    assert "\x1b" not in said
