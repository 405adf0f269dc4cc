"""FIRE from beginning to end on the pocket VLM, over several seeds: the tables and figures of `docs/fire.md`.

    python experiments/fire_pocket.py OUT [--seeds 0 1 2] …

Composes dialogues with the oracle (FIRE-100K), trains a teacher and a student on them, lets the two speak (FIRE-1M),
trains the final student on both, and benches untrained and trained models. As in the paper all students speak with one
teacher. Every stage is one of Burnish's own verbs and resumes by itself: the script can be
killed and started again, and with `--only` its stages can be run by processes side by side.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import tyro

from burnish import verbs
from burnish.bench.answers import AnswersConfig
from burnish.bench.fixed import FixedConfig
from burnish.bench.free import FreeConfig
from burnish.make.compose import ComposeConfig
from burnish.make.simulate import SimulateConfig
from burnish.train.dialogue_config import StudentConfig, TeacherConfig

Numbers: TypeAlias = dict[str, Any]

STUDENTS = ("untrained", "FIRE-100K", "FIRE")
"""Rows of table 4: the pocket VLM as it comes, trained on composed dialogues, and on simulated ones too."""
LOTS = 5
"""Lots of training questions that each seed has for itself: to compose, to watch the untrained model, to simulate, and
to mix in twice."""
GENERAL = 16_000
"""General questions that there are to mix in."""


@dataclass(frozen=True, kw_only=True)
class Experiment:
    """What is made and measured; the defaults are those of `docs/fire.md`."""

    out: tyro.conf.Positional[str]
    """Folder of all runs, adapters and results."""
    seeds: tuple[int, ...] = (0, 1, 2)
    """Repetitions: other questions, pictures and training orders each time, the same benches."""
    teachers: tuple[int, ...] = (0,)
    """Seeds that train a teacher; all students speak with the first one's, as all of the paper's do with one."""
    only: Literal["teachers", "students", "all"] = "all"
    """Stop after the teachers of all seeds, or the students on composed dialogues."""
    composed: int = 10_000
    """Dialogues that the oracle composes for a seed, spread over the eight seen tasks."""
    watched: int = 6000
    """Questions about which the untrained model speaks with the oracle, for the teacher to learn from: what a model
    really says is often no answer at all, and the oracle composes none of that."""
    simulated: int = 3000
    """Questions that student and teacher speak about."""
    bench: int = 50
    """Bench questions of each of the sixteen tasks, seen and new."""
    rank: int = 32
    """Rank of all adapters, on every linear layer of the language model. The paper's (64, on queries and keys) suits a
    model that can speak; the pocket VLM has to learn the words of feedback."""
    student_lr: float = 1.5e-3
    """Peak learning rate of students."""
    teacher_lr: float = 2e-3
    """Peak learning rate of the teacher."""
    teacher_passes: int = 4
    """Times that the teacher sees its dialogues."""
    mix_share: float = 0.5
    """Share of general questions in what students are trained on."""
    batch_size: int = 32
    """Dialogues in an optimiser step."""


def main(experiment: Experiment) -> None:
    """All stages of all seeds, then what is known so far."""
    out = Path(experiment.out)
    if experiment.only != "all":
        train = _teacher if experiment.only == "teachers" else _first_student
        for seed in experiment.teachers if experiment.only == "teachers" else experiment.seeds:
            train(experiment, out, seed)
        return
    bench = _compose(out / "bench", source=_bench_source(experiment), seed=0)
    partner = _teacher(experiment, out, experiment.teachers[0])
    for seed in experiment.seeds:
        numbers = _seed(experiment, out, bench, seed, partner)
        teachers = {"untrained": None} | (
            {"FD": _teacher(experiment, out, seed)} if seed in experiment.teachers else {}
        )
        for name, adapter in teachers.items():
            run = _fixed(_here(out, seed), bench, f"fixed-teacher-{name}", "teacher", adapter)
            numbers["teacher"][name] = run["teacher"]
        (_here(out, seed) / "results.json").write_text(json.dumps(numbers, indent=2) + "\n", encoding="utf-8")
    results = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(out.glob("seed-*/results.json"))]
    (out / "results.json").write_text(
        json.dumps({"experiment": asdict(experiment), "seeds": results}, indent=2) + "\n", encoding="utf-8"
    )


def _here(out: Path, seed: int) -> Path:
    return out / f"seed-{seed}"


def _composed(experiment: Experiment, out: Path, seed: int) -> Path:
    return _compose(_here(out, seed) / "composed", source=_lot(experiment.composed, seed, 0), seed=seed)


def _teacher(experiment: Experiment, out: Path, seed: int) -> Path:
    """Trained on composed dialogues, and on what the oracle tells the untrained model."""
    here = _here(out, seed)
    watched = here / "watched"
    verbs.simulate(
        SimulateConfig(
            source=_lot(experiment.watched, seed, 1),
            student="pocket",
            teacher="oracle",
            max_new_tokens=96,
            batch_size=64,
            seed=seed,
            out=str(watched),
        )
    )
    config = TeacherConfig(
        runs=(str(_composed(experiment, out, seed)), str(watched)),
        lr=experiment.teacher_lr,
        passes=experiment.teacher_passes,
        out=str(here / "teacher"),
        **_training(experiment, seed),
    )
    verbs.train_teacher(config)
    return here / "teacher"


def _first_student(experiment: Experiment, out: Path, seed: int) -> Path:
    composed = _composed(experiment, out, seed)
    return _train_student(experiment, _here(out, seed) / "student-100k", (composed,), seed, mix=3)


def _seed(experiment: Experiment, out: Path, bench: Path, seed: int, teacher: Path) -> Numbers:
    """Simulate, train the final student, and bench all students of one repetition."""
    here = _here(out, seed)
    first, simulated = _first_student(experiment, out, seed), here / "simulated"
    verbs.simulate(
        SimulateConfig(
            source=_lot(experiment.simulated, seed, 2),
            student="pocket",
            student_adapter=str(first),
            teacher="pocket",
            teacher_adapter=str(teacher),
            max_new_tokens=160,
            min_gain=1,
            batch_size=64,
            seed=seed,
            out=str(simulated),
        )
    )
    final = _train_student(experiment, here / "student", (_composed(experiment, out, seed), simulated), seed, mix=4)
    numbers: Numbers = {"seed": seed, "free": {}, "oracle": {}, "answers": {}, "student": {}, "teacher": {}}
    for name, adapter in zip(STUDENTS, (None, first, final), strict=True):
        numbers["free"][name] = _free(experiment, here, name, adapter, teacher)
        numbers["oracle"][name] = _free(experiment, here, name, adapter, None)
        numbers["answers"][name] = _answers(experiment, out, here, name, adapter)
        numbers["student"][name] = _fixed(here, bench, f"fixed-student-{name}", "student", adapter)["student"]
    return numbers


def _lot(questions: int, seed: int, which: int) -> str:
    return f"pocket:train#per_task={questions // 8}#lot={LOTS * seed + which}"


def _bench_source(experiment: Experiment) -> str:
    return f"pocket:heldout#per_task={experiment.bench},pocket:new#per_task={experiment.bench}"


def _compose(out: Path, *, source: str, seed: int) -> Path:
    verbs.compose(ComposeConfig(source=source, model="oracle", seed=seed, out=str(out)))
    return out


def _train_student(experiment: Experiment, out: Path, runs: tuple[Path, ...], seed: int, *, mix: int) -> Path:
    config = StudentConfig(
        runs=tuple(map(str, runs)),
        lr=experiment.student_lr,
        mix=_lot(GENERAL, seed, mix),
        mix_share=experiment.mix_share,
        out=str(out),
        **_training(experiment, seed),
    )
    verbs.train_student(config)
    return out


def _training(experiment: Experiment, seed: int) -> Numbers:
    return {
        "model": "pocket",
        "lora_targets": "all-linear",
        "lora_rank": experiment.rank,
        "lora_alpha": 2 * experiment.rank,
        "batch_size": experiment.batch_size,
        "per_device": 8,
        "seed": seed,
    }


def _free(experiment: Experiment, here: Path, name: str, adapter: Path | None, teacher: Path | None) -> Numbers:
    """Free dialogues with the trained teacher, or with the oracle where there is none."""
    folder = here / ("free" if teacher else "oracle")
    config = FreeConfig(
        source=_bench_source(experiment),
        student="pocket",
        student_adapter=str(adapter) if adapter else None,
        teacher="pocket" if teacher else "oracle",
        teacher_adapter=str(teacher) if teacher else None,
        baseline=(str(folder / STUDENTS[0]),) if name != STUDENTS[0] else (),
        batch_size=64,
        out=str(folder / name),
    )
    verbs.bench_free(config)
    return _done(folder / name)


def _fixed(here: Path, bench: Path, name: str, role: str, adapter: Path | None) -> Numbers:
    speaker: Numbers = {role: "pocket", f"{role}_adapter": str(adapter) if adapter else None}
    out = here / name
    verbs.bench_fixed(FixedConfig(dialogues=str(bench), batch_size=64, out=str(out), **speaker))
    return _done(out)


def _answers(experiment: Experiment, out: Path, here: Path, name: str, adapter: Path | None) -> Numbers:
    """Plain questions without any feedback; the untrained model is the same for all seeds."""
    folder = here / f"answers-{name}" if adapter else out / "answers-untrained"
    config = AnswersConfig(
        source=_bench_source(experiment),
        model="pocket",
        adapter=str(adapter) if adapter else None,
        baseline=str(out / "answers-untrained") if adapter else None,
        max_new_tokens=96,
        batch_size=64,
        out=str(folder),
    )
    verbs.bench_answers(config)
    return _done(folder)


def _done(run: Path) -> Numbers:
    numbers: Numbers = json.loads((run / "done.json").read_text(encoding="utf-8"))
    return numbers


if __name__ == "__main__":
    main(tyro.cli(Experiment))
