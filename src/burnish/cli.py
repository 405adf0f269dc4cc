"""The command line: one verb, one config object, one function call.

Nothing heavy is imported before the verb is known, so that `burnish --help` answers at once. Every field of a
verb's configuration is a flag; `--config FILE.yaml` gives the same fields from a file, and flags win over it.
"""

from __future__ import annotations

import dataclasses
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from burnish import __version__
from burnish.bench.judged.registry import JUDGED
from burnish.bench.standard.asking.registry import ASKED
from burnish.bench.standard.registry import BENCHMARKS, SUBMISSIONS
from burnish.errors import BurnishError, ConfigError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


class Verb(NamedTuple):
    """Where a verb's configuration and function live, as `module:name`, imported only when it is called."""

    config: str
    call: str
    what: str


VERBS = {
    "demo": Verb("burnish.demo:DemoConfig", "burnish.demo:run_demo", "SeVa and FIRE on the small model, in minutes"),
    "distort": Verb("burnish.report.sheet:SheetConfig", "burnish.verbs:distort", "draw a picture's distortions"),
    "pairs": Verb("burnish.make.pairs:PairsConfig", "burnish.verbs:pairs", "make preference pairs (SeVa, algorithm 1)"),
    "compose": Verb(
        "burnish.make.compose:ComposeConfig", "burnish.verbs:compose", "whole dialogues by a strong model (FIRE-100K)"
    ),
    "simulate": Verb(
        "burnish.make.simulate:SimulateConfig", "burnish.verbs:simulate", "dialogues of student and teacher (FIRE-1M)"
    ),
    "train dpo": Verb("burnish.train.config:DPOConfig", "burnish.verbs:train_dpo", "train on preference pairs"),
    "train sft": Verb(
        "burnish.train.config:SFTConfig", "burnish.verbs:train_sft", "train on answers (to compare with)"
    ),
    "train student": Verb(
        "burnish.train.dialogue_config:StudentConfig", "burnish.verbs:train_student", "train to refine answers (FIRE)"
    ),
    "train teacher": Verb(
        "burnish.train.dialogue_config:TeacherConfig", "burnish.verbs:train_teacher", "train to give feedback (FIRE)"
    ),
    "show-mask": Verb(
        "burnish.train.dialogue_config:ShowMaskConfig", "burnish.verbs:show_mask", "show a dialogue's trained tokens"
    ),
    "bench answers": Verb(
        "burnish.bench.answers:AnswersConfig", "burnish.verbs:bench_answers", "ask questions and score the answers"
    ),
    "bench fixed": Verb(
        "burnish.bench.fixed:FixedConfig", "burnish.verbs:bench_fixed", "the next words in recorded dialogues (FIRE)"
    ),
    "bench free": Verb(
        "burnish.bench.free:FreeConfig", "burnish.verbs:bench_free", "how fast a student learns in dialogues (FIRE)"
    ),
    **{
        f"bench standard {name}": Verb(asked.config, "burnish.verbs:bench_standard", f"ask and score {asked.what}")
        for name, asked in ASKED.items()
    },
    "bench sampled": Verb(
        "burnish.bench.sampled:SampledConfig", "burnish.verbs:bench_sampled", "answers at several temperatures"
    ),
    **{
        f"bench judged {name}": Verb(bench.config, "burnish.verbs:bench_judged", bench.what)
        for name, bench in JUDGED.items()
    },
    "score agreement": Verb(
        "burnish.bench.judged.agreement:AgreementConfig", "burnish.verbs:score_agreement", "one judge by another"
    ),
    "make-pope": Verb(
        "burnish.bench.standard.configs:MakePopeConfig", "burnish.verbs:make_pope", "a POPE of your own annotations"
    ),
    "score fixed": Verb(
        "burnish.bench.score:ScoreFixedConfig", "burnish.verbs:score_fixed", "predictions against recorded dialogues"
    ),
    "score free": Verb(
        "burnish.bench.score:ScoreFreeConfig", "burnish.verbs:score_free", "free dialogues that exist already (FIRE)"
    ),
    **{
        f"score {name}": Verb(benchmark.config, "burnish.verbs:score_standard", benchmark.what)
        for name, benchmark in BENCHMARKS.items()
    },
    **{
        f"submit {name}": Verb(submission.config, "burnish.verbs:submit", f"{submission.what} for the server")
        for name, submission in SUBMISSIONS.items()
    },
    "report": Verb("burnish.report:ReportConfig", "burnish.verbs:report", "pages, plots and tables of a run"),
    "import": Verb(
        "burnish.make.importing:ImportConfig", "burnish.verbs:import_dialogues", "dialogues of a FIRE file as a run"
    ),
    "validate": Verb(
        "burnish.report.validation:ValidateConfig", "burnish.verbs:validate", "everything wrong with a FIRE file"
    ),
    "stats": Verb(
        "burnish.report.dialogue_stats:StatsConfig", "burnish.verbs:stats", "scores, turns and lengths of dialogues"
    ),
    "export": Verb("burnish.export:ExportConfig", "burnish.verbs:export", "a run in the formats of other tools"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; 0 when it succeeded, 2 when the input was wrong (one sentence on standard error)."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] in ("-h", "--help"):
        print(overview())
        return 0
    if words[0] == "--version":
        print(f"burnish {__version__}")
        return 0
    try:
        name, rest = split_verb(words)
        verb = VERBS[name]
        config = parse_config(_load(verb.config), f"burnish {name}", rest)
        _load(verb.call)(config)
    except BurnishError as error:
        print(f"burnish: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        print(f"burnish: {where}{error.strerror or error}.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nburnish: stopped; the same command goes on from here.", file=sys.stderr)
        return 130
    return 0


def overview() -> str:
    """What `burnish --help` prints."""
    width = max(map(len, VERBS))
    verbs = "\n".join(f"  {name:{width}}  {verb.what}" for name, verb in VERBS.items())
    return (
        "usage: burnish VERB … [--config FILE.yaml]\n\n"
        f"Burnish makes a vision-language model better from data that nobody labels.\n\n{verbs}\n\n"
        "`burnish VERB --help` explains a verb's flags; the same names work as keys of a YAML file."
    )


def split_verb(words: Sequence[str]) -> tuple[str, list[str]]:
    """The verb's full name and the words that follow it."""
    for length in (3, 2, 1):
        name = " ".join(words[:length])
        if name in VERBS:
            return name, list(words[length:])
    followers = [name for name in VERBS if name.split()[:2] == words[:2]]
    followers = followers or [name for name in VERBS if name.split()[0] == words[0]]
    known = ", ".join(followers or VERBS)
    raise ConfigError(f"There is no verb {' '.join(words[:2])!r}: choose one of {known}.")


def parse_config(kind: type[Any], prog: str, words: Sequence[str]) -> Any:
    """A configuration from flags, over the values of a `--config` file, over the defaults."""
    import tyro

    file, flags = _take_config_flag(words)
    default, filed = _from_file(kind, file) if file else (None, [])
    options = (tyro.conf.FlagCreatePairsOff,)
    return tyro.cli(kind, prog=prog, args=[*filed, *flags], default=default, config=options)


def _take_config_flag(words: Sequence[str]) -> tuple[Path | None, list[str]]:
    rest = list(words)
    for i, word in enumerate(rest):
        if word == "--config" and i + 1 < len(rest):
            return Path(rest[i + 1]), rest[:i] + rest[i + 2 :]
        if word.startswith("--config="):
            return Path(word.removeprefix("--config=")), rest[:i] + rest[i + 1 :]
    return None, rest


def _from_file(kind: type[DataclassInstance], file: Path) -> tuple[Any, list[str]]:
    """The file's positional values as defaults of `kind`, and its other values as flags, parsed like typed ones."""
    import tyro

    given = _read_yaml(file)
    fields = {field.name: field for field in dataclasses.fields(kind)}
    if unknown := sorted(set(given) - set(fields)):
        raise ConfigError(f"{file} has the key {unknown[0]!r}; this verb knows {', '.join(fields)}.")
    defaults, flags = object.__new__(kind), []
    for name, field in fields.items():
        value = tyro.MISSING if field.default is dataclasses.MISSING else field.default
        if "Positional" in str(field.type):
            value = given.get(name, value)
            if "tuple" in str(field.type) and name in given:
                value = tuple(value) if isinstance(value, list) else (value,)
        elif name in given:
            flags += _as_flags(
                f"--{name.replace('_', '-')}", given[name], once="UseAppendAction" not in str(field.type)
            )
        object.__setattr__(defaults, name, value)
    return defaults, flags


def _as_flags(flag: str, value: Any, *, once: bool) -> list[str]:
    """The words of one flag; a list stands behind it `once`, or with the flag before each of its items."""
    if value is None or value is False:
        return []
    if value is True:
        return [flag]
    if isinstance(value, list) and once:
        return [flag, *map(str, value)]
    return [word for item in (value if isinstance(value, list) else [value]) for word in (flag, str(item))]


def _read_yaml(file: Path) -> dict[str, Any]:
    import yaml

    try:
        given = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is not YAML: {' '.join(str(error).split())}.") from error
    if not isinstance(given, dict):
        raise ConfigError(f"{file} must hold `key: value` lines, one for each flag.")
    return {str(key).replace("-", "_"): value for key, value in given.items()}


def _load(name: str) -> Any:
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)
