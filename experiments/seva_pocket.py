"""Does SeVa help the pocket VLM? Before, after SeVa, and after continued SFT at equal cost, over several seeds.

    python experiments/seva_pocket.py OUT [--seeds 3] [--noise 500] …

Every stage is one of Burnish's own verbs and resumes by itself, so the script can be killed and started again.
Writes OUT/results.json and OUT/results.md: the table of `docs/seva.md`.
"""

from __future__ import annotations

import dataclasses
import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import tyro

from burnish.bench.answers import AnswersConfig, bench_answers
from burnish.make.pairs import PairsConfig, make_pairs
from burnish.scores import AnswersResult
from burnish.train.config import DPOConfig, SFTConfig
from burnish.train.session import train_dpo, train_sft

Values: TypeAlias = dict[str, float]
"""Numbers by `group/metric/distortion`."""


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """What is compared; the defaults are those of `docs/seva.md`."""

    out: tyro.conf.Positional[str]
    """Folder of all runs, checkpoints and results."""
    model: str = "pocket"
    """The model to improve."""
    seeds: int = 3
    """Repetitions: other pictures, questions and training orders each time."""
    noise: int = 500
    """Diffusion steps of the distortion that makes rejected answers."""
    task: str = "description"
    """Task, or several joined by +, whose questions make pairs."""
    questions: int = 3000
    """Questions that pairs are made from, before the filter."""
    lr: float = 2e-5
    """Peak learning rate of DPO."""
    sft_lr: float = 2e-5
    """Peak learning rate of continued SFT."""
    rank: int = 64
    """Rank of both adapters."""
    beta: float = 0.1
    """DPO's beta."""
    batch_size: int = 32
    """Pairs in an optimiser step."""
    per_task: int = 200
    """Held-out questions of each task."""
    test_noise: tuple[int, ...] = (300,)
    """Diffusion steps under which the questions are asked once more."""


HEADLINES = (
    ("all questions", "exact_match"),
    ("all questions", "soft_accuracy"),
    ("description", "statement_precision"),
    ("description", "statement_recall"),
    ("description", "statement_f1"),
    ("existence", "pope_accuracy"),
    ("existence", "pope_f1"),
    ("existence", "pope_yes_ratio"),
    ("description", "tokens"),
)
"""Rows of the table: a group of questions and a metric."""
COST_OF_PAIR = 8 / 3
"""A pair in tokens passed: two answers forward and backward (3 each) and forward by the reference (1 each), over one
answer forward and backward (3)."""


def run(experiment: Experiment) -> None:
    """All stages of all seeds, then the table."""
    out = Path(experiment.out)
    before = values(_bench(experiment, out / "before", adapter=None))
    seeds = []
    for seed in range(experiment.seeds):
        seeds.append(run_seed(experiment, out / f"seed-{seed}", seed) | {"before": before})
        _write(experiment, out, seeds)


def run_seed(experiment: Experiment, out: Path, seed: int) -> dict[str, Values]:
    """Pairs, DPO, SFT of equal cost, and both models' answers."""
    source = f"pocket:train/{experiment.task}#per_task={4 * experiment.questions}"
    pairs = make_pairs(
        PairsConfig(
            source=source,
            model=experiment.model,
            distort=(f"noise:{experiment.noise}",),
            limit=experiment.questions,
            max_new_tokens=96,
            seed=seed,
            out=str(out / "pairs"),
        )
    )
    shared: dict[str, Any] = {
        "model": experiment.model,
        "lora_rank": experiment.rank,
        "batch_size": experiment.batch_size,
        "per_device": experiment.batch_size,
        "seed": seed,
    }
    dpo = train_dpo(
        DPOConfig(run=str(pairs.run), lr=experiment.lr, beta=experiment.beta, out=str(out / "dpo"), **shared)
    )
    sft = train_sft(
        SFTConfig(
            source=source,
            limit=experiment.questions,
            lr=experiment.sft_lr,
            passes=10,
            max_steps=round(COST_OF_PAIR * int(str(dpo.summary["steps"]))),
            out=str(out / "sft"),
            **shared,
        )
    )
    last_step: Any = dpo.summary["last_step"]
    return {
        "seva": values(_bench(experiment, out / "after-seva", adapter=str(dpo.checkpoint))),
        "sft": values(_bench(experiment, out / "after-sft", adapter=str(sft.checkpoint))),
        "training": {
            "pairs": pairs.kept,
            "steps": int(str(dpo.summary["steps"])),
            "margin": last_step["rewards/margins"],
        },
    }


def values(result: AnswersResult) -> Values:
    """Every number of the result by group, metric and distortion."""
    return {
        f"{score.group}/{score.metric}/{score.distortion or 'clean'}": score.estimate.value
        for score in result.scores
        if score.estimate.value is not None
    }


def _bench(experiment: Experiment, out: Path, adapter: str | None) -> AnswersResult:
    baseline = str(Path(experiment.out) / "before") if adapter else None
    return bench_answers(
        AnswersConfig(
            source=f"pocket:heldout#per_task={experiment.per_task}",
            per_image=None,
            model=experiment.model,
            adapter=adapter,
            distort=tuple(f"noise:{steps}" for steps in experiment.test_noise),
            baseline=baseline,
            max_new_tokens=96,
            batch_size=64,
            out=str(out),
        )
    )


def _write(experiment: Experiment, out: Path, seeds: Sequence[Mapping[str, Values]]) -> None:
    results = {"experiment": dataclasses.asdict(experiment), "seeds": list(seeds)}
    (out / "results.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    lines = [
        "| questions | metric | picture | before | after SeVa | change | after SFT | change |",
        "|---|---|---|" + "--:|" * 5,
    ]
    conditions = ["clean", *(f"noise:{steps}" for steps in experiment.test_noise)]
    for group, metric in HEADLINES:
        for condition in conditions:
            lines.append(_line(group, metric, condition, seeds))
    (out / "results.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))


def _line(group: str, metric: str, condition: str, seeds: Sequence[Mapping[str, Values]]) -> str:
    key = f"{group}/{metric}/{condition}"
    scale = 1 if metric == "tokens" else 100
    before = [scale * seed["before"][key] for seed in seeds]
    cells = [f"{before[0]:.1f}"]
    for name in ("seva", "sft"):
        after = [scale * seed[name][key] for seed in seeds]
        changes = [b - a for a, b in zip(before, after, strict=True)]
        spread = f" ± {statistics.stdev(changes):.1f}" if len(changes) > 1 else ""
        cells += [f"{statistics.mean(after):.1f}", f"{statistics.mean(changes):+.1f}{spread}"]
    return f"| {group} | {metric} | {condition} | " + " | ".join(cells) + " |"


if __name__ == "__main__":
    run(tyro.cli(Experiment))
