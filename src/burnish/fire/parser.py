"""Reads a dialogue that a model wrote in one go (FIRE's figure A10), and says which dialogues are kept.

    # Round 1
    ## Student's response
    Thought: …
    Answer: …
    ## Teacher's feedback
    Score: …
    Feedback: …
    # Round 2
    …

Headings and labels may be emphasised, have any number of #, and stand between blank lines and rules; what stands before
round 1 ("Sure, here it is:") is not part of the dialogue. Beyond that nothing is guessed: every other difference
rejects the whole text, with a reason to count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias

from burnish.fire.texts import read_feedback, read_response, read_score, write_feedback, write_response
from burnish.records import Feedback, Response, Turn

FirePart: TypeAlias = Literal["student", "thought", "answer", "teacher", "score", "feedback"]

PARTS: dict[FirePart, str] = {
    "student": "Student's response",
    "thought": "Thought:",
    "answer": "Answer:",
    "teacher": "Teacher's feedback",
    "score": "Score:",
    "feedback": "Feedback:",
}
"""What every round has, in this order, as it is written."""
_HEADINGS: tuple[FirePart, ...] = ("student", "teacher")

_ROUND = re.compile(r"Round\s+(\d+)", re.IGNORECASE)
_HEADING = re.compile(r"(?:(?P<student>student)['’]s\s+response|(?P<teacher>teacher)['’]s\s+feedback)", re.IGNORECASE)
# The emphasis ends before the colon, behind it, or at the end of the line.
_LABEL = re.compile(
    r"[#\s]*(?P<mark>[*_]{1,3}|)(?P<part>Thought|Answer|Score|Feedback)(?:(?P=mark)\s*:|\s*:(?P=mark))\s*(?P<rest>.*)",
    re.IGNORECASE,
)
_WHOLE_LINE = re.compile(r"[#\s]*(?P<mark>\*{1,3}|_{1,3})(?P<text>[^*_]*)(?P=mark)\s*")
_EMPHASIS_FIRST = re.compile(r"\A(?P<mark>\*{1,3})(?P<text>[^*]+)(?P=mark)")
_RULE = re.compile(r"\s*([-*_])(?:\s*\1){2,}\s*")
_FENCE = re.compile(r"\s*```\w*\s*")
_ROLE_WORD = re.compile(r"\b(teacher|student)(?:s|['’]s|s['’])?\b", re.IGNORECASE)


class Rejection(Exception):
    """The dialogue is not kept; `reason` is the short name it is counted under, the text one sentence."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class _FireRound(NamedTuple):
    number: int
    lines: list[str]


def read_rounds(text: str) -> tuple[Turn, ...]:
    """The turns of a dialogue in the form of figure A10, stored in FIRE's published form. Raises Rejection."""
    rounds = list(_rounds(text))
    if not rounds or rounds[0].number != 1:
        raise Rejection("no round 1", "No line says `# Round 1` first.")
    for expected, (number, _) in enumerate(rounds, start=1):
        if number != expected:
            raise Rejection("rounds out of order", f"Round {number} stands where round {expected} belongs.")
    return tuple(_turn(number, _parts(number, lines, number == len(rounds))) for number, lines in rounds)


def check_roles(turns: Sequence[Turn], question: str, groundtruth: str) -> None:
    """Raise Rejection where a thought names the teacher or the student, which figure A10 forbids.

    A word that the question or the ground truth holds may be thought about.
    """
    allowed = {found.lower() for found in _ROLE_WORD.findall(f"{question}\n{groundtruth}")}
    for number, turn in enumerate(turns, start=1):
        for word in _ROLE_WORD.findall(turn.response.thought):
            if word.lower() not in allowed:
                raise Rejection("role named in a thought", f"The thought of round {number} names the {word.lower()}.")


def check_secret(turns: Sequence[Turn], groundtruth: str, *, below: float) -> None:
    """Raise Rejection where feedback that scores under `below` holds the ground truth word for word.

    For long answers this is telling; short ones ("no", "2") also stand in honest feedback by chance.
    """
    words = r"\s+".join(map(re.escape, groundtruth.strip().rstrip(".").split()))
    if not words:
        return
    revealed = re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)
    for number, turn in enumerate(turns, start=1):
        score = turn.feedback.score
        if score is not None and score < below and revealed.search(turn.feedback.comment):
            raise Rejection(
                "answer told", f"The feedback of round {number} (score {score:g}) reveals the ground truth."
            )


def check_rise(turns: Sequence[Turn], *, longest: int) -> None:
    """FIRE-100K's filter (section 3.2): raise Rejection unless the last score is above the first, in at most `longest`
    turns.
    """
    if len(turns) > longest:
        raise Rejection("too many turns", f"It has {len(turns)} turns; at most {longest} are kept.")
    if len(turns) == 1:
        raise Rejection("one turn", "It has one turn, so there is nothing to refine.")
    first, last = turns[0].feedback.score, turns[-1].feedback.score
    if first is None or last is None or last <= first:
        raise Rejection("no rise", f"Its scores begin with {first} and end with {last}.")


