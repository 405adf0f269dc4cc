"""The judged benchmarks by the name that `burnish bench judged NAME` has for them: a new one is a file and a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from burnish.config import config_of
from burnish.lazy import load

if TYPE_CHECKING:
    from burnish.bench.judged.configs import JudgeFlags
    from burnish.bench.judged.judge_run import ToJudge
    from burnish.scores import Judged
    from burnish.store import Run

ROOM = "burnish.bench.judged"
KIND = "judged"
"""What the kinds of such runs begin with; the name follows."""


class JudgedBench(NamedTuple):
    """Where a bench's configuration and function are, as `module:name`, imported only when it is called."""

    config: str
    call: str
    """Makes a `ToJudge` of it."""
    what: str


def _bench(name: str, config: str, what: str) -> JudgedBench:
    return JudgedBench(f"{ROOM}.configs:{config}", f"{ROOM}.{name}:{name}_to_judge", what)


JUDGED: Mapping[str, JudgedBench] = {
    "mmvet": _bench("mmvet", "MmvetConfig", "MM-Vet: a judge's grades"),
    "llava-bench": _bench("llava_bench", "LlavaBenchConfig", "LLaVA-Bench: a judge's reviews"),
    "mmhal": _bench("mmhal", "MmhalConfig", "MMHal-Bench: a judge's ratings, 0 to 6"),
    "shr": _bench("shr", "ShrConfig", "SHR: a judge's labels"),
    "consistency": _bench("consistency", "ConsistencyConfig", "consistency of sampled answers (SeVa)"),
    "pairwise": _bench("pairwise", "PairwiseConfig", "models' answers in pairs, both orders (SeVa)"),
    "calibrate": _bench("calibrate", "CalibrateConfig", "the judge itself, against people's ratings"),
    "rubric": _bench("rubric", "RubricConfig", "answers by a rubric of your own"),
    "grades": _bench("grades", "GradesConfig", "answers by their ground truths"),
}


def bench(config: JudgeFlags) -> Judged:
    """What the bench found, a noun of `burnish.scores`. Raises a BurnishError."""
    found: Judged = load(f"{ROOM}.judge_run:judged")(config, to_judge(config))
    return found


def score(run: Run) -> Judged:
    """The same of a run that holds all judgements. Raises a BurnishError."""
    kind: type[JudgeFlags] = load(JUDGED[run.manifest.kind.removeprefix(f"{KIND} ")].config)
    return to_judge(config_of(kind, run.manifest.settings)).score(run)


def to_judge(config: JudgeFlags) -> ToJudge:
    """What the bench has judged. Raises a BurnishError for files that cannot be used."""
    found: ToJudge = load(JUDGED[config.task].call)(config)
    return found
