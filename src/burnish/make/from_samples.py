"""Pairs of answers that one model draws to one question: its best against its worst, by its own score or by the truth.

No picture is distorted. By the model's own score no label is needed, as in CSR (arXiv 2405.14622) and SIMA
(arXiv 2405.15973); by the truth right answers are preferred to wrong ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Final, Literal, TypeAlias, final

import tyro

from burnish.config import RunFlags, added
from burnish.errors import ConfigError
from burnish.fire.texts import grade
from burnish.flags import optional_value
from burnish.generation import Life, fill
from burnish.generation.questions import asks, clean_request, fingerprints
from burnish.generation.replicas import AskedModel, ReplicaTask, open_all_asked, open_asked
from burnish.ids import stable_seed
from burnish.make.length_matching import DEFAULT_SHARE, check_share, of_like_length
from burnish.make.pairs import BATCH, PairsResult, answer_of, dropped, finish, result_of
from burnish.make.truth import Keep, is_right, words
from burnish.models import Decoding, Model, ModelOptions, ModelRuntime, Reply, Request, open_model
from burnish.prompts import choose_judge
from burnish.records import Dropped, Example, PreferencePair, Rejected
from burnish.replies import NO_TRUTH, refuse_unanswered
from burnish.roles import JudgeCase, Speaker, judge_role, oracle_judge
from burnish.sources import SEVERAL, Sampling, stream
from burnish.store import Run, new_manifest

ORACLE: Final = "oracle"
SELF: Final = "self"
"""The judge that is the model itself."""
ScoreReplies: TypeAlias = Callable[[Sequence[Reply], Example], list[float]]
"""Of each of the answers to an example; the largest is the best."""


@dataclass(frozen=True, kw_only=True)
class FromSamplesConfig(AskedModel, Sampling, RunFlags):
    """Make preference pairs of answers that a model draws to each question: the best of them over the worst."""

    source: tyro.conf.Positional[str]
    """Where pictures and questions come from, as for `burnish pairs`; several separated by commas."""
    samples: int = 8
    """Sampled answers per question."""
    by: Literal["agreement", "likelihood", "truth", "judge"] = "agreement"
    """What makes an answer good: `agreement` with the other answers (the mean F1 of their words), its `likelihood` to
    the model (log-probability per token, of local models), or the `truth`: right ones are preferred to wrong ones,
    or a --judge's score."""
    judge: str | None = added(None)
    """Who scores with `--by judge`: a model, which sees the picture and no truth, `self` for the model that answers, or
    `oracle` on the pocket world."""
    judge_adapter: str | None = added(None)
    """A PEFT adapter to load on the judge."""
    judge_prompt: str | None = added(None)
    """The judge's prompt, a YAML file with the task `answer`. Default: judge-answer."""
    keep: str | None = added(None)
    """Which pairs are kept by the source's ground truth, joined by commas: `chosen-right`, `rejected-wrong` (both:
    VisualDeltas, arXiv 2603.07272). A right answer has the words of the truth, whatever their case. Default: all."""
    temperature: float = 0.7
    """Sampling temperature."""
    top_p: float = 1.0
    """Nucleus sampling: draw from the likeliest tokens that together reach this probability."""
    max_new_tokens: int = 512
    """Longest answer, in tokens."""
    margin: float = 0.0
    """How far the best answer's score must be above the worst one's. Default: any difference."""
    match_length: float | None = optional_value(DEFAULT_SHARE)
    """Compare only answers whose length in words differs from the best one's by at most this share of the longer one.
    Without a number: 0.1."""

    def __post_init__(self) -> None:
        AskedModel.__post_init__(self)
        Sampling.__post_init__(self)
        if self.samples < 2:
            raise ConfigError(f"--samples must be at least 2, not {self.samples}: a pair has two answers.")
        if not self.temperature > 0:
            raise ConfigError(f"--temperature must be above 0, not {self.temperature}: at 0 all answers are the same.")
        if not self.margin >= 0:
            raise ConfigError(f"--margin must be 0 or more, not {self.margin}.")
        check_share(self.match_length)
        Keep.parse(self.keep)
        self._check_judge()
        if self.by == "likelihood" and self.model.startswith(("http://", "https://")):
            raise ConfigError(f"--by likelihood needs a local model, which {self.model} is not: take --by agreement.")
        self.decoding  # noqa: B018 - checks its values

    def _check_judge(self) -> None:
        if self.by == "judge" and not self.judge:
            raise ConfigError("--by judge needs a --judge: a model, `self`, or `oracle` on the pocket world.")
        if self.judge and self.by != "judge":
            raise ConfigError(f"--judge {self.judge} is only for --by judge.")
        if (self.judge_adapter or self.judge_prompt) and self.judge in (None, ORACLE):
            raise ConfigError("--judge-adapter and --judge-prompt are for a --judge that is a model.")
        if self.judge_adapter and self.judge == SELF:
            raise ConfigError("--judge self has the model's own adapter: name the model to give it another.")

    @property
    def decoding(self) -> Decoding:
        """How answers are drawn."""
        return Decoding(max_new_tokens=self.max_new_tokens, temperature=self.temperature, top_p=self.top_p)


