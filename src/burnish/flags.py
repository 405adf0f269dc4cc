"""From words and YAML to a verb's configuration: every field is a flag, and a file gives the same fields."""

from __future__ import annotations

import dataclasses
import math
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stderr
from io import StringIO
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, TypeAlias, get_args, get_origin, get_type_hints

from burnish.errors import ConfigError
from burnish.flag_errors import flag_error, known_names, value_of
from burnish.plain_files import read_plain
from burnish.renamed import RENAMED, renamed

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


BARE, BARE_VALUES = "bare", "bare values"
"""The metadata of a field whose flag may stand without a value, which then is this one; and all that it can have, where
it is no number."""


def optional_value(
    bare: float | str, *, values: tuple[str, ...] = (), metadata: Mapping[str, Any] = MappingProxyType({})
) -> Any:
    """A field that is None by default, and `bare` where its flag is given without a value: a number or one of these."""
    return dataclasses.field(default=None, metadata={**metadata, BARE: bare, BARE_VALUES: values})


UsualValues: TypeAlias = Callable[[str], Mapping[str, Any]]
"""By a model's name, values that a verb takes with it where nothing says otherwise."""


def nothing_usual(_model: str) -> Mapping[str, Any]:
    """For verbs whose defaults are the same for all models."""
    return {}


def parse_config(kind: type[Any], prog: str, words: Sequence[str], usual: UsualValues = nothing_usual) -> Any:
    """A configuration from flags, over the values of a `--config` file, over the usual ones, over the defaults."""
    file, flags = _take_config_flag(_with_new_names(words))
    given = _noted(_read_yaml(file), str(file)) if file else {}
    typed = {word.partition("=")[0].removeprefix("--").replace("-", "_") for word in flags if word.startswith("--")}
    model = value_of("--model", flags) or str(given.get("model", ""))
    taken = {name: value for name, value in usual(model).items() if name not in typed}
    return _parse(kind, prog, {**taken, **given}, str(file), flags)


def parse_given(kind: type[Any], prog: str, words: Sequence[str], usual: UsualValues = nothing_usual) -> dict[str, Any]:
    """What `parse_config` would read from the words, by field name, without the required fields that are not given."""
    relaxed, required = _relaxed(kind), _required(kind)
    values = vars(parse_config(relaxed, prog, words, usual))
    given = {name: value for name, value in values.items() if name not in required or value not in (None, ())}
    if required <= given.keys():
        parse_config(kind, prog, words, usual)  # which checks what the values are together
    return given


def _required(kind: type[DataclassInstance]) -> set[str]:
    return {field.name for field in dataclasses.fields(kind) if field.default is dataclasses.MISSING}


def _relaxed(kind: type[DataclassInstance]) -> type[Any]:
    """The same fields, of which none is required, and without the checks of the class."""
    types = get_type_hints(kind, include_extras=True)
    fields = [
        (field.name, *_optional(types[field.name], field))
        if field.name in _required(kind)
        else (field.name, types[field.name], dataclasses.field(default=field.default, metadata=field.metadata))
        for field in dataclasses.fields(kind)
    ]
    return dataclasses.make_dataclass(kind.__name__, fields, kw_only=True, frozen=True)


def _optional(type_: Any, field: dataclasses.Field[Any]) -> tuple[Any, Any]:
    """A type and a default for a field that has none: no text, or no items."""
    if "tuple" in str(type_):
        return type_, dataclasses.field(default=(), metadata=field.metadata)
    if get_origin(type_) is Annotated:
        type_ = Annotated[(get_args(type_)[0] | None, *get_args(type_)[1:])]
    else:
        type_ = type_ | None
    return type_, dataclasses.field(default=None, metadata=field.metadata)


def parse_values(
    kind: type[Any], prog: str, given: Mapping[str, Any], where: str, usual: UsualValues = nothing_usual
) -> Any:
    """A configuration from values by field name, as a file would give them; `where` is the place they stand in."""
    return _parse(kind, prog, {**usual(str(given.get("model", ""))), **renamed(given)}, where, [])


def _parse(kind: type[Any], prog: str, given: Mapping[str, Any], where: str, flags: Sequence[str]) -> Any:
    import tyro

    default, words = _from_values(kind, given, where) if given else (None, [])
    args = _with_bare_values(kind, [*words, *flags])
    printed = StringIO()
    try:
        with redirect_stderr(printed):
            config = tyro.cli(kind, prog=prog, args=args, default=default, config=(tyro.conf.FlagCreatePairsOff,))
    except SystemExit as ended:
        if not printed.getvalue():
            raise
        wrong = flag_error(printed.getvalue(), prog, args, _places(kind))
        raise ConfigError(f"{where}: {wrong}" if _is_of(given, wrong, flags) else wrong) from ended
    _refuse_nan(config)
    return config


