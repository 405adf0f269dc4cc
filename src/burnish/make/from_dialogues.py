"""Feedback as preference: pairs out of FIRE's dialogues, for which no model is asked.

The last answer that satisfied the teacher is chosen, and answers that it scored lower are rejected: for the question
alone, so that the model answers right at once, and for the dialogue so far, where a better answer to a feedback stands
against the mistake made again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from pathlib import Path
from typing import Literal, NamedTuple, final

import tyro
from PIL import Image

from burnish.config import RunFlags, added
from burnish.dialogue.loaders import DialogueSet, RunDialogues, open_dialogues
from burnish.errors import ConfigError, ImageError, RunError
from burnish.flags import optional_value
from burnish.images import decode
from burnish.make.length_matching import DEFAULT_SHARE, check_share, of_like_length
from burnish.make.pairs import PairsResult, result_of, summarise
from burnish.make.to_dialogues import CORRECTS
from burnish.make.truth import Keep
from burnish.make.verdicts import SATISFIED
from burnish.progress import Progress
from burnish.prompts import StudentPrompt, choose
from burnish.prompts.templates import StudentSees
from burnish.records import Answer, Dialogue, Dropped, Json, PreferencePair, Rejected, Response, TextMessage, Turn
from burnish.store import Run, new_manifest

_DOT = Image.new("RGB", (1, 1))
"""Stands for the picture where only the words of a prompt matter."""


@dataclass(frozen=True, kw_only=True)
class FromDialoguesConfig(RunFlags):
    """Make preference pairs of dialogues: an answer that satisfied the teacher over earlier ones. Asks no model."""

    runs: tyro.conf.Positional[tuple[str, ...]]
    """Runs of dialogues (`burnish simulate`, `burnish compose`) or FIRE's JSON files."""
    learn: Literal["first", "refined", "both"] = "both"
    """Which answers to learn: `first`, those to the question alone, without the thought before them; `refined`, those
    to the dialogue so far, where repeating an answer in spite of feedback is rejected; or both."""
    threshold: float = SATISFIED
    """The score from which an answer counts as right."""
    margin: float = 1.0
    """The least difference between the scores of the chosen and the rejected answer."""
    match_length: float | None = optional_value(DEFAULT_SHARE)
    """Leave out rejected answers whose length in words differs from the chosen answer's by more than this share of the
    longer one. Without a number: 0.1."""
    keep: str | None = added(None)
    """What the ground truth must confirm, separated by commas: `chosen-right`, `rejected-wrong`. Otherwise the model
    also learns wrong answers that satisfied the teacher. A right answer has the truth's words. Default: the teacher
    decides."""
    prompt: str | None = None
    """The student's prompt, by name or file. Default: that of the run's student, otherwise fire-student."""
    sees: StudentSees | None = None
    """What the prompt shows of a feedback: the comment alone, or the whole text with its score. Default: as for the
    run's student, otherwise as the prompt says."""

    def __post_init__(self) -> None:
        if not self.runs:
            raise ConfigError("RUNS is empty: give a run of dialogues or a file of FIRE's.")
        if not self.margin > 0:
            raise ConfigError(f"--margin must be above 0, not {self.margin}.")
        check_share(self.match_length)
        Keep.parse(self.keep)


def pairs_from_dialogues(config: FromDialoguesConfig) -> PairsResult:
    """Fill the run `config.out` with the pairs of each dialogue, or the reason why it has none.

    Raises RunError or SourceError for dialogues that cannot be read, ConfigError for a prompt. A killed call is resumed
    by a second one.
    """
    talks = [_finished(path) for path in config.runs]
    makers = [_DialoguePairMaker(config, _prompt(config, one)) for one in talks]
    fingerprints = {f"dialogues {i}": one.fingerprint for i, one in enumerate(talks, start=1)}
    fingerprints |= {f"prompt {i}": maker.prompt.fingerprint for i, maker in enumerate(makers, start=1)}
    manifest = new_manifest("pairs", config, seed=0, fingerprints=fingerprints)
    with Run.begin(Path(config.out), manifest, restart=config.restart) as run:
        if run.summary is None:
            run.append(_records(run, talks, makers))
            run.finish(summarise(run))
        return result_of(run)


def _finished(path: str) -> DialogueSet:
    talks = open_dialogues(path)
    if isinstance(talks, RunDialogues) and Run.open(talks.path).summary is None:
        raise RunError(f"{path} is not finished: give the command that makes it again, then make pairs of it.")
    return talks


def _prompt(config: FromDialoguesConfig, talks: DialogueSet) -> StudentPrompt:
    """The one that the student of a run had, unless the flags name one."""
    made = Run.open(talks.path).manifest.settings if isinstance(talks, RunDialogues) else {}
    known = {name: str(value) for name, value in made.items() if value is not None}
    return choose(
        StudentPrompt,
        given=config.prompt or known.get("student_prompt"),
        model=known.get("student", ""),
        adapter=known.get("student_adapter"),
        sees=config.sees or known.get("student_sees"),
    )


def _records(
    run: Run, talks: Sequence[DialogueSet], makers: Sequence[_DialoguePairMaker]
) -> Iterator[PreferencePair | Dropped]:
    """What the run does not hold yet."""
    done = len(run)
    records = (one for talk, maker in zip(talks, makers, strict=True) for one in _of_set(run, talk, maker))
    with Progress("pairs", done=done, unit="records") as progress:
        for record in islice(records, done, None):
            yield record
            progress.advance()


