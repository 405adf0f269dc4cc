"""`burnish demo`: SeVa and FIRE on the pocket VLM, in minutes, and on one screen what came of it.

Progress goes to standard error. Standard output has the page's place, a picture on which the model was led by habit and
is no longer, the few numbers with their verdicts, and a dialogue that put an answer right.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from burnish.config import runtime
from burnish.records import Dialogue

if TYPE_CHECKING:
    from burnish.report.tables import Table
    from burnish.scores import Change, Compared, FreeScores, PairedScore, Verdict

ASKED = ("counter/existence", "balanced/existence", "heldout/existence", "counter/description", "balanced/description")
"""What is asked before and after, by split and task: pictures against habits, without them, and as usual (held out)."""
PAIR_SOURCE = ",".join(
    f"pocket:{place}/existence+description#negatives=random#per_task=1000" for place in ("counter-train", "train")
)
"""Pictures of the place where the model will be used, and as many as usual, so that little is lost at home
(docs/seva.md); what is true of them is there, and nobody looks at it."""
TALK_SOURCE = "pocket:heldout#per_task=12,pocket:new#per_task=12"
"""Questions to speak about: seen tasks and new ones, on pictures that nobody has trained on."""
STUDENT, TEACHER = "pocket-student", "pocket-teacher"
"""The adapters that come with Burnish; `docs/fire.md` says how they were trained."""
FIRE_METRICS = ("AT", "ADR", "ATR", "RR")


class DemoNumber(NamedTuple):
    """A number of the table: where it is asked, and its metric."""

    asked: str
    metric: str


SHOWN = {
    "existence accuracy, counter": DemoNumber("counter/existence", "existence_accuracy"),
    "existence accuracy, balanced": DemoNumber("balanced/existence", "existence_accuracy"),
    "existence accuracy, natural": DemoNumber("heldout/existence", "existence_accuracy"),
    "hallucinated statements, counter": DemoNumber("counter/description", "hallucination_rate"),
    "F1 of descriptions, counter": DemoNumber("counter/description", "statement_f1"),
    "F1 of descriptions, balanced": DemoNumber("balanced/description", "statement_f1"),
}
"""Shares; the fourth is better when it falls."""


@dataclass(frozen=True, kw_only=True)
class DemoConfig:
    """Watch the small model that comes with Burnish learn from its own mistakes and from feedback, in a few minutes."""

    out: str = "demo"
    """Folder for everything that the demo makes."""
    pairs: int = 4000
    """Questions about unlabelled pictures to make pairs from."""
    questions: int = 1000
    """Existence questions in each kind of place, before and after; a fifth as many descriptions."""
    seed: int = 0
    """Seed of the pictures, the noise and the order of training."""
    restart: bool = runtime(False)
    """Start again from the beginning. Default: an interrupted demo goes on where it stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BeforeAfter:
    """A number before and after, as verdict.json has it; shares in percent."""

    before: float
    after: float
    change: float
    low: float
    high: float
    verdict: Verdict

    @classmethod
    def of_score(cls, score: PairedScore) -> Self | None:
        """A share; None where it or its interval is undefined."""
        return cls._of((score.before.value, score.after.value, score.difference.low, score.difference.high),
                       score.verdict, times=100)  # fmt: skip

    @classmethod
    def of_change(cls, change: Change, times: float) -> Self | None:
        """A number of FIRE-Bench, `times` what it is."""
        low, high = change.interval or (None, None)
        return cls._of((change.before, change.after, low, high), change.verdict, times)

    @classmethod
    def _of(cls, numbers: tuple[float | None, ...], verdict: Verdict, times: float) -> Self | None:
        known = [times * number for number in numbers if number is not None]
        if len(known) < len(numbers):
            return None
        before, after, low, high = known
        return cls(before=before, after=after, change=after - before, low=low, high=high, verdict=verdict)


class Habit(NamedTuple):
    """A thing that is there, denied before because it is unusual, and seen after."""

    picture: Path
    question: str
    usual: str
    """What one would expect."""


