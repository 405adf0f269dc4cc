"""`burnish demo`: SeVa from beginning to end on the pocket VLM, and FIRE's bench, in minutes, told in plain words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from burnish.config import runtime
from burnish.records import Dialogue
from burnish.verbs.benching import bench_answers, bench_free
from burnish.verbs.making import pairs
from burnish.verbs.training import train_dpo

PAIR_SOURCE = "pocket:train/description#per_task=8000"
"""Open descriptions, where a model has room to be wrong; their answers are there, and nobody looks at them."""
TEST_SOURCE = "pocket:heldout#per_task=100"
"""Pictures that neither the pocket VLM nor the demo has trained on."""
TALK_SOURCE = "pocket:heldout#per_task=12,pocket:new#per_task=12"
"""Questions to speak about: seen tasks and new ones, on pictures that nobody has trained on."""
STUDENT, TEACHER = "pocket-student", "pocket-teacher"
"""The adapters that come with Burnish; `docs/fire.md` says how they were trained."""
DIALOGUES_SHOWN = 3
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
    from burnish.report.terminal import listed

    out = Path(config.out)
    _say(
        "1 of 5. Before",
        "The pocket VLM, a LLaVA of a few million parameters, answers questions on pictures it has never seen.",
    )
    _ask(config, out / "before")
    _say(
        "2 of 5. Pairs",
        f"Nobody has labelled the next {config.pairs:,} pictures. The model describes each, and a noisy copy of each: "
        "where the two answers differ, the first is chosen and the second rejected.",
    )
    _make_pairs(config, out / "pairs")
    _say("3 of 5. Training", "DPO with LoRA moves the model towards what it chose and away from what it rejected.")
    _train(config, out)
    _say("4 of 5. After", "The same questions again, answer by answer against those from before.")
    _ask(config, out / "after", adapter=out / "adapter", baseline=out / "before")
    _say(
        "5 of 5. Feedback",
        "FIRE: a student answers, a teacher that knows the truth hints at what is wrong without telling it, and the "
        "student tries again. Both are the pocket VLM, each with an adapter that was trained on dialogues.",
    )
    _talk(config, out / "untrained")
    _talk(config, out / "dialogues", student=STUDENT, baseline=out / "untrained")
    for dialogue in _taught(out / "dialogues"):
        _tell(dialogue)
    page = _draw(out)
    _say(
        "Where it all is",
        "One page, to open in a browser, has before and after side by side, the training's curves, pairs with their "
        "differing words, and dialogues. The adapter is a plain PEFT one, for --adapter or PEFT itself. The README's "
        "example does the same with a LLaVA of 7 billion parameters and your own pictures.",
    )
    listed("Written:", [page, out / "adapter"])


def _ask(config: DemoConfig, run: Path, *, adapter: Path | None = None, baseline: Path | None = None) -> None:
    from burnish.bench.answers import AnswersConfig

    bench_answers(
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

    pairs(
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

    train_dpo(
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


def _talk(config: DemoConfig, run: Path, *, student: str | None = None, baseline: Path | None = None) -> None:
    from burnish.bench.free import FreeConfig

    bench_free(
        FreeConfig(
            source=TALK_SOURCE,
            student="pocket",
            student_adapter=student,
            teacher="pocket",
            teacher_adapter=TEACHER,
            baseline=(str(baseline),) if baseline else (),
            batch_size=64,
            out=str(run),
            restart=config.restart,
        )
    )


def _draw(out: Path) -> Path:
    """One page of everything that was made."""
    from burnish.report import ReportConfig
    from burnish.report.pages import write_report

    runs = ("before", "after", "pairs", "adapter", "untrained", "dialogues")
    config = ReportConfig(runs=tuple(str(out / run) for run in runs), out=str(out / "report"), samples=120)
    return write_report(config).files[0]


def _taught(run: Path) -> list[Dialogue]:
    """The longest dialogue of each task that led to the truth: the longest of all first, mere yes or no last."""
    from burnish.dialogue.reading import open_dialogues
    from burnish.pocket.world import matches

    longest: dict[str, Dialogue] = {}
    for dialogue in open_dialogues(str(run / "seed-0")):
        if isinstance(dialogue, Dialogue) and dialogue.ended == "satisfied":
            known = longest.get(dialogue.source)
            true = matches(dialogue.answer, dialogue.turns[-1].response.answer)
            if true and (known is None or len(dialogue.turns) > len(known.turns)):
                longest[dialogue.source] = dialogue
    taught = [dialogue for dialogue in longest.values() if len(dialogue.turns) > 1]
    return sorted(taught, key=lambda one: (-len(one.turns), one.answer in ("yes", "no")))[:DIALOGUES_SHOWN]


def _tell(dialogue: Dialogue) -> None:
    """The dialogue turn by turn; the truth is what the student never sees."""
    from burnish.report.show.writing import Pen, beside, lines
    from burnish.report.terminal import coloured, say

    say("", beside(lines(replace(dialogue, facts={}), Pen(coloured()))))


def _say(title: str, words: str) -> None:
    from burnish.report.terminal import prose, say

    say("", prose(title, "bold"), prose("─" * len(title)), prose(words))
