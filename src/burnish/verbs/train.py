"""The verbs that train, and the one that shows what is trained."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from burnish.verbs.output import draw, print_tables, write_json

if TYPE_CHECKING:
    from burnish.pocket.config import TrainPocketConfig
    from burnish.train.config import DPOConfig, SFTConfig, TrainConfig
    from burnish.train.dialogue_config import DistilConfig, ShowMaskConfig, StudentConfig, TeacherConfig
    from burnish.train.session import TrainResult

C = TypeVar("C", bound="TrainConfig")


def train_dpo(config: DPOConfig) -> None:
    """Train on preference pairs, then draw the curves."""
    from burnish.train.session import train_dpo as train

    _train_or_plan(config, train)


def train_sft(config: SFTConfig) -> None:
    """Train on ground truths, then draw the curves."""
    from burnish.train.session import train_sft as train

    _train_or_plan(config, train)


def train_student(config: StudentConfig) -> None:
    """Train on responses that follow feedback, then draw the curves."""
    from burnish.train.session import train_student as train

    _train_or_plan(config, train)


def train_teacher(config: TeacherConfig) -> None:
    """Train on feedback, then draw the curves."""
    from burnish.train.session import train_teacher as train

    _train_or_plan(config, train)


def train_distil(config: DistilConfig) -> None:
    """Train on what the model says once it has read feedback, then draw the curves."""
    from burnish.train.session import train_distil as train

    _train_or_plan(config, train)


def train_pocket(config: TrainPocketConfig) -> None:
    """Train the pocket VLM, and say where it is."""
    from burnish.pocket.train import train

    folder = train(config)
    print_tables([], [*write_json(config.json, {"model": str(folder)}), folder])


def show_mask(config: ShowMaskConfig) -> None:
    """Print a dialogue with its trained tokens marked."""
    from burnish.report.terminal import coloured
    from burnish.train.show_mask import COLOURED, PLAIN
    from burnish.train.show_mask import show_mask as shown

    print(shown(config, COLOURED if coloured() else PLAIN))


def _train_or_plan(config: C, train: Callable[[C], TrainResult]) -> None:
    config = _with_shards(config)
    if not config.plan:
        _print_training(config, train(config))
        return
    from burnish.report.plan_tables import plan_tables
    from burnish.store.codec import to_json
    from burnish.train.session import plan_training

    plan = plan_training(config)
    print_tables(plan_tables(plan), write_json(config.json, {**to_json(plan), "hours": plan.hours}))


def _with_shards(config: C) -> C:
    """With every folder of shards replaced by these, in their order, as if they were one run."""
    from burnish.train.config import DPOConfig
    from burnish.train.dialogue_config import DialogueTrainConfig
    from burnish.verbs.shards import runs_in_order

    if isinstance(config, DPOConfig):
        run, *more = runs_in_order((config.run, *config.more_runs))
        return replace(config, run=run, more_runs=tuple(more))
    if isinstance(config, DialogueTrainConfig):
        return replace(config, runs=runs_in_order(config.runs))
    return config


def _print_training(config: TrainConfig, result: TrainResult) -> None:
    """Once, however many processes trained."""
    from burnish.train.config import is_main_process

    if is_main_process():
        shown = draw(result.checkpoint)
        print_tables(shown.tables, [*shown.files, *write_json(config.json, result.summary), result.checkpoint])
        whole = "model: give it as --model, or load it with transformers."
        adapter = "adapter: give it as --adapter, or load it with PEFT."
        print(f"\nThe last of these is the {whole if config.full else adapter}")