def _is_of(given: Mapping[str, Any], wrong: str, flags: Sequence[str]) -> bool:
    """Whether the flag that a sentence begins with is a file's value and was not typed."""
    flag = wrong.split(maxsplit=1)[0]
    named = flag.removeprefix("--").replace("-", "_") in given
    return named and not any(word.partition("=")[0] == flag for word in flags)


def _places(kind: type[DataclassInstance]) -> list[str]:
    """The names of the positional arguments that must be given."""
    required = _required(kind)
    return [one.name for one in dataclasses.fields(kind) if one.name in required and "Positional" in str(one.type)]


def _with_new_names(words: Sequence[str]) -> list[str]:
    """The words with today's spelling of flags that had another one; each is noted on standard error."""
    spelt = list[str]()
    for word in words:
        flag, equals, value = word.partition("=")
        new = RENAMED.get(flag.removeprefix("--").replace("-", "_")) if flag.startswith("--") else None
        if new:
            _note(flag, f"--{new.replace('_', '-')}")
        spelt.append(f"--{new.replace('_', '-')}{equals}{value}" if new else word)
    return spelt


def _noted(given: Mapping[str, Any], file: str) -> dict[str, Any]:
    """The values of a file under today's names; each old one is noted on standard error."""
    for name in given.keys() & RENAMED.keys():
        _note(f"{file}: {name}", RENAMED[name])
    return renamed(given)


def _note(old: str, new: str) -> None:
    print(f"burnish: {old} is now called {new}; the old name works until version 0.3.", file=sys.stderr)


def _refuse_nan(config: DataclassInstance) -> None:
    """Raise ConfigError for a flag that is not a number, which would pass every check of its range."""
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


def words_of(kind: type[DataclassInstance], values: Mapping[str, Any]) -> list[str]:
    """The words that `parse_config` reads these values from, as JSON has them; those at their defaults are left out.

    A value that `kind` has no field for, of another version, is given as a flag.
    """
    fields = {field.name: field for field in dataclasses.fields(kind)}
    places, flags = list[str](), list[str]()
    for name in [*fields, *(name for name in values if name not in fields)]:
        field = fields.get(name)
        if name not in values or (field and _is_default(field, values[name])):
            continue
        value, kind_of = values[name], str(field.type) if field else ""
        if "Positional" in kind_of:
            places += map(str, value if isinstance(value, list) else [value])
        else:
            flags += flag_words(f"--{name.replace('_', '-')}", value, once="UseAppendAction" not in kind_of)
    return [*places, *flags]


def _is_default(field: dataclasses.Field[Any], value: Any) -> bool:
    """Whether a value, as JSON has it, is the default; a flag that may stand without a value was false before."""
    default = list(field.default) if isinstance(field.default, tuple) else field.default
    return bool(value == default) or (value is False and BARE in field.metadata)


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
        f"--{field.name.replace('_', '-')}": field.metadata
        for field in dataclasses.fields(kind)
        if BARE in field.metadata
    }
    filled = list[str]()
    for word, behind in zip(words, [*words[1:], ""], strict=False):
        filled.append(word)
        if word in bare and not (behind in bare[word][BARE_VALUES] or _is_number(behind)):
            filled.append(str(bare[word][BARE]))
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
        raise ConfigError(f"{where} has the key {unknown[0]!r}, which no flag is: {known_names(unknown[0], fields)}")
    defaults, flags = object.__new__(kind), []
    for name, field in fields.items():
        value = tyro.MISSING if field.default is dataclasses.MISSING else field.default
        if "Positional" in str(field.type):
            value = given.get(name, value)
            if "tuple" in str(field.type) and name in given:
                value = tuple(value) if isinstance(value, list) else (value,)
        elif name in given:
            flags += _given_words(field, given[name])
        object.__setattr__(defaults, name, value)
    return defaults, flags


def _given_words(field: dataclasses.Field[Any], value: Any) -> list[str]:
    """The words of a value from a file; null is the default where the flag cannot be None."""
    flag, kind = f"--{field.name.replace('_', '-')}", str(field.type)
    if value is None and field.default is not None and "None" in kind:
        return [flag, "None"]
    if field.default is True:  # such a flag is spelt --no-… alone
        return [] if value is True else [f"--no-{flag.removeprefix('--')}"]
    return _as_flags(flag, value, once="UseAppendAction" not in kind)


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