def pairs_from_samples(config: FromSamplesConfig) -> PairsResult:
    """Fill the run `config.out` with one PreferencePair or Dropped for every sampled example.

    Raises a BurnishError for a source, model or run that cannot be used. A killed call is resumed by a second one.
    """
    inputs = stream(config.source, config, SEVERAL)
    model, judge = _opened(config)
    known = {**fingerprints(model, inputs), **(judge.fingerprints if judge else {})}
    manifest = new_manifest("pairs", config, seed=config.seed, fingerprints=known)
    with Run.begin(Path(config.out), manifest, restart=config.restart) as run:
        if run.summary is None:
            maker, replicas = _SamplePairMaker(run, model, config, judge), ReplicaTask(pairs_from_samples, config)
            asked = [model, *(judge.models if judge else ())]
            fill(run, inputs, maker.live, asked, label="pairs", batch=BATCH, replicas=replicas)
            refuse_unanswered(run.path, run)
            finish(run, open_model(config) if config.replicas else model)
        return result_of(run)


def _opened(config: FromSamplesConfig) -> tuple[Model, Speaker[JudgeCase] | None]:
    """The model that answers, and whoever judges its answers. One local model that is both is loaded once."""
    if config.judge is None:
        return open_asked(config), None
    if config.judge == ORACLE:
        return open_asked(config), oracle_judge("grades")
    name = config.model if config.judge == SELF else config.judge
    adapter = config.adapter if config.judge == SELF else config.judge_adapter
    shared = {field.name: getattr(config, field.name) for field in fields(ModelRuntime)}
    own, judging = (
        ModelOptions(model=model, adapter=worn, **shared)
        for model, worn in ((config.model, config.adapter), (name, adapter))
    )
    model, judge = open_all_asked(config, [own, judging])
    prompt = choose_judge("answer", given=config.judge_prompt, model=name)
    return model, judge_role(model=judge, prompt=prompt, decoding=Decoding(max_new_tokens=config.max_new_tokens))


