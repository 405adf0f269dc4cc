"""A record in words for the terminal: one function for each kind. All that others wrote is made safe to print."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import singledispatch
from itertools import zip_longest
from typing import NamedTuple, TypeAlias

from rich.console import RenderableType
from rich.constrain import Constrain
from rich.table import Table as Grid
from rich.text import Text

from burnish.printable import one_line, printable
from burnish.records import Answer, Dialogue, Dropped, Facts, Judgement, Prediction, PreferencePair, Record, Turn
from burnish.report.diff import pieces
from burnish.report.terminal import WIDTH

QUIET = "dim"
_BAR = 10
_SHORT = 60
"""Characters that a fact may have; longer ones (a scene, a list of objects) are in the run's files."""

ShownLine: TypeAlias = tuple[str, Text]
"""What stands at the left, and the words beside it."""


class AnswerVerdict(NamedTuple):
    """How right a prediction is."""

    right: bool | None
    """None where there is no telling right from wrong."""
    shares: Mapping[str, float]
    """By metric, 0 to 1."""


VerdictOf: TypeAlias = Callable[[Prediction], AnswerVerdict]


def unjudged(_prediction: Prediction) -> AnswerVerdict:
    """Nothing is said of right and wrong."""
    return AnswerVerdict(None, {})


class Pen(NamedTuple):
    """How things are written: with colours, or with signs in their place; and who judges predictions."""

    coloured: bool
    judge: VerdictOf = unjudged

    def marked(self, text: str, others: Sequence[str], style: str) -> Text:
        """The text with what differs from the others in this style, or between « and »."""
        written = Text()
        for piece in pieces(printable(text), [printable(other) for other in others]):
            if self.coloured:
                written.append(piece.text, style if piece.differs else "")
            else:
                written.append(f"«{piece.text}»" if piece.differs else piece.text)
        return written


def title(record: Record, place: int, records: int) -> Text:
    """Which record it is."""
    facts = [one_line(record.source), _KINDS[type(record)], f"record {place:,} of {records:,}"]
    return Text.assemble((one_line(record.id), "bold"), "\n", " · ".join(filter(None, facts)))