def run_demo(config: DemoConfig) -> None:
    """Ask, make pairs, train, ask again, speak, and show on one screen what came of it."""
    out = Path(config.out)
    for asked in ASKED:
        _ask(config, asked, out / "before" / asked)
    _make_pairs(config, out / "pairs")
    _train(config, out)
    for asked in ASKED:
        _ask(config, asked, out / "after" / asked, adapter=out / "adapter")
    _talk(config, out / "untrained")
    free = _talk(config, out / "dialogues", student=STUDENT, baseline=out / "untrained")
    compared = {asked: _compared(out, asked) for asked in ASKED}
    seva, fire = _seva_rows(compared), _fire_rows(free)
    _write_verdicts(out, seva, fire)
    _show(out, _page(out), compared["counter/existence"], seva, fire)


def _ask(config: DemoConfig, asked: str, run: Path, *, adapter: Path | None = None) -> None:
    from burnish.bench.answers import AnswersConfig, bench_answers

    questions = config.questions if asked.endswith("existence") else max(1, config.questions // 5)
    bench_answers(
        AnswersConfig(
            source=f"pocket:{asked}#per_task={questions}",
            model="pocket",
            adapter=str(adapter) if adapter else None,
            max_new_tokens=96,
            batch_size=64,
            out=str(run),
            restart=config.restart,
        )
    )


def _make_pairs(config: DemoConfig, run: Path) -> None:
    from burnish.make.pairs import PairsConfig, make_pairs
    from burnish.pocket.defaults import POCKET

    make_pairs(
        PairsConfig(
            source=PAIR_SOURCE,
            model="pocket",
            limit=config.pairs,
            batch_size=64,
            seed=config.seed,
            out=str(run),
            restart=config.restart,
            **POCKET["pairs"].flags,
        )
    )


def _train(config: DemoConfig, out: Path) -> None:
    from burnish.pocket.defaults import POCKET
    from burnish.train.config import DPOConfig
    from burnish.train.session import train_dpo

    train_dpo(
        DPOConfig(
            run=str(out / "pairs"),
            model="pocket",
            out=str(out / "adapter"),
            seed=config.seed,
            restart=config.restart,
            **POCKET["train dpo"].flags,
        )
    )


def _talk(config: DemoConfig, run: Path, *, student: str | None = None, baseline: Path | None = None) -> FreeScores:
    from burnish.bench.free import FreeConfig, bench_free

    return bench_free(
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


def _compared(out: Path, asked: str) -> Compared:
    from burnish.bench.compare.configs import CompareConfig
    from burnish.bench.compare.verb import compare

    return compare(CompareConfig(before=str(out / "before" / asked), after=str(out / "after" / asked)))


def _seva_rows(compared: Mapping[str, Compared]) -> dict[str, BeforeAfter]:
    """The numbers of `SHOWN` that are defined."""
    scores = {
        (asked, score.metric): score
        for asked, found in compared.items()
        for score in found.scores
        if score.level == "all" and not score.distortion
    }
    rows = {name: BeforeAfter.of_score(scores[shown]) for name, shown in SHOWN.items() if shown in scores}
    return {name: row for name, row in rows.items() if row}


def _fire_rows(free: FreeScores) -> dict[str, BeforeAfter]:
    """FIRE-Bench's four metrics, RR in percent, AT in turns of the untrained student."""
    turns = free.changes.get("turns")
    times = {"AT": 1 / turns.before if turns and turns.before else 1.0, "RR": 100.0}
    changes = {name: free.changes.get("turns" if name == "AT" else name) for name in FIRE_METRICS}
    rows = {name: BeforeAfter.of_change(change, times.get(name, 1.0)) for name, change in changes.items() if change}
    return {name: row for name, row in rows.items() if row}


def _write_verdicts(out: Path, seva: Mapping[str, BeforeAfter], fire: Mapping[str, BeforeAfter]) -> None:
    from burnish.store.disk import write_whole

    parts = {"seva": seva, "fire": fire}
    plain = {part: {name: asdict(row) for name, row in rows.items()} for part, rows in parts.items()}
    write_whole(out / "verdict.json", f"{json.dumps(plain, indent=2)}\n".encode(), sync=False)


def _page(out: Path) -> Path:
    """One page of everything that was made."""
    from burnish.report import ReportConfig
    from burnish.verbs.output import report_of

    sides = [f"{side}/{asked}" for asked in ASKED for side in ("before", "after")]
    runs = tuple(str(out / run) for run in (*sides, "pairs", "adapter", "untrained", "dialogues"))
    title = "SeVa and FIRE on the pocket world"
    return report_of(ReportConfig(runs=runs, out=str(out / "report"), samples=120, title=title)).files[0]


def _show(
    out: Path, page: Path, counter: Compared, seva: Mapping[str, BeforeAfter], fire: Mapping[str, BeforeAfter]
) -> None:
    """All of it within 60 lines of 80 columns."""
    from burnish.report.terminal import listed, prose, say, show

    listed("Open this page:", [page])
    say("", prose("SeVa: the model learns from its own answers to distorted pictures. No labels.", "bold"))
    _show_habit(next(_habits(counter), None))
    show([_table(seva, "where pictures are against habits (counter), without them, and as usual; in %")])
    say("", prose("FIRE: a student answers, a teacher hints, the student tries again.", "bold"))
    dialogue = next(iter(_corrected(out / "dialogues")), None)
    if dialogue:
        _show_dialogue(dialogue)
    show([_table(fire, "against the untrained student; AT in its turns, RR in %")])
    if not any(row.verdict == "better" for row in (*seva.values(), *fire.values())):
        say("", prose("Nothing got better in this run."))
    listed("The adapter, for --adapter or PEFT:", [out / "adapter"])


def _table(rows: Mapping[str, BeforeAfter], what: str) -> Table:
    from burnish.report.tables import Table

    def cells(name: str, row: BeforeAfter) -> tuple[str, ...]:
        numbers = (f"{row.before:.1f}", f"{row.after:.1f}", f"{row.change:+.1f}", f"{row.low:+.1f} to {row.high:+.1f}")
        if name in ("AT", "ADR", "ATR"):
            numbers = (f"{row.before:.2f}", f"{row.after:.2f}", f"{row.change:+.2f}",
                       f"{row.low:+.2f} to {row.high:+.2f}")  # fmt: skip
        return (name, *numbers, row.verdict)

    return Table(
        title=f"Before and after, {what}",
        columns=("", "before", "after", "change", "95 % interval", "verdict"),
        rows=tuple(cells(name, row) for name, row in rows.items()),
        text_columns=frozenset({0, 5}),
    )


def _habits(compared: Compared) -> Iterator[Habit]:
    """Unusual things that were denied before and are seen after."""
    from burnish.pocket.world import USUAL
    from burnish.pocket.world.tasks.base import plural

    for flip in compared.flips:
        shape = next((one for one in USUAL if flip.question.endswith(f" {one}?")), None)
        if shape and flip.truth == "yes" and flip.outcome == "won" and flip.before == "no" and flip.picture:
            yield Habit(Path(flip.picture), flip.question, f"{USUAL[shape].color} {plural(shape)}")


def _show_habit(habit: Habit | None) -> None:
    from burnish.images import decode
    from burnish.report.show.pictures import can_draw, draw_images
    from burnish.report.terminal import prose, say

    if habit is None:
        say(prose("No unusual thing that was denied before is seen after."))
        return
    if can_draw():
        draw_images([decode(habit.picture.read_bytes())], ["the picture"])
    say(
        prose(f"{habit.question} Before: no; {habit.usual} are usual. After: yes, and it is there."),
        prose(f"({habit.picture})", "dim"),
    )


def _corrected(run: Path) -> Iterable[Dialogue]:
    """Dialogues that led to the truth, the longest first, mere yes or no last."""
    from burnish.dialogue.loaders import open_dialogues
    from burnish.pocket.world import matches

    found = [
        one
        for one in open_dialogues(str(run / "seed-0"))
        if isinstance(one, Dialogue) and len(one.turns) > 1 and one.ended == "satisfied"
        and matches(one.answer, one.turns[-1].response.answer)
    ]  # fmt: skip
    return sorted(found, key=lambda one: (one.answer in ("yes", "no"), -len(one.turns)))


def _show_dialogue(dialogue: Dialogue) -> None:
    from burnish.report.terminal import prose, say

    say(prose(f"{dialogue.question} (truth: {dialogue.answer})"))
    for number, turn in enumerate(dialogue.turns, start=1):
        score = "no score" if turn.feedback.score is None else f"{turn.feedback.score:g} of 10"
        say(prose(f"  {number}. student: {turn.response.answer}"),
            prose(f"     teacher: {score}. {turn.feedback.comment}", "dim"))  # fmt: skip
