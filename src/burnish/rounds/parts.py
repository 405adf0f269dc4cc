"""What a round is made of: the configuration of each verb that it calls, from the flags of all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple

from burnish.bench.answers import AnswersConfig
from burnish.flags import parse_values
from burnish.make.from_dialogues import FromDialoguesConfig
from burnish.make.from_samples import FromSamplesConfig
from burnish.make.pairs import PairsConfig
from burnish.make.simulate import SimulateConfig
from burnish.pocket.defaults import usual_values
from burnish.rounds.config import ImproveConfig
from burnish.train.config import DPOConfig


class RoundPart(NamedTuple):
    """A verb that a round calls."""

    kind: type[Any]
    verb: str


PARTS = {
    "pairs": RoundPart(PairsConfig, "pairs"),
    "samples": RoundPart(FromSamplesConfig, "pairs from-samples"),
    "simulate": RoundPart(SimulateConfig, "simulate"),
    "dialogues": RoundPart(FromDialoguesConfig, "pairs from-dialogues"),
    "train": RoundPart(DPOConfig, "train dpo"),
    "answers": RoundPart(AnswersConfig, "bench answers"),
}


def pairs_config(config: ImproveConfig, number: int, adapter: str | None) -> PairsConfig:
    """Pairs by distortion, of round `number` from 1; `adapter` is the last round's."""
    values = {**_asked(config, number), "model": config.model, "adapter": adapter, "distort": [*config.distort]}
    made: PairsConfig = _parsed(config, "pairs", values, folder(config, number) / "pairs")
    return made


def samples_config(config: ImproveConfig, number: int, adapter: str | None) -> FromSamplesConfig:
    """Pairs of the round's model's own drawn answers."""
    judged = {"by": "judge", "judge": config.judge} if config.judge else {}
    values = {**_asked(config, number), "model": config.model, "adapter": adapter, **judged}
    made: FromSamplesConfig = _parsed(config, "samples", values, folder(config, number) / "pairs-of-samples")
    return made


def simulate_config(config: ImproveConfig, number: int, adapter: str | None) -> SimulateConfig:
    """The round's model as a student."""
    values = {
        **_asked(config, number),
        "student": config.model,
        "student_adapter": adapter,
        "teacher": config.teacher,
        "teacher_adapter": config.teacher_adapter,
    }
    made: SimulateConfig = _parsed(config, "simulate", values, folder(config, number) / "dialogues")
    return made


def dialogues_config(config: ImproveConfig, number: int) -> FromDialoguesConfig:
    """Pairs of those dialogues."""
    values = {"runs": [str(folder(config, number) / "dialogues")]}
    made: FromDialoguesConfig = _parsed(config, "dialogues", values, folder(config, number) / "pairs-of-dialogues")
    return made


def train_config(config: ImproveConfig, number: int, adapter: str | None, runs: list[Path]) -> DPOConfig:
    """DPO on the round's pairs, from the last round's model and held to it."""
    first, *more = map(str, runs)
    values = {
        "run": first,
        "more_runs": more,
        "model": config.model,
        "adapter": adapter,
        "seed": config.seed,
        "device": "cpu" if config.device == "cpu" else "auto",
        **({"loss": [*config.loss]} if config.loss else {}),
        **({"lr": config.lr} if config.lr is not None else {}),
    }
    made: DPOConfig = _parsed(config, "train", values, folder(config, number) / "adapter")
    return made


def answers_configs(config: ImproveConfig, number: int, adapter: str | None) -> list[AnswersConfig]:
    """One for each source to bench on; round 0 is the model before all."""
    return _answers_configs(config, number, adapter, config.benched, "answers")


def test_configs(config: ImproveConfig, number: int, adapter: str | None) -> list[AnswersConfig]:
    """One for each source to test on, of the best round and of round 0."""
    return _answers_configs(config, number, adapter, [(source, None) for source in config.test], "test")


def _answers_configs(
    config: ImproveConfig, number: int, adapter: str | None, sources: Sequence[tuple[str, str | None]], name: str
) -> list[AnswersConfig]:
    return [
        _parsed(
            config,
            "answers",
            {
                "source": source,
                "fold": fold,
                "model": config.model,
                "adapter": adapter,
                "limit": config.eval_limit,
                "seed": config.seed,
                "device": config.device,
                **_longest(config),
            },
            folder(config, number) / (f"{name}-{place}" if len(sources) > 1 else name),
        )
        for place, (source, fold) in enumerate(sources, start=1)
    ]


def folder(config: ImproveConfig, number: int) -> Path:
    """Of a round."""
    return Path(config.out) / f"round-{number}"


def _asked(config: ImproveConfig, number: int) -> dict[str, Any]:
    return {
        "source": config.source,
        "fold": config.fold(number),
        "limit": config.limit,
        "seed": config.seed,
        "device": config.device,
        **_longest(config),
    }


def _longest(config: ImproveConfig) -> dict[str, Any]:
    return {} if config.max_new_tokens is None else {"max_new_tokens": config.max_new_tokens}


def _parsed(config: ImproveConfig, part: str, values: dict[str, Any], out: Path) -> Any:
    """The verb's configuration; what is None or empty is left at the verb's default. Raises ConfigError."""
    kind, verb = PARTS[part]
    asked_by = {"replicas": config.replicas, "ray": config.ray}
    values = values | {name: value for name, value in asked_by.items() if name in {one.name for one in fields(kind)}}
    given = {name: value for name, value in values.items() if value not in (None, [])}
    given |= {one.name: one.value for one in config.settings if one.part == part}
    given |= {"out": str(out), "restart": config.restart}
    return parse_values(kind, f"burnish {verb}", given, f"--set for `burnish {verb}`", usual_values(verb))
