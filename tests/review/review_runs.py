"""Runs of dialogues and of pairs for the tests of `review`, written by the real store, with real pictures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import builders
from burnish.fire.texts import read_feedback, read_response
from burnish.records import Answer, Dialogue, Json, PreferencePair, Rejected, Turn
from burnish.store import Run

SCRIPT = "<script>document.title = 'taken'</script><b>bold</b>"


def dialogue(
    number: int, *, answers: Sequence[str] = ("two", "three"), source: str = "counting", **facts: Json
) -> Dialogue:
    """A dialogue with a turn for each answer; teachers give 3 points, then 4, …"""
    turns = [
        Turn(
            response=read_response(f"Thought: I look, time {n}.\nAnswer: {answer}"),
            feedback=read_feedback(f"Score: {n + 2}.\nFeedback: Count again, {number}."),
        )
        for n, answer in enumerate(answers, start=1)
    ]
    return Dialogue(
        id=f"d{number}",
        image="",
        question=f"How many shapes, {number}?",
        answer="three",
        turns=tuple(turns),
        source=source,
        facts=facts,
    )


def pair(number: int, chosen: str, *rejected: str) -> PreferencePair:
    """A pair with a rejected answer for each text."""
    return PreferencePair(
        id=f"p{number}",
        image="",
        question=f"What is it, {number}?",
        chosen=Answer(text=chosen),
        rejected=tuple(
            Rejected(distortion=f"noise:{100 * n}", seed=n, answer=Answer(text=text))
            for n, text in enumerate(rejected, start=1)
        ),
        source="quiz",
    )


def write_run(folder: Path, records: Sequence[Dialogue | PreferencePair], *, kind: str = "dialogues") -> Run:
    """The run of these records, each with a picture that its id draws."""
    return builders.write_run(folder, records, kind=kind, fingerprints={"source": folder.name}, pictures=builders.by_id)


def dialogues_run(folder: Path, count: int = 6) -> Run:
    """So many dialogues of two turns."""
    return write_run(folder, [dialogue(number) for number in range(count)])
