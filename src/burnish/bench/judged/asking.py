"""A judge's replies as a run: each asked for once whatever happens, and once more where it cannot be read.

Whether a reply can be read is found when it comes, to ask again, and anew whenever the run is scored: so a better
reader reaches old runs without a judge.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from itertools import count
from pathlib import Path
from typing import TypeAlias, TypeVar

from burnish.bench.judged.configs import ORACLE, JudgeFlags
from burnish.dialogue.asking import Tell, answered
from burnish.errors import ConfigError
from burnish.models import Decoding, Reply, open_model
from burnish.progress import Progress
from burnish.prompts import choose_judge
from burnish.records import Facts, Judgement
from burnish.replies import refuse_unanswered
from burnish.roles import Judge, JudgeCase, OracleJudge
from burnish.scores import Judged
from burnish.store import Part, Run, new_manifest
from burnish.store.codec import dump, to_json

FIRST, SECOND = "judge", "judge again"
"""What the two replies for a record are called in the journal."""
Reads: TypeAlias = Callable[[Mapping[str, str], str], bool]
"""From what was asked and the reply to whether the reply can be read."""
PictureOf: TypeAlias = Callable[[str], bytes]
"""From a picture's name to its file content."""
J = TypeVar("J", bound=Judged)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One thing that a judge is asked."""

    id: str
    source: str
    values: Mapping[str, str]
    """What stands in the places of its prompt."""
    facts: Facts
    part: str = ""
    """Which of several judgements of the same question."""
    image: str = ""
    """The picture's name, for a prompt that shows it."""
    truth: Facts = field(default_factory=dict)
    """What the oracle knows."""


def no_pictures(_image: str) -> bytes:
    """For benchmarks whose judge has words alone. Raises ConfigError for a prompt that shows more."""
    raise ConfigError(
        "The judge's prompt shows pictures, and this benchmark has words alone: write `sees: text` there."
    )


def judged(
    config: JudgeFlags,
    questions: Sequence[Question],
    reads: Reads,
    score: Callable[[Run], J],
    picture_of: PictureOf = no_pictures,
) -> J:
    """Fill the run `config.out` with one Judgement a question, and score it; a finished run is scored anew.

    Raises a BurnishError for a judge or run that cannot be used. A killed call is resumed by a second one, which asks
    for no reply that has come.
    """
    judge = open_judge(config)
    fingerprints = {**judge.fingerprints, "questions": _fingerprint(questions)}
    manifest = new_manifest(f"judged {config.task}", config, seed=0, fingerprints=fingerprints)
    with Run.begin(Path(config.out), manifest, restart=config.restart) as run:
        if run.summary is None:
            _Asker(run, judge, reads, picture_of).ask(questions)
        refuse_unanswered(run.path, run)
        result = score(run)
        run.finish(to_json(result))
    return result


def open_judge(config: JudgeFlags) -> Judge | OracleJudge:
    """Whom the flags name, at temperature 0. Raises ModelError, ServerError or ConfigError."""
    if config.judge == ORACLE:
        return OracleJudge(task=config.task)
    prompt = choose_judge(config.task, given=config.judge_prompt, model=config.judge)
    decoding = Decoding(max_new_tokens=config.max_new_tokens)
    return Judge(model=open_model(config.judge_model), prompt=prompt, decoding=decoding)


@dataclass(frozen=True)
class _Asker:
    """Puts all questions to a judge, then once more those whose replies cannot be read: a late reply holds up no other.

    What came is in the journal, and pictures are opened when they are reached.
    """

    run: Run
    judge: Judge | OracleJudge
    reads: Reads
    picture_of: PictureOf

    def ask(self, questions: Sequence[Question]) -> None:
        """Append one Judgement for every question that the run does not hold yet."""
        start = len(self.run)
        with Progress("judgements", len(questions), done=start, unit="judgements") as progress:
            replies = count(1)

            def tell(part: Part, _reply: Reply) -> None:
                progress.advance(int(part.name == FIRST), f"{next(replies):,} replies")

            self.run.append(self._judgements(questions[start:], start, tell))

    def _judgements(self, questions: Sequence[Question], start: int, tell: Tell) -> Iterator[Judgement]:
        """The records of questions, of which the first is the run's record `start`."""
        cases = {Part(start + i, FIRST): self._case(question) for i, question in enumerate(questions)}
        first = answered(self.judge, cases, self.run, tell)
        unread = {
            Part(part.record, SECOND): cases[part]._replace(unread=reply.text)
            for part, reply in first.items()
            if reply.finish != "error" and not self.reads(cases[part].values, reply.text)
        }
        second = answered(self.judge, unread, self.run, tell)
        for part, question in zip(cases, questions, strict=True):
            again = second.get(Part(part.record, SECOND))
            yield _judgement(question, [first[part], *([again] if again else [])])

    def _case(self, question: Question) -> JudgeCase:
        picture = partial(self.picture_of, question.image) if self.judge.sees_pictures else None
        return JudgeCase(question.values, question.truth, picture)


def _judgement(question: Question, replies: Sequence[Reply]) -> Judgement:
    return Judgement(
        id=question.id,
        source=question.source,
        part=question.part,
        asked=question.values,
        said=tuple(reply.text for reply in replies if reply.finish != "error"),
        thinking=tuple(reply.thinking for reply in replies if reply.finish != "error"),
        replies=tuple(reply.end for reply in replies),
        refused=next((reply.error for reply in replies if reply.finish == "error"), ""),
        facts=question.facts,
    )


def _fingerprint(questions: Sequence[Question]) -> str:
    digest = hashlib.sha256()
    for question in questions:
        digest.update(dump(asdict(question)).encode())
    return digest.hexdigest()