def _rounds(text: str) -> Iterator[_FireRound]:
    """The numbered rounds with their lines; what stands before the first is left out, and a fence around them."""
    fenced = False
    current: _FireRound | None = None
    lines = text.strip().splitlines()
    for i, line in enumerate(lines):
        found = _ROUND.fullmatch(line.strip(" \t#*_:"))
        if found:
            if current:
                yield current
            current = _FireRound(int(found[1]), [])
        elif current is None:
            fenced = fenced or bool(_FENCE.fullmatch(line))
        elif not (fenced and i == len(lines) - 1 and _FENCE.fullmatch(line)):
            current.lines.append(line)
    if current:
        yield current


def _parts(number: int, lines: Sequence[str], is_last: bool) -> dict[FirePart, str]:
    """The texts of a round's parts, each there once and in order."""
    texts: dict[FirePart, list[str]] = {}
    for line in lines:
        part, rest = _part(line)
        if part:
            _check_place(number, part, texts)
            texts[part] = [rest]
        elif not texts or (current := next(reversed(texts))) in _HEADINGS:
            if line.strip() and not _RULE.fullmatch(line):
                raise Rejection("text out of place", f"Round {number} has {line.strip()[:60]!r} outside its parts.")
        else:
            texts[current].append(line)
    if len(texts) < len(PARTS):
        raise Rejection("missing part", f"Round {number} ends without {list(PARTS.values())[len(texts)]!r}.")
    _check_end(number, texts["feedback"], is_last)
    return {part: "\n".join(_trimmed(found)) for part, found in texts.items()}


def _part(line: str) -> tuple[FirePart | None, str]:
    """Which part begins on this line, and what of its text stands there; None for any other line."""
    if heading := _HEADING.fullmatch(line.strip(" \t#*_:")):
        return ("student" if heading["student"] else "teacher"), ""
    whole = _WHOLE_LINE.fullmatch(line)
    label = _LABEL.fullmatch(whole["text"] if whole else line)
    if not label:
        return None, line
    part = next(part for part in PARTS if part == label["part"].lower())
    return part, label["rest"]


def _check_place(number: int, part: FirePart, texts: dict[FirePart, list[str]]) -> None:
    expected = list(PARTS)[len(texts)] if len(texts) < len(PARTS) else None
    if part in texts:
        raise Rejection("repeated part", f"Round {number} has {PARTS[part]!r} twice.")
    if part != expected and expected:
        raise Rejection("missing part", f"Round {number} has {PARTS[part]!r} where {PARTS[expected]!r} belongs.")


def _check_end(number: int, lines: Sequence[str], is_last: bool) -> None:
    """A comment has no headings; and behind the last one, which nothing delimits, no paragraph follows."""
    trimmed = _trimmed(lines)
    strange = next((line for line in trimmed if re.match(r"\s*#+\s", line)), None)
    if is_last and strange is None and "" in trimmed:
        strange = next(line for line in trimmed[trimmed.index("") :] if line)
    if strange is not None:
        reason = "text after the last round" if is_last else "text out of place"
        raise Rejection(reason, f"Behind the feedback of round {number} stands {strange.strip()[:60]!r}.")


def _trimmed(lines: Sequence[str]) -> list[str]:
    """The lines without blank ones and rules at both ends, and without white space behind them."""
    trimmed = [line.rstrip() for line in lines]
    while trimmed and (not trimmed[-1] or _RULE.fullmatch(trimmed[-1])):
        trimmed.pop()
    while trimmed and not trimmed[0]:
        trimmed.pop(0)
    return trimmed


def _turn(number: int, texts: dict[FirePart, str]) -> Turn:
    plain: dict[FirePart, str] = {part: _EMPHASIS_FIRST.sub(r"\g<text>", text) for part, text in texts.items()}
    named: tuple[FirePart, ...] = ("thought", "answer", "feedback")
    for part in named:
        if not plain[part].strip("*#_ \n"):
            raise Rejection("empty part", f"Round {number} has nothing behind {PARTS[part]!r}.")
    score = read_score(texts["score"])
    if score is None:
        raise Rejection(
            "no score", f"Round {number} has a score that is not a number from 0 to 10: {texts['score']!r}."
        )
    return Turn(
        response=_response(number, plain["thought"], plain["answer"]),
        feedback=_feedback(score, plain["feedback"]),
    )


def _response(number: int, thought: str, answer: str) -> Response:
    """Read back from the published form, so that every reader of the file finds the same thought and answer."""
    response = read_response(write_response(thought, answer))
    if (_bare(response.thought), _bare(response.answer)) != (_bare(thought), _bare(answer)):
        raise Rejection("label inside a text", f"The thought of round {number} holds {PARTS['answer']!r} itself.")
    return response


def _feedback(score: float, comment: str) -> Feedback:
    return read_feedback(write_feedback(score, comment))


def _bare(text: str) -> str:
    """Without what the reader of the published form takes for emphasis."""
    return re.sub(r"[*#\s]", "", text)
