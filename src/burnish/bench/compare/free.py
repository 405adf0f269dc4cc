"""The dialogues in a folder of `burnish bench free`, those of all seeds together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from burnish.bench.compare.inputs import Only, Side, by_key, kept_picture
from burnish.bench.free_metrics import METRICS, SHARES
from burnish.bench.free_rules import CURVE, FreeRules, worth
from burnish.bench.measures import Measures
from burnish.bench.naming import speaker
from burnish.bench.sample_scores import ALL, Asked, Key, ScoredAnswer
from burnish.contrast import CONTRAST_FLAGS
from burnish.dialogue.loaders import open_dialogues
from burnish.dialogue.seeds import id_in_seed, seed_folders
from burnish.errors import RunError
from burnish.records import Dialogue, Dropped
from burnish.scores import BETTER, Level, Metric
from burnish.store import Run
from burnish.store.codec import dump

MEASURES = Measures(
    {
        name: Metric(
            name=name,
            title=name.replace("_", " by turn "),
            family="free",
            unit="%" if name in SHARES else "points",
            interval="wilson" if name in CURVE else "bootstrap",
            better=BETTER[name],
        )
        for name in METRICS
    },
    headline=("turns",),
    flips=(CURVE[-1],),
)
_RULES = ("threshold", "punishment", "failed", "failed_divisor", "one_score", "no_score", "right_at_once", "beyond")

_SETTINGS = ("student", "student_adapter", *CONTRAST_FLAGS, "max_new_tokens", "seed")


def read_free(run: Run, only: Only) -> Side:
    """The dialogues of a run. Raises RunError for one without any."""
    folders = seed_folders(run.path)
    if not folders:
        raise RunError(f"{run.path} holds no dialogues yet: call `burnish bench free` again with the same flags.")
    settings, prints = run.manifest.settings, run.manifest.fingerprints
    rules = FreeRules(**{name: settings[name] for name in _RULES})  # type: ignore[arg-type]  # as its flags were read
    found = [one for number, folder in enumerate(folders) for one in _dialogues(folder, number, rules)]
    runs = [Run.open(folder) for folder in folders]
    return Side(
        path=run.path,
        name=speaker(run.manifest.config, "student"),
        benchmark="free",
        title="free dialogues",
        questions=str(settings.get("source", "")),
        measures=MEASURES,
        answers=by_key((one for one in found if isinstance(one, ScoredAnswer)), run.path, only),
        asked=frozenset(one.key[:2] if isinstance(one, ScoredAnswer) else one for one in found),
        rules={name: dump(settings[name]) for name in (*_RULES, "max_turns")}
        | {name: digest for name, digest in prints.items() if name.startswith("teacher") or name.endswith("prompt")},
        settings={name: dump(settings.get(name)) for name in _SETTINGS},
        seed=run.manifest.seed,
        fingerprints=prints,
        version=run.manifest.version,
        picture_of=lambda answer: kept_picture(runs, answer.picture),
    )


def _dialogues(folder: Path, number: int, rules: FreeRules) -> Iterator[ScoredAnswer | tuple[str, str]]:
    """Each dialogue of a seed as numbers, and source and id of what is none."""
    for outcome in open_dialogues(str(folder)):
        if isinstance(outcome, Dropped):
            yield outcome.source, id_in_seed(outcome.id, number)
        else:
            yield _scored(outcome, number, rules)


def _scored(dialogue: Dialogue, number: int, rules: FreeRules) -> ScoredAnswer:
    group = str(dialogue.facts.get("group") or "")
    middle: tuple[tuple[Level, str], ...] = (("group", group),) if group else ()
    turns = (f"{turn.response.text} [{turn.feedback.score}]" for turn in dialogue.turns)
    return ScoredAnswer(
        key=Key(dialogue.source, id_in_seed(dialogue.id, number)),
        asked=Asked(dialogue.image, dialogue.question, dialogue.answer),
        groups=(("task", dialogue.source), *middle, ("all", ALL)),
        terms=worth([turn.feedback.score for turn in dialogue.turns], rules).terms,
        text="\n".join(turns),
    )
