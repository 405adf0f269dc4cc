"""The two forms of text in a FIRE dialogue, written and read.

A response is `Thought: …` and `Answer: …` on lines of their own; feedback is `Score: N.` and `Feedback: …`. Models do
not keep to forms, so reading is lenient in where things stand and strict in what a score is: a number from 0 to 10,
alone or out of 10. Anything else is not a score, and is counted by whoever reads it, never guessed.
"""

from __future__ import annotations

import re

from burnish.records import Feedback, Response

BEST = 10.0
"""The highest score."""

# No two repetitions of one pattern can share a stretch of text: so reading takes time in proportion to its length,
# whatever a model says (a thousand spaces, for one).
_BLANK = r"(?:\*|[^\S\n])*"
"""White space and the marks of bold text, within a line."""
_MARKS = r"(?:[*#]|[^\S\n])*"
"""The same and the marks of headings."""
_NUMBER = r"(?P<score>\d+(?:\.\d+)?)(?:\s*(?:/|out\s+of)\s*10(?:\.0+)?)?"
# A full stop may end the number; a digit, a sign or a word behind it would make it something else (5-6, 5/20).
_AFTER = rf"(?={_BLANK}(?:[.,;:!)]{_BLANK})?(?:$|\n|Feedback\b))"
_LABELLED = re.compile(rf"(?:^|\n){_MARKS}Score[*\s]*(?:[:=][*\s]*)?{_NUMBER}{_AFTER}", re.IGNORECASE)
_ALONE = re.compile(rf"[*\s]*{_NUMBER}[*\s]*(?:\.[*\s]*)?", re.IGNORECASE)
_LABEL = re.compile(rf"(?:^|\n){_MARKS}Score\b", re.IGNORECASE)
_SCORE_LINE = re.compile(rf"(?:^|\n){_MARKS}Score\b[^\n]*", re.IGNORECASE)
_COMMENT = re.compile(r"(?<![^\s.*#])Feedback[*\s]*:[*\s]*", re.IGNORECASE)
_THOUGHT = re.compile(rf"[*#\s]*Thought[*\s]*:{_BLANK}", re.IGNORECASE)
_ANSWER = re.compile(r"[*#\s]*Answer[*\s]*:[*\s]*", re.IGNORECASE)
_ANSWER_LINE = re.compile(rf"\n{_MARKS}Answer[*\s]*:[*\s]*", re.IGNORECASE)
_ANSWER_WITHIN = re.compile(r"(?:^|(?<=\s))[*#]*Answer[*\s]*:[*\s]*", re.IGNORECASE)


def grade(text: str) -> float | None:
    """The score from 0 to 10 behind "Score", in any of the ways in which FIRE's teachers write it; None without one.

    A number alone is not a grade: models that cannot judge answer the question instead, and with a number now and then.
    """
    return read_score(text) if "score" in text.lower() else None


def read_score(text: str) -> float | None:
    """The score in a feedback's text (or in a score's own: "5/10"); None where there is none to read."""
    found = _LABELLED.search(text) if _LABEL.search(text) else _ALONE.fullmatch(text)
    score = float(found["score"]) if found else None
    return score if score is not None and score <= BEST else None


def read_feedback(text: str) -> Feedback:
    """Score and comment; the comment is what stands behind "Feedback:", else what is not the line of the score."""
    label = _COMMENT.search(text)
    comment = text[label.end() :] if label else _SCORE_LINE.sub("", text, count=1)
    return Feedback(text=text, score=read_score(text), comment=comment.strip())


def read_response(text: str) -> Response:
    """Thought and answer; a text without labels is an answer as a whole.

    "Answer:" on a line of its own comes before one within a line: a thought may well say "the answer: …".
    """
    thought = _THOUGHT.match(text)
    answer = _answer_after(text, thought.end()) if thought else _ANSWER.match(text)
    if answer is None:
        return Response(text=text, thought="", answer=text.strip())
    return Response(
        text=text,
        thought=text[thought.end() : answer.start()].strip() if thought else "",
        answer=text[answer.end() :].strip(),
    )


def _answer_after(text: str, start: int) -> re.Match[str] | None:
    return _ANSWER_LINE.search(text, start) or _ANSWER_WITHIN.search(text, start)


def write_feedback(score: float, comment: str) -> str:
    """Feedback in FIRE's published form: whole scores as "5", others as "8.5"."""
    return f"Score: {score:g}.\nFeedback: {comment}"


def write_response(thought: str, answer: str) -> str:
    """A response in FIRE's published form; without a thought, the answer alone."""
    return f"Thought: {thought}\nAnswer: {answer}" if thought else answer
