"""How hard a teacher is to fool: its feedback to right, almost right, off-topic, garbled and empty answers.

FIRE-Bench rests on the teacher's scores: one that is satisfied by rubbish makes every student look good.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from statistics import fmean

from burnish.bench.naming import speaker
from burnish.bench.prediction import prediction
from burnish.config import RunFlags, place
from burnish.dialogue.foolish import KINDS, Fools
from burnish.dialogue.roles_config import ORACLE, RoleFlags, open_roles
from burnish.errors import ConfigError
from burnish.fire.texts import read_score
from burnish.generation import Life, fill, make_run
from burnish.generation.questions import fingerprints
from burnish.generation.replicas import ReplicaFlags, ReplicaTask
from burnish.prompts.templates import TeacherSees
from burnish.records import Dropped, Example, Prediction
from burnish.replies import NO_TRUTH
from burnish.roles import Case, Role
from burnish.scores import Estimate, FooledKind, FooledScores
from burnish.sources import Questions, stream
from burnish.store import Run
from burnish.uncertainty import wilson


@dataclass(frozen=True, kw_only=True)
class BenchTeacherConfig(ReplicaFlags, Questions, RunFlags):
    """Test whether wrong answers, made from the ground truths, fool a teacher."""

    teacher: str
    """The teacher: a path or hub name of an image-text-to-text model of transformers, `pocket`, or
    `http://HOST/v1#NAME`."""
    teacher_adapter: str | None = None
    """A PEFT adapter to load on the teacher."""
    teacher_prompt: str | None = None
    """The teacher's prompt: a YAML file or a name such as fire-teacher. Default: the prompt that its adapter was
    trained with, else pocket-teacher for `pocket` and fire-teacher for other models."""
    teacher_sees: TeacherSees | None = None
    """What the teacher sees of a dialogue: the latest response, or its history. Default: as the prompt says."""
    threshold: float = 8.0
    """The score from which the teacher is satisfied."""
    max_new_tokens: int = 128
    """Longest feedback, in tokens."""
    out: str = place()
    """Folder of the run."""

    def __post_init__(self) -> None:
        super().__post_init__()
        Questions.__post_init__(self)
        if self.teacher == ORACLE:
            raise ConfigError("--teacher oracle cannot be fooled, because it knows the truth: give a model.")
        self.roles  # noqa: B018 - checks its values

    @property
    def roles(self) -> RoleFlags:
        """The same, in the words of the verbs that also have a student."""
        own = {field.name for field in fields(self)}
        shared = {field.name: getattr(self, field.name) for field in fields(RoleFlags) if field.name in own}
        return RoleFlags(student=None, **shared)


def bench_teacher(config: BenchTeacherConfig) -> FooledScores:
    """Fill the run `config.out` with one Prediction or Dropped an answer, and count who is satisfied.

    Raises a BurnishError for a source, model or run that cannot be used. A killed call is resumed by a second one.
    """
    inputs = stream(config.source, config)
    whole = stream(config.source, replace(config, shard=None)) if config.shard else inputs
    teacher = open_roles(config.roles)["teacher"]
    if not isinstance(teacher, Role):
        raise ConfigError(f"--teacher {config.teacher} is not a model.")
    marks = {**fingerprints(teacher.model, inputs), **teacher.fingerprints}

    def ask(run: Run) -> None:
        fooler = _Fooler(run, teacher, Fools.of(whole.from_index(0), config.seed))
        replicas = ReplicaTask(bench_teacher, config)
        fill(run, inputs, fooler.live, teacher.models, label="feedback", per_input=len(KINDS), replicas=replicas)

    return make_run("teacher bench", config, marks, seed=config.seed, fill=ask, score=finish)


@dataclass(frozen=True)
class _Fooler:
    """Tells a teacher what the student said, and keeps its feedback."""

    run: Run
    teacher: Role[Case]
    fools: Fools

    def live(self, _: int, example: Example) -> Life:
        """Feedback to each kind of answer; none without a ground truth."""
        if not example.answer:
            reason = Dropped(id=example.id, source=example.source, reason=NO_TRUTH, detail=example.question)
            return [reason] * len(KINDS)
        answers = self.fools.answers(example)
        replies = yield [
            self.teacher.ask(f"reply {number}", Case(example, (), text))
            for number, text in enumerate(answers.values(), start=1)
        ]
        return [
            prediction(self.run, example, reply, facts={"kind": kind, "said": text})
            for (kind, text), reply in zip(answers.items(), replies, strict=True)
        ]


def finish(run: Run) -> FooledScores:
    """Count how often the teacher of a run is satisfied."""
    config = run.manifest.config
    teacher, threshold = speaker(config, "teacher"), float(str(config["threshold"]))
    found: defaultdict[str, list[float | None]] = defaultdict(list)
    dropped = Counter[str]()
    for record in run:
        if isinstance(record, Prediction):
            found[str(record.facts["kind"])].append(read_score(record.text))
        elif isinstance(record, Dropped):
            dropped[record.reason] += 1
    kinds = {kind: _kind(found[kind], threshold) for kind in KINDS if kind in found}
    return FooledScores(teacher=teacher, threshold=threshold, kinds=kinds, dropped=dict(dropped.most_common()))


def _kind(scores: Sequence[float | None], threshold: float) -> FooledKind:
    read = [score for score in scores if score is not None]
    satisfied = sum(score >= threshold for score in read)
    low, high = wilson(satisfied, len(scores))
    return FooledKind(
        n=len(scores),
        unread=len(scores) - len(read),
        mean_score=fmean(read) if read else None,
        satisfied=Estimate(value=satisfied / len(scores), low=low, high=high, n=len(scores)),
    )
