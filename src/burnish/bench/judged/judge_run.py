"""A judge's replies as a run: each asked for once whatever happens, and once more where it cannot be read.

Whether a reply can be read is found when it comes, to ask again, and anew whenever the run is scored: so a better
reader reaches old runs without a judge.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from types import MappingProxyType
from typing import NamedTuple, TypeAlias, final

from burnish.bench.judged.configs import ORACLE, JudgeFlags
from burnish.bench.judged.judge_counts import Reads, judging
from burnish.bench.judged.registry import KIND, bench
from burnish.errors import ConfigError
from burnish.generation import Life, fill, make_run
from burnish.generation.replicas import ReplicaTask, open_all_asked
from burnish.models import Decoding, Reply
from burnish.prompts import choose_judge
from burnish.records import Example, Facts, Judgement
from burnish.roles import JudgeCase, Speaker, judge_role, oracle_judge
from burnish.scores import Judged
from burnish.sources.sharding import Shard
from burnish.store import Run
from burnish.store.codec import dump

BATCH = 512
"""Questions that a local judge is asked together."""
FIRST, SECOND = "judge", "judge again"
"""What the two replies for a record are called in the journal."""
PicturesOf: TypeAlias = Callable[[str], Sequence[bytes]]
"""From the name of an answer's pictures to their file contents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeQuestion:
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


class ToJudge(NamedTuple):
    """What a benchmark has judged, and how it is scored."""

    questions: Sequence[JudgeQuestion]
    reads: Reads
    score: Callable[[Run], Judged]
    """Of a run that holds all judgements; writes what the official scorer reads."""
    pictures_of: PicturesOf = no_pictures
    rules: Mapping[str, str] = MappingProxyType({})
    """Fingerprints of what else the judge goes by."""


def judged(config: JudgeFlags, whole: ToJudge) -> Judged:
    """Fill the run `config.out` with one Judgement per question, and score it; a finished run is scored anew.

    A shard has those of its own questions, and no scores: only how its judge did.

    Raises a BurnishError for a judge or run that cannot be used. A killed call is resumed by a second one, which asks
    for no reply that has come.
    """
    shard = Shard.parse(config.shard) if config.shard else None
    questions, digest, reads = whole.questions, _fingerprint(whole.questions), whole.reads
    if shard:
        part = shard.range_of(len(questions), BATCH)
        questions, digest = questions[part.start : part.stop], shard.mark(digest)
    judge, sees_pictures = open_judge(config)

    def live(position: int, _: Example) -> Life:
        question = questions[position]
        pictures = partial(whole.pictures_of, question.image) if sees_pictures else None
        return _live(judge, question, JudgeCase(question.values, question.truth, pictures), reads)

    def ask(run: Run) -> None:
        asked, what, replicas = _JudgeInputs(questions), "judgements", ReplicaTask(bench, config)
        fill(run, asked, live, judge.models, label=what, unit=what, batch=BATCH, replicas=replicas)

    def count(run: Run) -> Judged:
        return Judged(judging=judging(run, run.records(Judgement), reads))

    fingerprints = {**judge.fingerprints, **whole.rules, "questions": digest}
    score = count if shard else whole.score
    return make_run(f"{KIND} {config.task}", config, fingerprints, seed=0, fill=ask, score=score)


def open_judge(config: JudgeFlags) -> tuple[Speaker[JudgeCase], bool]:
    """Whom the flags name, at temperature 0, and whether that sees pictures.

    Raises ModelError, ServerError or ConfigError.
    """
    if config.judge == ORACLE:
        return oracle_judge(config.task), False
    prompt = choose_judge(config.task, given=config.judge_prompt, model=config.judge)
    decoding = Decoding(max_new_tokens=config.max_new_tokens)
    [model] = open_all_asked(config, [config.judge_model])
    return judge_role(model=model, prompt=prompt, decoding=decoding), prompt.sees == "picture"


def _live(judge: Speaker[JudgeCase], question: JudgeQuestion, case: JudgeCase, reads: Reads) -> Life:
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
class _JudgeInputs:
    """Questions as inputs; their pictures are opened when they are reached, where the judge sees them."""

    questions: Sequence[JudgeQuestion]

    def __len__(self) -> int:
        return len(self.questions)

    def from_index(self, start: int) -> Iterator[Example]:
        """The questions from there on."""
        for one in self.questions[start:]:
            yield Example(id=one.id, image=b"", question="", source=one.source)


def _judgement(question: JudgeQuestion, replies: Sequence[Reply]) -> Judgement:
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


def _fingerprint(questions: Sequence[JudgeQuestion]) -> str:
    digest = hashlib.sha256()
    for question in questions:
        fields = asdict(question)
        del fields["settled"]  # it follows from the others
        digest.update(dump(fields).encode())
    return digest.hexdigest()