@final
@dataclass(frozen=True)
class _SamplePairMaker:
    """From an example to what the model is asked, and from its answers to the record."""

    run: Run
    model: Model
    config: FromSamplesConfig
    judge: Speaker[JudgeCase] | None = None

    def live(self, _: int, example: Example) -> Life:
        """Draw all answers at once, each with a seed of its own."""
        numbers = range(self.config.samples)
        calls = [(partial(self._request, example, number), self.config.decoding) for number in numbers]
        replies = yield asks(self.model, calls, scored=True)
        found = self._answers(example, replies)
        judged: Sequence[Reply] = ()
        if self.judge and not isinstance(found, Dropped):
            ask = self.judge.ask
            judged = yield [ask(f"judge {i}", _case(example, one.text)) for i, one in enumerate(found, start=1)]
        made = found if isinstance(found, Dropped) else self._preferred(example, found, judged)
        return [replace(made, replies=tuple(reply.end for reply in (*replies, *judged)))]

    def _request(self, example: Example, number: int) -> Request:
        seed = stable_seed(self.config.seed, "sample", example.source, example.id, number)
        return replace(clean_request(example), seed=seed)

    def _answers(self, example: Example, replies: Sequence[Reply]) -> list[Reply] | Dropped:
        """Those that can be compared, each text once where it costs something to score it."""
        if refused := next((reply for reply in replies if reply.finish == "error"), None):
            return dropped(example, "refused", refused.error)
        if (self.config.by == "truth" or self.config.keep or self.config.judge == ORACLE) and not example.answer:
            return dropped(example, NO_TRUTH, example.question)
        whole = [reply for reply in replies if reply.text and reply.end == "answered"]
        different = {reply.text: reply for reply in reversed(whole)}
        if len(different) < 2:
            return dropped(example, "one answer", whole[0].text if whole else "")
        return [*different.values()] if self.judge else whole

    def _preferred(self, example: Example, replies: list[Reply], judged: Sequence[Reply]) -> PreferencePair | Dropped:
        """The best answer with the worst one, by the truth with all that are wrong."""
        if self.judge:
            graded = [
                (one, score) for one, by in zip(replies, judged, strict=True) if (score := grade(by.text)) is not None
            ]
            if len(graded) < 2:
                return dropped(example, "unreadable judgements", judged[0].text)
            replies, scores = [one for one, _ in graded], [score for _, score in graded]
        else:
            scores = SCORES[self.config.by](replies, example)
        best = max(range(len(replies)), key=scores.__getitem__)
        if self.config.by == "truth" and not scores[best]:
            return dropped(example, "no right answer", replies[best].text)
        keep, truth = Keep.parse(self.config.keep), example.answer or ""
        if not keep.takes_chosen(replies[best].text, truth):
            return dropped(example, "chosen wrong", replies[best].text)
        ascending = sorted(range(len(replies)), key=scores.__getitem__)
        lower = [i for i in ascending if scores[i] < scores[best] and scores[best] - scores[i] >= self.config.margin]
        alike = {replies[i].text: i for i in lower if self._alike(replies[best], replies[i])}
        worse = {text: i for text, i in alike.items() if keep.takes_rejected(text, truth)}
        if not worse:
            return dropped(example, "no worse answer", replies[best].text)
        rejected = [*worse.values()] if self.config.by == "truth" else [*worse.values()][:1]
        return PreferencePair(
            id=example.id,
            image=self.run.add_image(example.image),
            question=example.question,
            chosen=answer_of(replies[best]),
            rejected=tuple(Rejected(distortion="", seed=0, answer=answer_of(replies[i])) for i in rejected),
            source=example.source,
            answer=example.answer,
            facts={
                **example.facts,
                "chosen_score": scores[best],
                "rejected_scores": [scores[i] for i in rejected],
            },
            more_images=tuple(map(self.run.add_image, example.more_images)),
        )

    def _alike(self, best: Reply, other: Reply) -> bool:
        """Whether both answers are of like length, where that is asked for."""
        share = self.config.match_length
        return share is None or of_like_length(len(best.text.split()), len(other.text.split()), share)


def _case(example: Example, answer: str) -> JudgeCase:
    values = {"question": example.question, "reference": example.answer or "", "answer": answer}
    return JudgeCase(values, example.facts, lambda: example.images)


def by_agreement(replies: Sequence[Reply], _: Example) -> list[float]:
    """The mean F1 of an answer's words with those of each other answer."""
    counts = [Counter(words(reply.text)) for reply in replies]
    return [mean(_f1(one, other) for j, other in enumerate(counts) if j != i) for i, one in enumerate(counts)]


def by_likelihood(replies: Sequence[Reply], _: Example) -> list[float]:
    """Log-probability (nats) per token, the end token included."""
    return [(reply.logp or 0.0) / max(1, len(reply.token_ids)) for reply in replies]


def by_truth(replies: Sequence[Reply], example: Example) -> list[float]:
    """1 for the ground truth, whatever its case and punctuation; 0 for anything else."""
    return [float(is_right(reply.text, example.answer or "")) for reply in replies]


SCORES: Final[dict[str, ScoreReplies]] = {"agreement": by_agreement, "likelihood": by_likelihood, "truth": by_truth}
"""By what `--by` names."""


def _f1(one: Counter[str], other: Counter[str]) -> float:
    shared = (one & other).total()
    return 2 * shared / (one.total() + other.total()) if shared else 0.0
