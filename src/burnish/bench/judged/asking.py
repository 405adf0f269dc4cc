"""A judge's replies as a run: each asked for once whatever happens, and once more where it cannot be read.

Whether a reply can be read is found when it comes, to ask again, and anew whenever the run is scored: so a better
reader reaches old runs without a judge.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import TypeAlias, TypeVar, final

from burnish.bench.judged.configs import ORACLE, JudgeFlags
from burnish.errors import ConfigError, NothingAnswered
from burnish.generation import Life, fill, make_run
from burnish.models import Decoding, Reply, open_model
from burnish.printable import one_line
from burnish.prompts import choose_judge
from burnish.records import Example, Facts, Judgement
from burnish.roles import JudgeCase, Speaker, judge_role, oracle_judge
from burnish.scores import Judged
from burnish.store import Run
from burnish.store.codec import dump

BATCH = 512
"""Questions that a local judge is asked together."""
_SHOWN = 80
"""Characters of a reply in a message."""
FIRST, SECOND = "judge", "judge again"
"""What the two replies for a record are called in the journal."""
Reads: TypeAlias = Callable[[Mapping[str, str], str], bool]
"""From what was asked and the reply to whether the reply can be read."""
PicturesOf: TypeAlias = Callable[[str], Sequence[bytes]]
"""From the name of an answer's pictures to their file contents."""
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
    """The name of the answer's pictures, for a prompt that shows them."""
    truth: Facts = field(default_factory=dict)
    """What the oracle knows."""
    settled: str = ""
    """What stands for a reply, where there is no answer to judge; empty for what the judge is asked."""


def no_pictures(_image: str) -> Sequence[bytes]:
    """For benchmarks whose judge has words alone. Raises ConfigError for a prompt that shows more."""
    raise ConfigError(
        "The judge's prompt shows pictures, and this benchmark has words alone: write `sees: text` there."
    )


def judged(
    config: JudgeFlags,
    questions: Sequence[Question],
    reads: Reads,
    score: Callable[[Run], J],
    pictures_of: PicturesOf = no_pictures,
    *,
    rules: Mapping[str, str] | None = None,
) -> J:
    """Fill the run `config.out` with one Judgement per question, and score it; a finished run is scored anew.

    `rules` are fingerprints of what else the judge goes by.

    Raises a BurnishError for a judge or run that cannot be used. A killed call is resumed by a second one, which asks
    for no reply that has come.
    """
    judge, sees_pictures = open_judge(config)

    def live(position: int, _: Example) -> Life:
        question = questions[position]
        pictures = partial(pictures_of, question.image) if sees_pictures else None
        return _live(judge, question, JudgeCase(question.values, question.truth, pictures), reads)

    def ask(run: Run) -> None:
        fill(run, _Asked(questions), live, judge.models, label="judgements", unit="judgements", batch=BATCH)

    def score_readable(run: Run) -> J:
        _refuse_unread(run, reads)
        return score(run)

    fingerprints = {**judge.fingerprints, **(rules or {}), "questions": _fingerprint(questions)}
    return make_run(f"judged {config.task}", config, fingerprints, seed=0, fill=ask, score=score_readable)


def _refuse_unread(run: Run, reads: Reads) -> None:
    """Raise NothingAnswered where the judge said nothing that can be read: then there is no score."""
    judgements = [one for one in run.records(Judgement) if one.said]
    if not any(reads(one.asked, said) for one in judgements for said in one.said) and judgements:
        first = one_line(judgements[0].said[0])[:_SHOWN]
        raise NothingAnswered(
            f"{run.path} holds no judgement that can be read, so there is no score (the first reply: {first!r}): give "
            "another --judge or --judge-prompt."
        )


def open_judge(config: JudgeFlags) -> tuple[Speaker[JudgeCase], bool]:
    """Whom the flags name, at temperature 0, and whether that sees pictures.

    Raises ModelError, ServerError or ConfigError.
    """
    if config.judge == ORACLE:
        return oracle_judge(config.task), False
    prompt = choose_judge(config.task, given=config.judge_prompt, model=config.judge)
    decoding = Decoding(max_new_tokens=config.max_new_tokens)
    opened = judge_role(model=open_model(config.judge_model), prompt=prompt, decoding=decoding)
    return opened, prompt.sees == "picture"


def _live(judge: Speaker[JudgeCase], question: Question, case: JudgeCase, reads: Reads) -> Life:
    """Ask once, and once more where the reply cannot be read; nothing where there is no answer to judge."""
    if question.settled:
        return [_judgement(question, [])]
    replies = yield [judge.ask(FIRST, case)]
    [first] = replies
    if first.finish != "error" and not reads(case.values, first.text):
        [second] = yield [judge.ask(SECOND, case._replace(unread=first.text))]
        replies = [first, second]
    return [_judgement(question, replies)]


@final
@dataclass(frozen=True)
class _Asked:
    """Questions as inputs; their pictures are opened when they are reached, where the judge sees them."""

    questions: Sequence[Question]

    def __len__(self) -> int:
        return len(self.questions)

    def from_index(self, start: int) -> Iterator[Example]:
        """The questions from there on."""
        for one in self.questions[start:]:
            yield Example(id=one.id, image=b"", question="", source=one.source)


def _judgement(question: Question, replies: Sequence[Reply]) -> Judgement:
    return Judgement(
        id=question.id,
        source=question.source,
        part=question.part,
        asked=question.values,
        said=tuple(reply.text for reply in replies if reply.finish != "error"),
        thinking=tuple(reply.thinking for reply in replies if reply.finish != "error"),
        replies=tuple(reply.end for reply in replies),
        settled=question.settled,
        refused=next((reply.error for reply in replies if reply.finish == "error"), ""),
        facts=question.facts,
    )


def _fingerprint(questions: Sequence[Question]) -> str:
    digest = hashlib.sha256()
    for question in questions:
        fields = asdict(question)
        del fields["settled"]  # it follows from the others
        digest.update(dump(fields).encode())
    return digest.hexdigest()
