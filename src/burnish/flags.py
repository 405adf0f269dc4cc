"""From words and YAML to a verb's configuration: every field is a flag, and a file gives the same fields."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from burnish.errors import ConfigError
from burnish.plain_files import read_plain

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


_BARE = "bare"
"""The metadata of a field whose flag may stand without a value, which then is this one."""


def optional_value(bare: float) -> Any:
    """A field that is None by default, and `bare` where its flag is given without a value."""
    return dataclasses.field(default=None, metadata={_BARE: bare})


UsualValues: TypeAlias = Callable[[str], Mapping[str, Any]]
"""By a model's name, values that a verb takes with it where nothing says otherwise."""


def nothing_usual(_model: str) -> Mapping[str, Any]:
    """For verbs whose defaults are the same for all models."""
    return {}


def parse_config(kind: type[Any], prog: str, words: Sequence[str], usual: UsualValues = nothing_usual) -> Any:
    """A configuration from flags, over the values of a `--config` file, over the usual ones, over the defaults."""
    file, flags = _take_config_flag(words)
    given = _read_yaml(file) if file else {}
    typed = {word.partition("=")[0].removeprefix("--").replace("-", "_") for word in flags if word.startswith("--")}
    model = _value_of("--model", flags) or str(given.get("model", ""))
    taken = {name: value for name, value in usual(model).items() if name not in typed}
    return _parse(kind, prog, {**taken, **given}, str(file), flags)


def parse_values(
    kind: type[Any], prog: str, given: Mapping[str, Any], where: str, usual: UsualValues = nothing_usual
) -> Any:
    """A configuration from values by field name, as a file would give them; `where` is the place they stand in."""
    return _parse(kind, prog, {**usual(str(given.get("model", ""))), **given}, where, [])


def _parse(kind: type[Any], prog: str, given: Mapping[str, Any], where: str, flags: Sequence[str]) -> Any:
    import tyro

    default, words = _from_values(kind, given, where) if given else (None, [])
    args = _with_bare_values(kind, [*words, *flags])
    config = tyro.cli(kind, prog=prog, args=args, default=default, config=(tyro.conf.FlagCreatePairsOff,))
    _refuse_nan(config)
    return config


def _refuse_nan(config: DataclassInstance) -> None:
    """Raise ConfigError for a flag that is no number, which would pass every check of its range."""
    for field in dataclasses.fields(config):
        value = getattr(config, field.name)
        numbers = [one for one in (value if isinstance(value, tuple) else (value,)) if isinstance(one, float)]
        if any(map(math.isnan, numbers)):
            raise ConfigError(f"--{field.name.replace('_', '-')} is nan: give a number.")


def refuse_broken_words(words: Sequence[str]) -> None:
    """Raise ConfigError for a word that is not UTF-8, which could neither be printed nor stored."""
    for word in words:
        try:
            word.encode()
        except UnicodeEncodeError:
            shown = word.encode(errors="surrogateescape").decode(errors="replace")
            raise ConfigError(f"{shown!r} is not UTF-8 text: give names of files and models in UTF-8.") from None


def _value_of(flag: str, words: Sequence[str]) -> str:
    """What stands behind the last such flag; empty where there is none."""
    found = [word.partition("=")[2] for word in words if word.startswith(f"{flag}=")]
    found += [value for word, value in pairwise(words) if word == flag]
    return found[-1] if found else ""


def words_of(kind: type[DataclassInstance], values: Mapping[str, Any]) -> list[str]:
    """The words that `parse_config` reads these values from, as JSON has them; those at their defaults are left out.

    A value that `kind` has no field for, of another version, is given as a flag.
    """
    fields = {field.name: field for field in dataclasses.fields(kind)}
    places, flags = list[str](), list[str]()
    for name in [*fields, *(name for name in values if name not in fields)]:
        field = fields.get(name)
        if name not in values or (field and values[name] == _plain_default(field)):
            continue
        value, kind_of = values[name], str(field.type) if field else ""
        if "Positional" in kind_of:
            places += map(str, value if isinstance(value, list) else [value])
        else:
            flags += flag_words(f"--{name.replace('_', '-')}", value, once="UseAppendAction" not in kind_of)
    return [*places, *flags]


def _plain_default(field: dataclasses.Field[Any]) -> Any:
    """As JSON has it; what equals nothing else where there is none."""
    return list(field.default) if isinstance(field.default, tuple) else field.default


def flag_words(flag: str, value: Any, *, once: bool) -> list[str]:
    """The words of a flag with a value that is not its default."""
    if value is False:
        return [f"--no-{flag.removeprefix('--')}"]
    if value is None:
        return [flag, "None"]
    words = _as_flags(flag, value, once=once)
    # A value such as "-1" would be taken for a flag.
    return [f"{flag}={words[1]}"] if len(words) == 2 and words[1].startswith("-") else words


def _take_config_flag(words: Sequence[str]) -> tuple[Path | None, list[str]]:
    rest = list(words)
    for i, word in enumerate(rest):
        if word == "--config" and i + 1 < len(rest):
            return Path(rest[i + 1]), rest[:i] + rest[i + 2 :]
        if word.startswith("--config="):
            return Path(word.removeprefix("--config=")), rest[:i] + rest[i + 1 :]
    return None, rest


def _with_bare_values(kind: type[DataclassInstance], words: Sequence[str]) -> list[str]:
    """The words, with what a flag means that may stand without a number and does."""
    bare = {
        f"--{field.name.replace('_', '-')}": str(field.metadata[_BARE])
        for field in dataclasses.fields(kind)
        if _BARE in field.metadata
    }
    filled = list[str]()
    for word, behind in zip(words, [*words[1:], ""], strict=False):
        filled.append(word)
        if word in bare and not _is_number(behind):
            filled.append(bare[word])
    return filled


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return word == "None"
    return True


def _from_values(kind: type[DataclassInstance], given: Mapping[str, Any], where: str) -> tuple[Any, list[str]]:
    """The positional values as defaults of `kind`, and the others as flags, parsed like typed ones."""
    import tyro

    fields = {field.name: field for field in dataclasses.fields(kind)}
    if unknown := sorted(set(given) - set(fields)):
        raise ConfigError(f"{where} has the key {unknown[0]!r}; this verb knows {', '.join(fields)}.")
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
    from burnish.yamls import read_yaml

    try:
        given = read_yaml(read_plain(file).decode())
    except ValueError as error:
        raise ConfigError(f"{file} is not YAML that can be read: {error}.") from error
    if not isinstance(given, dict):
        raise ConfigError(f"{file} must hold `key: value` lines, one for each flag.")
    return {str(key).replace("-", "_"): value for key, value in given.items()}
