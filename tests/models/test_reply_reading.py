"""How a reply is read: thoughts apart, why it ended, and what is refused, in every form in which endpoints say it."""

from __future__ import annotations

from typing import Any

import pytest

from burnish.models import Reply
from burnish.models.reading import SplitReply, opens_thinking, read_completion, read_text, split_thinking


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Yes", ("", "Yes")),
        ("<think>No cat. A dog?</think>\n\nYes", ("No cat. A dog?", "Yes")),
        ("\n<think>\n</think>\n\nYes", ("", "Yes")),
        ("No cat. A dog?\n</think>\n\nYes", ("No cat. A dog?", "Yes")),
        ("No cat. A dog?\n</think>", ("No cat. A dog?", "")),
        ("<think>No cat", ("No cat", "")),
        ("<thinking>No cat</thinking>Yes", ("No cat", "Yes")),
        ("[THINK]No cat[/THINK]Yes", ("No cat", "Yes")),
        ("◁think▷No cat◁/think▷Yes", ("No cat", "Yes")),
        ("<|channel>thought\nNo cat<channel|>Yes", ("No cat", "Yes")),
        ("<think>a</think>Yes, <think>b</think>it is.", ("a\n\nb", "Yes, it is.")),
        ("The page shows the tag <think> in red.", ("", "The page shows the tag <think> in red.")),
        ("Thought: a cat\nAnswer: Yes", ("", "Thought: a cat\nAnswer: Yes")),
    ],
)
def test_thoughts_stand_apart_from_the_answer(text: str, expected: tuple[str, str]) -> None:
    assert split_thinking(text) == expected


def test_a_thought_that_the_prompt_began_or_that_was_cut_is_no_answer() -> None:
    assert opens_thinking("<|im_start|>assistant\n<think>\n") and not opens_thinking("<think>\n\n</think>\n\n")
    assert split_thinking("No cat", opened=True) == SplitReply("No cat", "")
    assert split_thinking("No cat</think>Yes", opened=True) == SplitReply("No cat", "Yes")
    assert split_thinking("Let me see. <think>No cat", cut=True) == SplitReply("No cat", "Let me see.")


def test_a_text_says_why_it_ended() -> None:
    ends = [
        (read_text(" Yes\n", cut=False), "answered"),
        (read_text("Yes and", cut=True), "cut"),
        (read_text(" \n", cut=False), "empty"),
        (read_text("<think>No cat", cut=True), "thinking cut"),
        (read_text("<think>No cat</think>", cut=False), "empty"),
        (Reply(text="", finish="error", error="No."), "refused"),
    ]
    assert [reply.end for reply, _ in ends] == [end for _, end in ends]


def test_tokens_of_a_thought_are_not_the_answers() -> None:
    assert read_text("Yes", cut=False, token_ids=[5, 2]).token_ids == (5, 2)
    thought = read_text("<think>No</think>Yes", cut=False, token_ids=[7, 8, 5, 2], completion_tokens=4)
    assert (thought.token_ids, thought.completion_tokens) == ((), 4)


def completion(finish: str | None = "stop", **message: Any) -> dict[str, Any]:
    return {"choices": [{"message": {"role": "assistant", **message}, "finish_reason": finish}]}


@pytest.mark.parametrize(
    ("body", "text", "thinking", "end"),
    [
        (completion(content=" Yes\n"), "Yes", "", "answered"),
        (completion(content=None), "", "", "empty"),
        (completion(content="Yes", reasoning_content="No cat"), "Yes", "No cat", "answered"),
        (completion(content="Yes", reasoning="No cat", reasoning_content="No cat"), "Yes", "No cat", "answered"),
        (completion(content="", reasoning_content="It is yes."), "", "It is yes.", "empty"),
        (completion("length", content=None, reasoning="Let me"), "", "Let me", "thinking cut"),
        (completion("length", content="<think>Let me"), "", "Let me", "thinking cut"),
        (completion("max_tokens", content="A cat on"), "A cat on", "", "cut"),
        (
            completion(
                content=[{"type": "text", "text": "Ye"}, {"type": "image"}, {"type": "output_text", "text": "s"}]
            ),
            *("Yes", "", "answered"),
        ),
        (
            completion(
                content=[
                    {"type": "thinking", "thinking": [{"type": "text", "text": "No cat"}]},
                    {"type": "reasoning", "summary": [{"text": "A dog"}]},
                    {"type": "text", "text": "Yes"},
                ]
            ),
            *("Yes", "No cat\n\nA dog", "answered"),
        ),
        (completion(content=None, refusal="I will\nnot."), "", "", "refused"),
        (completion(content=[{"type": "refusal", "refusal": "I will not."}]), "", "", "refused"),
        (completion("content_filter", content="A"), "", "", "refused"),
    ],
)
def test_a_completion_is_read_in_every_form(body: dict[str, Any], text: str, thinking: str, end: str) -> None:
    reply = read_completion(body)
    assert (reply.text, reply.thinking, reply.end) == (text, thinking, end)


def test_the_words_of_a_refusal_are_kept() -> None:
    assert read_completion(completion(content=None, refusal="I will\nnot.")).error == "The model refuses: I will not."


@pytest.mark.parametrize(
    "body",
    [
        None,
        {},
        {"choices": None},
        {"choices": []},
        {"choices": [{"message": "Yes"}]},
        completion(content=7),
        completion(content=["Yes"]),
        completion(content=[{"type": "text"}]),
        completion(content=[{"type": "text", "text": 7}]),
        completion(content="Yes", reasoning=7),
    ],
)
def test_what_is_no_completion_is_refused(body: Any) -> None:
    with pytest.raises(ValueError, match=r"not a chat completion|invalid literal"):
        read_completion(body)
