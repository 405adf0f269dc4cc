"""SeVa and FIRE on a real language model and real photos, from two packages and a folder of photos to a table.

    python experiments/real_lm/run.py --photos ../shared/data/grocery --work runs/real-lm

Every step is a verb of Burnish, made once: a second call goes on where the first was stopped. `WORK/results.md` has the
table, `WORK/numbers/` what each verb said of itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro

import burnish  # noqa: F401 - before any library imports torchvision
from burnish.cli import main as call
from model import assemble
from oracle import Oracle, serving
from photos import Catalogue, Photo, read_photos, split_named, write_questions
from projector import align
from table import COMPARED, results

HERE = Path(__file__).parent
TASKS = ("product", "category", "existence", "description")
WORDS = HERE / "student.yaml"
"""What a student is told in a dialogue."""
OPEN = tuple(task for task in TASKS if task != "existence")
"""Tasks whose answers are not yes or no."""
BEFORE = "before"


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much of everything."""

    named: int
    """Questions with answers that the model is made of."""
    tested: int
    """Held-out photos that all tests are about; each has a question of every task."""
    asked: int
    """Questions without answers that SeVa makes pairs of."""
    seeds: int
    """Trainings by SeVa, each on pairs of its own, and by FIRE."""
    dialogues: int
    """That FIRE's student learns from."""


SIZES = {
    "full": Size(named=4000, tested=296, asked=1200, seeds=3, dialogues=600),
    "small": Size(named=480, tested=74, asked=240, seeds=1, dialogues=128),
}


@dataclass(frozen=True, kw_only=True)
class Config:
    """SeVa and FIRE on SmolLM2-135M, EfficientNet-Lite0 and photos of products."""

    photos: Path
    """Folder with train.jsonl and val.jsonl, a line a photo: image, product, category, group, description."""
    work: Path
    """Folder for all that is made (1.3 GB)."""
    size: Literal["full", "small"] = "full"
    """`full` takes hours on two cores; `small` is for a look at everything."""
    distort: str = "noise:500"
    """What SeVa does to pictures."""
    lr: float = 1e-5
    """SeVa's learning rate; ten times as much, for two epochs, leaves a model that says Yes to everything."""
    port: int = 8099
    """Where the oracle listens; part of a run's identity, so keep it when going on."""


