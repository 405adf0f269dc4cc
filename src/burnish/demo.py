"""`burnish demo`: SeVa from beginning to end on the pocket VLM, in minutes, told in plain words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from burnish import verbs
from burnish.config import runtime

PAIR_SOURCE = "pocket:train/description#per_task=8000"
"""Open descriptions, where a model has room to be wrong; their answers are there, and nobody looks at them."""
TEST_SOURCE = "pocket:heldout#per_task=100"
"""Pictures that neither the pocket VLM nor the demo has trained on."""
NOISE = 500
"""Diffusion steps of the distortion that makes rejected answers, the paper's for its 13B model."""


@dataclass(frozen=True, kw_only=True)
class DemoConfig:
    """Watch the small model that comes with Burnish learn from its own mistakes, in a few minutes."""

    out: str = "demo"
    """Folder for all that the demo makes."""
    pairs: int = 1000
    """Pictures that pairs are made from."""
    seed: int = 0
    """Decides which pictures are drawn, the noise and the order of training."""
    restart: bool = runtime(False)
    """Begin anew. Without it, a demo that was interrupted goes on where it stopped."""


def run_demo(config: DemoConfig) -> None:
    """Ask, make pairs, train, ask again, and say what came of it and where it lies."""
    out = Path(config.out)
    _say(
        "1 of 4. Before",
        "The pocket VLM, a LLaVA of a few million parameters, answers questions on pictures it has never seen.",
    )
    _ask(config, out / "before")
    _say(
        "2 of 4. Pairs",
        f"Nobody has labelled the next {config.pairs:,} pictures. The model describes each, and a noisy copy of each:",
        "where the two answers differ, the first is chosen and the second rejected.",
    )
    _make_pairs(config, out / "pairs")
    _say("3 of 4. Training", "DPO with LoRA moves the model towards what it chose and away from what it rejected.")
    _train(config, out)
    _say("4 of 4. After", "The same questions again, answer by answer against those from before.")
    _ask(config, out / "after", adapter=out / "adapter", baseline=out / "before")
    _say(
        "Where it all is",
        f"  {out}/pairs/report/index.html   pairs with their pictures, the differing words marked",
        f"  {out}/adapter/report            the training's curves",
        f"  {out}/after/report              before and after, as tables and plots",
        f"  {out}/adapter                   the adapter: a plain PEFT one, for --adapter or PEFT itself",
        "The README's example does the same with a LLaVA of 7 billion parameters and your own pictures.",
    )


def _ask(config: DemoConfig, run: Path, *, adapter: Path | None = None, baseline: Path | None = None) -> None:
    from burnish.bench.answers import AnswersConfig

    verbs.bench_answers(
        AnswersConfig(
            source=TEST_SOURCE,
            model="pocket",
            adapter=str(adapter) if adapter else None,
            baseline=str(baseline) if baseline else None,
            distort=("noise:300",),
            max_new_tokens=96,
            batch_size=64,
            out=str(run),
            restart=config.restart,
        )
    )


def _make_pairs(config: DemoConfig, run: Path) -> None:
    from burnish.make.pairs import PairsConfig

    verbs.pairs(
        PairsConfig(
            source=PAIR_SOURCE,
            model="pocket",
            distort=(f"noise:{NOISE}",),
            limit=config.pairs,
            max_new_tokens=96,
            batch_size=64,
            seed=config.seed,
            out=str(run),
            restart=config.restart,
        )
    )


def _train(config: DemoConfig, out: Path) -> None:
    from burnish.train.config import DPOConfig

    verbs.train_dpo(
        DPOConfig(
            run=str(out / "pairs"),
            model="pocket",
            out=str(out / "adapter"),
            lora_rank=64,
            lr=5e-6,  # the paper's 2e-6 is for 7 billion parameters; docs/seva.md shows what more does
            batch_size=32,
            per_device=32,
            seed=config.seed,
            restart=config.restart,
        )
    )


def _say(title: str, *lines: str) -> None:
    print("", title, "─" * len(title), *lines, sep="\n", flush=True)
