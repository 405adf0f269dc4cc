"""The command that repeats a run: what a shell makes of it is the configuration that made the run."""

import dataclasses
import random
import shlex
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Literal, Union, get_args, get_origin, get_type_hints

import pytest

from burnish.commands import VERBS, split_verb
from burnish.config import RunFlags
from burnish.errors import BurnishError
from burnish.flags import parse_config
from burnish.lazy import load
from burnish.report.kinds import KINDS as BY_KIND
from burnish.report.provenance import origin_of
from burnish.store import Run, new_manifest
from burnish.store.manifest import write_manifest
from burnish.train.config import TrainConfig

ELSEWHERE = ("merge", "train pocket")
"""Their folders are no runs of their own kind: a merged run is one of its shards' kind, the pocket VLM is a model."""
MAKERS = [
    name
    for name, verb in VERBS.items()
    if issubclass(load(verb.config), RunFlags | TrainConfig) and name not in ELSEWHERE
]
KINDS = {entry.verb: kind for kind, entry in BY_KIND.items()} | {
    **dict.fromkeys(("import pairs", "pairs from-dialogues", "pairs from-samples"), "pairs"),
    "pairs to-dialogues": "simulate",
    "bench lmms": "results",
}
WORDS = ("plain", "two words", 'it\'s "quoted"', "pocket:heldout#per_task=60,other", "$HOME;`ls`*", "größe", "-1")


def _base(kind: type) -> Any:
    """A configuration with what is required, and all else at its default."""
    hints = get_type_hints(kind)
    required = [field.name for field in dataclasses.fields(kind) if field.default is dataclasses.MISSING]
    given: dict[str, Any] = {name: ("a", "b c") if get_origin(hints[name]) is tuple else "a b" for name in required}
    return kind(**given | ({"student": "pocket"} if kind.__name__ == "FixedConfig" else {}))


def _values(name: str, hint: Any, pick: random.Random) -> Iterator[Any]:
    """Values of a field, several of each shape."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        for one in get_args(hint):
            yield from [None] if one is type(None) else _values(name, one, pick)
    elif origin is Literal:
        yield from get_args(hint)
    elif origin is tuple:
        # Distortions are looked up when they are given.
        choices = (
            ["flip", "noise:500", "moco+rrcrop:0.2-1"] if name == "distort" else [*_values("", get_args(hint)[0], pick)]
        )
        yield from ((), tuple(pick.sample(choices, 1)), tuple(pick.sample(choices, 2)))
    else:
        yield from {bool: (True, False), int: (1, 7, 4096), float: (0.0, 0.25, 2e-6, 3.0), str: WORDS}[hint]


def _changed(config: Any, pick: random.Random) -> Iterator[Any]:
    """The configuration with each field changed in turn, and with all of them changed at once; valid ones only."""
    hints = {name: hint for name, hint in get_type_hints(type(config)).items() if get_origin(hint) is not ClassVar}
    options = {field.name: [*_values(field.name, hints[field.name], pick)] for field in dataclasses.fields(config)}
    alone = [{name: value} for name, values in options.items() for value in values]
    together = [{name: pick.choice(values) for name, values in options.items()} for _ in range(20)]
    for change in [*alone, *together]:
        try:
            yield dataclasses.replace(config, **change)
        except BurnishError:
            continue


def _repeated(command: str) -> Any:
    """The configuration that the command line makes of the command."""
    program, *words = shlex.split(command)
    assert program == "burnish"
    verb, rest = split_verb(words)
    return parse_config(load(VERBS[verb].config), f"burnish {verb}", rest)


def _run(folder: Path, verb: str, config: Any) -> Run:
    kind = "standard" if verb.startswith("bench standard") else KINDS.get(verb, verb)
    write_manifest(folder, new_manifest(kind, config, seed=0, fingerprints={}))
    if kind == "standard":
        (folder / "done.json").write_text(f'{{"benchmark": "{verb.rsplit(maxsplit=1)[-1]}"}}')
    return Run.open(folder)


@pytest.mark.parametrize("verb", MAKERS)
def test_the_command_gives_the_configuration_back(tmp_path: Path, verb: str) -> None:
    base = _base(load(VERBS[verb].config))
    configs = [base, *_changed(base, random.Random(verb))]
    assert len(configs) > 20
    for config in random.Random(0).sample(configs, 8):
        command = origin_of("run", _run(tmp_path, verb, config)).command
        assert command.startswith(f"burnish {verb} ")
        assert _repeated(command) == config, command


def test_every_kind_that_is_reported_has_a_verb() -> None:
    assert {entry.verb for kind, entry in BY_KIND.items() if kind != "standard"} <= set(MAKERS)


def test_only_what_was_chosen_is_told(tmp_path: Path) -> None:
    from burnish.make.pairs import PairsConfig

    config = PairsConfig(source="pocket:train#per_task=5", model="pocket", out="my runs/a", distort=("flip", "moco"))
    origin = origin_of("run", _run(tmp_path, "pairs", config))
    assert origin.command == (
        "burnish pairs 'pocket:train#per_task=5' --out 'my runs/a' --model pocket --distort flip --distort moco "
        "--max-new-tokens 512"  # the pocket model's own default is another
    )


def test_the_dialogues_of_one_seed_are_told_to_be_the_benchs(tmp_path: Path) -> None:
    from burnish.bench.free import FreeConfig

    config = FreeConfig(source="pocket:new", student="pocket", teacher="oracle", seed=3, out="runs/free")
    origin = origin_of("run", _run(tmp_path, "dialogues", config))
    assert origin.command.startswith("burnish bench free pocket:new --out runs/free --seed 3 ")


@pytest.mark.parametrize(
    ("version", "code"),
    [
        ("0.1.0+3b46c639a1f2", "git checkout 3b46c639a1f2"),
        ("0.1.0+3b46c639a1f2-dirty", "git checkout 3b46c639a1f2"),
        ("0.1.0", ""),
    ],
)
def test_the_code_that_made_it_is_named(tmp_path: Path, version: str, code: str) -> None:
    from burnish.make.importing import ImportConfig

    made = new_manifest("dialogues", ImportConfig(source="f.json", out="o"), seed=0, fingerprints={})
    write_manifest(tmp_path, dataclasses.replace(made, version=version))
    origin = origin_of("run", Run.open(tmp_path))
    assert origin.code == code
    assert ("not committed" in origin.line) == version.endswith("dirty")


def test_an_unknown_kind_has_no_command(tmp_path: Path) -> None:
    from burnish.make.importing import ImportConfig

    write_manifest(tmp_path, new_manifest("songs", ImportConfig(source="f", out="o"), seed=0, fingerprints={}))
    assert origin_of("run", Run.open(tmp_path)).command == ""