def beside(rows: Sequence[ShownLine]) -> RenderableType:
    """What is told, beside its names."""
    grid = Grid.grid(padding=(0, 2, 0, 0), pad_edge=False)
    grid.add_column(style="cyan", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, words in rows:
        grid.add_row(Text(name), words)
    return Constrain(grid, WIDTH)


@singledispatch
def lines(record: Record, _pen: Pen) -> list[ShownLine]:
    """What the record holds."""
    raise TypeError(f"There is no way to show {type(record).__name__}.")


@lines.register
def _(pair: PreferencePair, pen: Pen) -> list[ShownLine]:
    texts = [rejected.answer.text for rejected in pair.rejected]
    rows: list[ShownLine] = [(one.speaker, _text(one.text)) for one in pair.before]
    rows += [*_asked(pair.question, pair.answer), *_thinking(pair.chosen.thinking)]
    rows.append(("chosen", pen.marked(pair.chosen.text, texts, "bold green")))
    rows.append(_small(_answer_facts(pair.chosen)))
    for rejected in pair.rejected:
        rows += _thinking(rejected.answer.thinking)
        rows.append(("rejected", pen.marked(rejected.answer.text, [pair.chosen.text], "bold red")))
        rows.append(_small([rejected.distortion, *_answer_facts(rejected.answer), *_margin(pair, rejected.answer)]))
    return [*rows, *_facts(pair.facts)]


@lines.register
def _(dialogue: Dialogue, _pen: Pen) -> list[ShownLine]:
    rows = _asked(dialogue.question, dialogue.answer)
    for number, turn in enumerate(dialogue.turns, start=1):
        rows += [("", Text()), (f"turn {number}", _bar(turn.feedback.score)), *_turn(turn)]
    ended = [("ended", Text(dialogue.ended))] if dialogue.ended else []
    return [*rows, ("", Text()), *ended, *_facts(dialogue.facts)]


@lines.register
def _(prediction: Prediction, pen: Pen) -> list[ShownLine]:
    rows = [*_asked(prediction.question, prediction.answer), *_thinking(prediction.thinking)]
    rows.append(("answer", _text(prediction.text)))
    length = f"{prediction.n_tokens:,} tokens" if prediction.n_tokens else ""
    rows.append(_small([prediction.distortion, length, *(end for end in prediction.replies if end != "answered")]))
    return [*rows, *_verdict(pen.judge(prediction)), *_facts(prediction.facts)]


@lines.register
def _(judgement: Judgement, _pen: Pen) -> list[ShownLine]:
    rows = [("part", _text(judgement.part, "bold"))] if judgement.part else []
    rows += [(one_line(name), _text(text)) for name, text in judgement.asked.items()]
    rows.append(("", Text()))
    for reply, thought in zip_longest(judgement.said, judgement.thinking, fillvalue=""):
        rows += [*_thinking(thought), ("judge", _text(reply, "bold"))]
    not_asked = judgement.refused or (judgement.settled and f"no answer to judge, which counts as {judgement.settled}")
    rows += [("not asked", _text(not_asked))] if not_asked else []
    return [*rows, *_facts(judgement.facts)]


@lines.register
def _(dropped: Dropped, _pen: Pen) -> list[ShownLine]:
    return [
        ("left out", _text(dropped.reason, "bold")),
        *([("because", _text(dropped.detail))] if dropped.detail else []),
    ]


_KINDS: Mapping[type[Record], str] = {
    PreferencePair: "preference pair",
    Dialogue: "dialogue",
    Prediction: "prediction",
    Judgement: "judgement",
    Dropped: "dropped",
}


def _asked(question: str, truth: str | None) -> list[ShownLine]:
    rows = [("question", _text(question, "bold"))]
    return [*rows, ("truth", _text(truth))] if truth else rows


def _turn(turn: Turn) -> list[ShownLine]:
    thought = [*_thinking(turn.response.thinking), *_thinking(turn.response.thought)]
    reply = turn.feedback.comment or turn.feedback.text
    comment = [*_thinking(turn.feedback.thinking), *([("teacher", _text(reply))] if reply else [])]
    return [*thought, ("student", _text(turn.response.answer or turn.response.text)), *comment]


def _thinking(text: str) -> list[ShownLine]:
    """What was thought before what follows."""
    return [("thought", _text(text, QUIET))] if text else []


def _bar(score: float | None) -> Text:
    if score is None or not math.isfinite(score):
        return Text("no score", QUIET)
    full = min(max(round(score), 0), _BAR)
    return Text.assemble(("█" * full, "cyan"), ("░" * (_BAR - full), QUIET), f" {score:g}")


def _answer_facts(answer: Answer) -> list[str]:
    rows = [f"log p {answer.ref_logp:.1f}"] if answer.ref_logp is not None else []
    cut = ["cut"] if answer.finish == "length" else []
    return [*rows, *([f"{len(answer.token_ids):,} tokens"] if answer.token_ids else []), *cut]


def _margin(pair: PreferencePair, rejected: Answer) -> list[str]:
    """How much likelier the chosen answer is, in nats."""
    if pair.chosen.ref_logp is None or rejected.ref_logp is None:
        return []
    return [f"margin {pair.chosen.ref_logp - rejected.ref_logp:+.1f} nats"]


def _verdict(verdict: AnswerVerdict) -> list[ShownLine]:
    rows = []
    if verdict.right is not None:
        rows.append(("verdict", Text("right", "bold green") if verdict.right else Text("wrong", "bold red")))
    return [*rows, _small([f"{name} {100 * share:.0f} %" for name, share in verdict.shares.items()])]


def _facts(facts: Facts) -> list[ShownLine]:
    """Those that are short: words and numbers."""
    plain = {name: value for name, value in facts.items() if isinstance(value, str | int | float)}
    rows = [f"{one_line(name)} {one_line(str(value))}" for name, value in plain.items() if len(str(value)) <= _SHORT]
    return [("facts", Text(" · ".join(rows), QUIET))] if rows else []


def _small(words: Sequence[str]) -> ShownLine:
    return "", Text(" · ".join(one_line(word) for word in words if word), QUIET)


def _text(text: str, style: str = "") -> Text:
    return Text(printable(text), style)