class Experiment:
    """The steps, each a verb with its flags."""

    def __init__(self, config: Config, size: Size) -> None:
        """Raises OSError where the photos' tables cannot be read."""
        self.config, self.size, self.work = config, size, config.work
        train = read_photos(config.photos / "train.jsonl")
        self.held_out = read_photos(config.photos / "val.jsonl")
        self.catalogue = Catalogue(train)
        self.named, self.unnamed = split_named(train, seed=0)

    def run(self) -> None:
        """All steps in their order."""
        self.build()
        self.bench(BEFORE)
        for seed in range(self.size.seeds):
            self.seva(seed)
        with serving(Oracle(self.catalogue), self.config.port) as oracle:
            self.teach(oracle)
            for seed in range(self.size.seeds):
                self.fire(oracle, seed)
        self.bench("student-alone", adapter=self._at("student-0"))
        self.compare("FIRE, alone, seed 0", BEFORE, "student-alone")
        table = results(self.work / "numbers")
        (self.work / "results.md").write_text(table, encoding="utf-8")
        print(table)

    def build(self) -> None:
        """The model: two parts, their projector aligned, then all tuned on questions about photos with names."""
        start = self.work / "start"
        if not (start / "processor_config.json").exists():  # written last
            assemble(start)
        if not (start / "aligned").exists():
            share = align(start, self.config.photos, self.named)
            (start / "aligned").write_text(f"{share:.1%} of the named photos\n", encoding="utf-8")
        source = self._table("named", self.named, (*TASKS, "existence"))
        self._verb(
            "model", "train sft", source, model=start, limit=self.size.named, train_projector=True, merge=True,
            lora_rank=32, lr=1e-3, batch_size=16, per_device=16, save_steps=20,
        )  # fmt: skip

    def bench(self, name: str, **flags: object) -> None:
        """Questions of all tasks about held-out photos."""
        source = self._table("test", self._tested, TASKS)
        self._verb(name, "bench answers", source, model=self._model, max_new_tokens=64, **flags)

    def seva(self, seed: int) -> None:
        """Pairs of unlabelled photos, DPO on all and on those not of existence, and the same questions again."""
        source = self._table("unnamed", self.unnamed, TASKS, answers=False)
        self._verb(
            f"pairs-{seed}", "pairs", source, model=self._model, distort=self.config.distort, per_image=2,
            limit=self.size.asked, seed=seed, max_new_tokens=64,
        )  # fmt: skip
        self._prefer(seed, "seva", "after", "SeVa")
        self._prefer(seed, "open", "after-open", "SeVa without existence", "--sources", *OPEN)

    def _prefer(self, seed: int, name: str, after: str, title: str, *pairs: str) -> None:
        """DPO on a seed's pairs, what it answers then, and the comparison."""
        self._verb(
            f"{name}-{seed}", "train dpo", self._at(f"pairs-{seed}"), *pairs, model=self._model,
            loss=("softmax=0.9", "sft=0.1"), lora_rank=64, lr=self.config.lr, epochs=1, batch_size=16, per_device=16,
            seed=seed, vision_cache=self.work / "vision",
        )  # fmt: skip
        self.bench(f"{after}-{seed}", adapter=self._at(f"{name}-{seed}"))
        self.compare(f"{title}, seed {seed}", BEFORE, f"{after}-{seed}")

    def teach(self, oracle: str) -> None:
        """Dialogues by the oracle to learn from, and the untrained model's free dialogues with it."""
        source = self._table("taught", self.unnamed, ("product",))
        self._verb("dialogues", "compose", source, model=oracle, limit=self.size.dialogues, concurrency=4)
        self._talk("free-before", oracle)

    def fire(self, oracle: str, seed: int) -> None:
        """A student trained on the dialogues, and its own free dialogues."""
        self._verb(
            f"student-{seed}", "train student", self._at("dialogues"), model=self._model, prompt=WORDS,
            mix=self._table("mixed", self.named, TASKS), lora_targets="all-linear", lora_rank=32, lora_alpha=64,
            lr=5e-4, batch_size=16, per_device=16, seed=seed, vision_cache=self.work / "vision",
        )  # fmt: skip
        self._talk(f"free-after-{seed}", oracle, student_adapter=self._at(f"student-{seed}"))
        self.compare(f"FIRE, with the oracle, seed {seed}", "free-before", f"free-after-{seed}")

    def _talk(self, name: str, oracle: str, **flags: object) -> None:
        """Free dialogues about held-out photos."""
        source = self._table("free", self._tested, ("product",))
        held = {"student": self._model, "teacher": oracle, "student_prompt": WORDS, "max_new_tokens": 32}
        self._verb(name, "bench free", source, **held, **flags)

    def compare(self, name: str, before: str, after: str) -> None:
        """Two results of one bench, question by question."""
        self._verb(f"{COMPARED}{name}", "compare", self._at(before), self._at(after))

    @property
    def _model(self) -> Path:
        return self.work / "made" / "model" / "merged"

    @property
    def _tested(self) -> list[Photo]:
        """Spread over all products."""
        step = max(1, len(self.held_out) // self.size.tested)
        return self.held_out[::step][: self.size.tested]

    def _at(self, name: str) -> Path:
        return self.work / "made" / name

    def _numbers(self, name: str) -> Path:
        return self.work / "numbers" / f"{name}.json"

    def _done(self, name: str) -> bool:
        return self._numbers(name).exists()

    def _table(self, name: str, photos: Sequence[Photo], tasks: Sequence[str], *, answers: bool = True) -> str:
        """Questions as a source."""
        file = self.work / "tables" / f"{name}.jsonl"
        if not file.exists():
            write_questions(file, photos, tasks, self.catalogue, seed=0, answers=answers)
        return f"folder:{file}#root={self.config.photos}"

    def _verb(self, name: str, verb: str, *subjects: object, **flags: object) -> None:
        """Call it, unless its numbers are there. Raises SystemExit with its exit code where it fails."""
        if self._done(name):
            return
        self._numbers(name).parent.mkdir(parents=True, exist_ok=True)
        words = [*verb.split(), *map(str, subjects), "--out", str(self._at(name)), "--json", str(self._numbers(name))]
        words += [word for flag, value in flags.items() for word in _flag(flag, value)]
        print("burnish", *words, flush=True)
        if code := call(words):
            raise SystemExit(code)


def _flag(name: str, value: object) -> Iterator[str]:
    for one in value if isinstance(value, tuple) else (value,):
        yield f"--{name.replace('_', '-')}"
        if one is not True:
            yield str(one)


if __name__ == "__main__":
    given = tyro.cli(Config, description=Config.__doc__)
    Experiment(given, SIZES[given.size]).run()
