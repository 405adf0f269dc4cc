"""One function per verb. Each does what the verb does, returns what it made, and prints progress alone.

All of them raise a `burnish.errors.BurnishError`, whose text says what is wrong, where, and how to fix it. A killed
call is resumed by the same call.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from burnish.api.comparison import Comparison
from burnish.api.report import Report
from burnish.api.run import Run

if TYPE_CHECKING:
    from burnish.bench.answers import AnswersConfig
    from burnish.bench.compare.configs import CompareConfig
    from burnish.bench.free import FreeConfig
    from burnish.make.compose import ComposeConfig
    from burnish.make.pairs import PairsConfig
    from burnish.make.simulate import SimulateConfig
    from burnish.report import ReportConfig
    from burnish.train.config import DPOConfig
    from burnish.train.dialogue_config import StudentConfig, TeacherConfig
    from burnish.train.session import TrainResult


def make_pairs(config: PairsConfig) -> Run:
    """Make preference pairs from unlabelled pictures and questions (SeVa): the run that holds them."""
    from burnish.make.pairs import make_pairs as make

    make(config)
    return Run(config.out)


def compose(config: ComposeConfig) -> Run:
    """Have a strong model write whole dialogues (FIRE-100K): the run that holds them."""
    from burnish.make.compose import compose as make

    make(config)
    return Run(config.out)


def simulate(config: SimulateConfig) -> Run:
    """Let a student and a teacher talk (FIRE-1M): the run that holds their dialogues."""
    from burnish.make.simulate import simulate as make

    make(config)
    return Run(config.out)


def train_dpo(config: DPOConfig) -> TrainResult:
    """Train on preference pairs: `.checkpoint` is the adapter's folder, `.summary` the last numbers."""
    from burnish.train.session import train_dpo as train

    return train(config)


def train_student(config: StudentConfig) -> TrainResult:
    """Train a student to refine its answers (FIRE): `.checkpoint` is the adapter's folder."""
    from burnish.train.session import train_student as train

    return train(config)


def train_teacher(config: TeacherConfig) -> TrainResult:
    """Train a teacher to give feedback (FIRE): `.checkpoint` is the adapter's folder."""
    from burnish.train.session import train_teacher as train

    return train(config)


def bench_answers(config: AnswersConfig) -> Run:
    """Ask questions and score the answers: the run of the answers, whose `.summary` has the scores."""
    from burnish.bench.answers import bench_answers as bench

    bench(config)
    return Run(config.out)


def bench_free(config: FreeConfig) -> Run:
    """Measure how fast a student improves with a teacher (FIRE): the run of the dialogues, scored."""
    from burnish.bench.free import bench_free as bench

    bench(config)
    return Run(config.out)


def compare(config: CompareConfig) -> Comparison:
    """Say whether the second of two results is better, with interval and p, and which questions flipped."""
    from burnish.bench.compare.verb import compare as pair

    return Comparison(pair(config))


def make_report(config: ReportConfig) -> Report:
    """Write the page, tables and figures of runs and trainings; notebooks show the page."""
    from burnish.verbs.output import report_of

    return Report(report_of(config))
