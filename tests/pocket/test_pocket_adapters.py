"""The adapters that come with Burnish: found by name, small, and able to do what they were trained for."""

from __future__ import annotations

from pathlib import Path

from burnish.bench.fixed import FixedConfig, bench_fixed
from burnish.bench.free import FreeConfig, bench_free
from burnish.make.compose import ComposeConfig, compose
from burnish.pocket import place, weights_path
from burnish.prompts import StudentPrompt, TeacherPrompt, choose, load

SOURCE = "pocket:heldout/relation+existence+counting+position#per_task=12"
UNUSUAL = "pocket:counter/relation+existence+counting+position#per_task=24"
"""Pictures on which there is much to be put right."""


def test_names_are_folders_and_all_else_is_a_path() -> None:
    assert place("pocket") == weights_path()
    assert (place("pocket-student") / "adapter_model.safetensors").is_file()
    assert (place("pocket-teacher") / "adapter_model.safetensors").is_file()
    assert place("pocket-judge") == Path("pocket-judge")


def test_all_weights_together_stay_small() -> None:
    names = ("pocket", "pocket-student", "pocket-teacher")
    weights = [file for name in names for file in place(name).glob("*.safetensors")]
    assert sum(file.stat().st_size for file in weights) < 20_000_000


def test_they_bring_the_prompts_that_they_were_trained_with() -> None:
    student = choose(StudentPrompt, given=None, model="pocket", adapter="pocket-student")
    teacher = choose(TeacherPrompt, given=None, model="pocket", adapter="pocket-teacher")
    assert student == load(StudentPrompt, "pocket-student")
    assert teacher == load(TeacherPrompt, "pocket-teacher")


def test_the_student_puts_right_what_the_untrained_model_cannot(tmp_path: Path) -> None:
    """Against the oracle, which is never wrong, on held-out pictures."""

    def shares(adapter: str | None, out: Path) -> tuple[float, float]:
        config = FreeConfig(
            source=UNUSUAL,
            student="pocket",
            student_adapter=adapter,
            teacher="oracle",
            max_new_tokens=48,
            batch_size=48,
            out=str(out),
        )
        right = bench_free(config).accuracy_by_turn
        return right[0], right[-1]

    first, last = shares("pocket-student", tmp_path / "trained")
    assert last > first + 0.1
    assert last > shares(None, tmp_path / "untrained")[1] + 0.1


def test_the_teacher_scores_as_the_oracle_does(tmp_path: Path) -> None:
    compose(ComposeConfig(source=SOURCE, model="oracle", out=str(tmp_path / "bench")))
    config = FixedConfig(
        dialogues=str(tmp_path / "bench"),
        teacher="pocket",
        teacher_adapter="pocket-teacher",
        batch_size=48,
        out=str(tmp_path / "fixed"),
    )
    scores = bench_fixed(config).teacher
    assert scores is not None
    assert scores.unparsed == 0
    assert scores.mae is not None
    assert scores.mae < 1.0
