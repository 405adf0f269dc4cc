"""Results that `burnish score NAME … --json` wrote, if all answers in one are to one prompt and one question set."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from burnish.bench.compare.inputs import Only, Side, by_key
from burnish.bench.compare.standard import groups_of
from burnish.bench.metrics import Term
from burnish.bench.sample_scores import Asked, Key, ScoredAnswer, in_groups
from burnish.bench.standard.registry import benchmark
from burnish.bench.standard.result_record import PROMPT_DIGITS, question_set
from burnish.errors import RunError
from burnish.jsons import read_json
from burnish.plain_files import read_plain
from burnish.scores import Recorded, RecordedAnswer
from burnish.store.codec import from_json

MOST_BYTES = 4_000_000_000
"""Of a result with all its answers."""
FORM = "give a run of `burnish bench`, or what `burnish score NAME … --json FILE` writes for a standard benchmark"


def read_recorded(path: Path, only: Only) -> Side:
    """The answers of a file. Raises RunError for one that is none, or that mixes prompts or question sets."""
    recorded = _open(path)
    answers = [_scored(answer) for answer in recorded.answers]
    found = by_key(answers, path, only)
    _refuse_mixed(recorded, answers, path)
    rule = benchmark(recorded.benchmark)
    return Side(
        path=path,
        name=Path(recorded.files.get("predictions", path.stem)).stem,
        benchmark=recorded.benchmark,
        title=rule.heading,
        questions="",
        measures=rule.measures(groups_of(answers)),
        answers=found,
        asked=frozenset(answer.key[:2] for answer in answers),
        rules={**recorded.rules, "prompt": recorded.fingerprints.get("prompt", "")},
        settings={"predictions": recorded.files.get("predictions", "")},
        seed=None,
        fingerprints=recorded.fingerprints,
        version=recorded.version,
        picture_of=lambda _: None,
    )


def _open(path: Path) -> Recorded:
    try:
        data = read_json(read_plain(path, most_bytes=MOST_BYTES))
    except FileNotFoundError as error:
        raise RunError(f"{path} is not there: {FORM}.") from error
    except ValueError as error:
        raise RunError(f"{path} is not JSON ({error}): {FORM}.") from error
    recorded = data.get("recorded") if isinstance(data, dict) else None
    if recorded is None:
        raise RunError(f"{path} has no `recorded` answers that could be paired: {FORM}.")
    try:
        return from_json(Recorded, recorded)
    except ValueError as error:
        raise RunError(
            f"{path} was written by another version of Burnish ({error}): score the answers again."
        ) from error


def _scored(answer: RecordedAnswer) -> ScoredAnswer:
    return ScoredAnswer(
        key=Key("", answer.id),
        asked=Asked(answer.picture, answer.question, answer.truth),
        groups=in_groups(answer.groups),
        terms={name: Term(*sums) for name, sums in answer.terms.items()},
        text=answer.text,
    )


def _refuse_mixed(recorded: Recorded, answers: Iterable[ScoredAnswer], path: Path) -> None:
    prompts = dict.fromkeys(answer.prompt for answer in recorded.answers)
    if len(prompts) > 1 or [*prompts] != [recorded.fingerprints.get("prompt", "")[:PROMPT_DIGITS]]:
        names = ", ".join(prompt or "none" for prompt in prompts)
        raise RunError(f"{path} mixes prompts (fingerprints {names}): score the answers to one prompt at a time.")
    if question_set(answers) != recorded.fingerprints.get("questions"):
        raise RunError(
            f"{path} mixes question sets: its answers are to other questions than those that it was scored with; "
            "score the answers again."
        )