def _of_set(run: Run, talks: DialogueSet, maker: _DialoguePairMaker) -> Iterator[PreferencePair | Dropped]:
    for outcome in talks:
        pairs = [outcome] if isinstance(outcome, Dropped) else maker.records(outcome)
        yield from (one if isinstance(one, Dropped) else _with_picture(run, talks, one) for one in pairs)


def _with_picture(run: Run, talks: DialogueSet, pair: PreferencePair) -> PreferencePair | Dropped:
    try:
        data = talks.picture(pair.image)
        decode(data)
    except ImageError as error:
        return Dropped(id=pair.id, source=pair.source, reason=error.reason, detail=str(error))
    return replace(pair, image=run.add_image(data))


class _Preferred(NamedTuple):
    """Turns by their numbers, from 0."""

    chosen: int
    rejected: tuple[int, ...]


@final
@dataclass(frozen=True)
class _DialoguePairMaker:
    """From a dialogue to its pairs."""

    config: FromDialoguesConfig
    prompt: StudentPrompt

    def records(self, dialogue: Dialogue) -> list[PreferencePair | Dropped]:
        """The pair for the question, then those for each later turn; the reason where there is none."""
        pairs: list[PreferencePair | Dropped] = [*self._first(dialogue), *self._refined(dialogue)]
        return pairs or [_dropped(dialogue, self.config)]

    def _first(self, dialogue: Dialogue) -> Iterator[PreferencePair]:
        right = [i for i, turn in enumerate(dialogue.turns) if _score(turn) >= self.config.threshold]
        if self.config.learn == "refined" or not right:
            return
        texts = [*map(_answer_of, dialogue.turns)]
        if found := self._preferred(dialogue, texts, right[-1]):
            yield _pair(dialogue, found, texts, f"{dialogue.id} first", dialogue.question)

    def _refined(self, dialogue: Dialogue) -> Iterator[PreferencePair]:
        if self.config.learn == "first":
            return
        texts = [turn.response.text.strip() for turn in dialogue.turns]
        for number in range(1, len(dialogue.turns)):
            # the mistake that was just criticised; one that was mended before would teach something else
            if found := self._preferred(dialogue, texts, number, earliest=number - 1):
                *before, asked = self._asked(dialogue, number)
                name = f"{dialogue.id} turn {number + 1}"
                yield replace(_pair(dialogue, found, texts, name, asked.text), before=tuple(before))

    def _asked(self, dialogue: Dialogue, number: int) -> list[TextMessage]:
        """What the student is sent after so many turns."""
        messages = self.prompt.messages(dialogue.question, _DOT, dialogue.turns[:number])
        return [TextMessage(one.role, one.text) for one in messages]

    def _preferred(self, dialogue: Dialogue, texts: Sequence[str], chosen: int, earliest: int = 0) -> _Preferred | None:
        """The chosen turn with those before it that are worse, each text once; None without any."""
        text, turns, keep = texts[chosen], dialogue.turns, Keep.parse(self.config.keep)
        if not text or turns[chosen].response.finish == "length":
            return None
        if not keep.takes_chosen(_answer_of(turns[chosen]), dialogue.answer):
            return None
        worse = {
            texts[i]: i
            for i in range(earliest, chosen)
            if texts[i] not in ("", text)
            and self._is_better(dialogue, chosen, i)
            and keep.takes_rejected(_answer_of(turns[i]), dialogue.answer)
        }
        share = self.config.match_length
        rejected = [
            i for other, i in worse.items() if share is None or of_like_length(_words(text), _words(other), share)
        ]
        return _Preferred(chosen, tuple(rejected)) if rejected else None

    def _is_better(self, dialogue: Dialogue, later: int, earlier: int) -> bool:
        """By the scores; an answer to the picture itself is better than one to a distorted picture without any."""
        rise = _score(dialogue.turns[later]) - _score(dialogue.turns[earlier])
        return CORRECTS in dialogue.facts or rise >= self.config.margin


def _pair(dialogue: Dialogue, found: _Preferred, texts: Sequence[str], name: str, question: str) -> PreferencePair:
    turns = dialogue.turns
    scores: dict[str, Json] = {
        "chosen_score": _score(turns[found.chosen]),
        "rejected_scores": [_score(turns[i]) for i in found.rejected],
    }
    return PreferencePair(
        id=name,
        image=dialogue.image,
        question=question,
        chosen=_answer(texts[found.chosen], turns[found.chosen].response),
        rejected=tuple(
            Rejected(distortion="", seed=0, answer=_answer(texts[i], turns[i].response)) for i in found.rejected
        ),
        source=dialogue.source,
        answer=dialogue.answer,
        facts={**dialogue.facts, **({} if CORRECTS in dialogue.facts else scores)},
    )


def _answer_of(turn: Turn) -> str:
    return turn.response.answer or turn.response.text


def _answer(text: str, response: Response) -> Answer:
    return Answer(text=text, finish=response.finish)


def _score(turn: Turn) -> float:
    """Without one, nothing is known to be better or worse than the answer."""
    return float("nan") if turn.feedback.score is None else turn.feedback.score


def _words(text: str) -> int:
    return len(text.split())


def _dropped(dialogue: Dialogue, config: FromDialoguesConfig) -> Dropped:
    scores = [_score(turn) for turn in dialogue.turns]
    scored = ", ".join(f"{score:g}" for score in scores)
    if len(scores) == 1:
        reason = "one turn"
    elif not any(later > earlier for earlier, later in pairwise(scores)):
        reason = "no score rises"
    elif config.learn == "first" and not any(score >= config.threshold for score in scores):
        reason = "never right"
    else:
        reason = "no rejected answer"
    return Dropped(id=dialogue.id, source=dialogue.source, reason=reason, detail=f"scores {scored}")
