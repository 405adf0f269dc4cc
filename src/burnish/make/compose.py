"""FIRE-100K's way to dialogues (section 3.2): a strong model writes each one whole, both parts of it, in one go."""

from __future__ import annotations

import dataclasses
from collections import Counter
from dataclasses import dataclass
from statistics import fmean

from burnish.config import RunFlags, runtime
from burnish.dialogue.generation_log import Attempts
from burnish.errors import ConfigError
from burnish.fire.composed import ComposeResult
from burnish.fire.usage import Price, Usage
from burnish.generation import begin_run
from burnish.generation.replicas import AskedModel, ReplicaTask, open_asked
from burnish.make.composing import Composers, Composition
from burnish.make.prices import read_price
from burnish.make.verdicts import AcceptanceRules
from burnish.models import Decoding
from burnish.progress import tracked
from burnish.prompts import ComposerPrompt, load
from burnish.records import Dialogue, Dropped
from burnish.roles import composer_role, oracle_composer
from burnish.sources import Questions, stream
from burnish.store import Run
from burnish.store.codec import to_json

ORACLE = "oracle"
"""The composer that is not a model: it knows the pocket world."""
AGAIN_TEMPERATURE = 1.0
"""At which a reply is asked for again where the first was greedy."""
LEAST_WINDOW = 64
CALLS_AHEAD = 16
"""Examples that are open for each call that may be: a step's last calls leave few of the others idle."""


@dataclass(frozen=True, kw_only=True)
class ComposeConfig(AskedModel, Questions, RunFlags):
    """Have a strong model write whole dialogues of student and teacher (FIRE-100K, section 3.2)."""

    model: str
    """The model that writes: usually `http://HOST/v1#NAME` for model NAME at an OpenAI-compatible endpoint, or a path
    or hub name; or `oracle`, which knows the pocket world and plays GPT-4V's part there."""
    prompt: str = "fire-compose"
    """The prompt: `fire-compose`, which is the paper's (figures A10 and A11), or a YAML file like it."""
    attempts: int = 3
    """Replies to ask for until one is a dialogue in the prompt's form. A well-formed dialogue that fails the paper's
    filter (its last score is not above its first, or it is too long) is dropped, not asked for again."""
    max_turns: int = 6
    """Most turns of a dialogue that is kept, as in the paper."""
    keep_secret: bool = False
    """Also reject a dialogue whose feedback quotes the ground truth, word for word, where it scores below 8. Short
    ground truths such as "no" appear in honest feedback, too."""
    temperature: float = 1.0
    """Sampling temperature, with --seed. At 0 the first attempt is greedy."""
    max_new_tokens: int = 2048
    """Longest reply, in tokens."""
    prices: str | None = runtime(None)
    """Compute the cost from this table (YAML or JSON), which holds for the model's name `currency`, and `input` and
    `output`, the prices per million tokens."""

    def __post_init__(self) -> None:
        AskedModel.__post_init__(self)
        Questions.__post_init__(self)
        if self.model == ORACLE and (self.adapter or self.prompt != "fire-compose"):
            raise ConfigError("--model oracle is not a model: it takes no --adapter and no --prompt.")
        self.decoding, self.rules  # noqa: B018 - both check their values

    @property
    def decoding(self) -> Decoding:
        """How the first reply is generated."""
        return Decoding(max_new_tokens=self.max_new_tokens, temperature=self.temperature)

    @property
    def rules(self) -> AcceptanceRules:
        """Which replies are taken."""
        return AcceptanceRules(attempts=self.attempts, max_turns=self.max_turns, keep_secret=self.keep_secret)

    @property
    def window(self) -> int:
        """Examples that are open at a time."""
        return max(LEAST_WINDOW, CALLS_AHEAD * self.concurrency)


def compose(config: ComposeConfig) -> ComposeResult:
    """Fill the run `config.out` with one Dialogue or Dropped for every sampled example.

    Raises a BurnishError for a source, model, prompt, price table or run that cannot be used. A killed call is resumed
    by a second one, which asks for no reply again that had come.
    """
    price = read_price(config.prices, config.model) if config.prices else None
    composers = _composers(config)
    inputs = stream(config.source, config)
    fingerprints = {**composers.first.fingerprints, "source": inputs.fingerprint}
    plan = Composition(composers=composers, rules=config.rules, seed=config.seed, window=config.window, price=price)
    with begin_run("compose", config, fingerprints, seed=config.seed) as run:
        if run.summary is None:
            with Attempts.writing(run) as attempts:
                plan.fill(run, inputs, attempts, ReplicaTask(compose, config))
        result = summarise(run, config.model, price)
        run.finish(to_json(result))
    return result


def summarise(run: Run, model: str, price: Price | None) -> ComposeResult:
    """What a run of composed dialogues holds and took, counted in one pass."""
    dropped, turns, first, last = Counter[str](), Counter[int](), list[float](), list[float]()
    for record in tracked(run, f"count {run.path.name}", len(run), unit="records"):
        if isinstance(record, Dropped):
            dropped[record.reason] += 1
        elif isinstance(record, Dialogue):
            turns[len(record.turns)] += 1
            scores = [turn.feedback.score or 0.0 for turn in record.turns]
            first.append(scores[0])
            last.append(scores[-1])
    usage, turned_down = Usage(), Counter[str]()
    for attempt in Attempts(run):
        usage += attempt.usage
        turned_down.update([attempt.reason] if attempt.reason else [])
    return ComposeResult(
        model=model,
        made=len(run),
        kept=turns.total(),
        dropped=dict(dropped.most_common()),
        turned_down=dict(turned_down.most_common()),
        turns={str(number): turns[number] for number in sorted(turns)},
        first_score=fmean(first) if first else None,
        last_score=fmean(last) if last else None,
        usage=usage,
        cost=price.of(usage) if price else None,
        currency=price.currency if price else "",
    )


def _composers(config: ComposeConfig) -> Composers:
    if config.model == ORACLE:
        oracle = oracle_composer()
        return Composers(oracle, oracle)
    prompt = load(ComposerPrompt, config.prompt)
    first = composer_role(model=open_asked(config), prompt=prompt, decoding=config.decoding)
    if config.temperature > 0:
        return Composers(first, first)
    drawn = dataclasses.replace(config.decoding, temperature=AGAIN_TEMPERATURE)
    return Composers(first, dataclasses.replace(first, decoding=drawn))
