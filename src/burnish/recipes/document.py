"""A recipe's YAML as values that know the line they stand in; `uses:` brings in what recipes share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import yaml

from burnish.errors import ConfigError
from burnish.flag_errors import known_names
from burnish.plain_files import read_plain
from burnish.yamls import build_yaml, parse_yaml

Keys: TypeAlias = tuple[str, ...]
"""The way to a value: the keys of the mappings that it stands in, from the outermost on."""

USES = "uses"


class Document(NamedTuple):
    """What one or several files say."""

    values: dict[str, Any]
    lines: Mapping[Keys, str]
    """File and line of each key ("recipes/x.yaml, line 3")."""
    file: Path

    def where(self, keys: Keys) -> str:
        """Where a key stands, or the nearest one around it."""
        return next((self.lines[keys[:n]] for n in range(len(keys), 0, -1) if keys[:n] in self.lines), str(self.file))

    def section(self, keys: Keys, known: Sequence[str] | None = None) -> dict[str, Any]:
        """The mapping at `keys`, empty where there is none.

        Raises ConfigError for something else than a mapping, and for a key that is not `known`.
        """
        value = self._at(keys, {})
        if not isinstance(value, dict):
            raise ConfigError(f"{self.where(keys)}: {keys[-1]!r} must hold `key: value` lines.")
        for key in value:
            if known is not None and key not in known:
                place = self.where((*keys, key))
                raise ConfigError(f"{place}: there is no key {key!r} here: {known_names(str(key), known)}")
        return value

    def items(self, keys: Keys) -> list[Any]:
        """The list at `keys`, empty where there is none. Raises ConfigError for something else."""
        value = self._at(keys, [])
        if not isinstance(value, list):
            raise ConfigError(f"{self.where(keys)}: {keys[-1]!r} must be a list, such as [a, b].")
        return value

    def _at(self, keys: Keys, nothing: Any) -> Any:
        value: Any = self.values
        for key in keys:
            value = value.get(key) if isinstance(value, dict) else None
        return nothing if value is None else value


def read_document(file: Path, users: Sequence[Path] = ()) -> Document:
    """The file's values over those of the file that it uses; `users` are those that use this one.

    Raises ConfigError that names file and line.
    """
    if file.resolve() in users:
        raise ConfigError(
            f"{file} uses itself, by its own `uses:` or that of a file that it uses: take one of them out."
        )
    try:
        loader, node = parse_yaml(read_plain(file).decode())
        lines = dict(_lines(node, file, ()))  # building values moves the keys of merged mappings about
        values = build_yaml(loader, node)
    except FileNotFoundError as error:
        raise ConfigError(f"{file} is not there: give a recipe, such as {_like(file)}.") from error
    except ValueError as error:
        raise ConfigError(f"{file} is not YAML that can be read: {error}.") from error
    if not isinstance(values, dict):
        raise ConfigError(f"{file} must hold `key: value` lines.")
    used = values.pop(USES, None)
    if used is None:
        return Document(values, lines, file)
    base = read_document(file.parent / str(used), (*users, file.resolve()))
    return Document(_over(base.values, values), {**base.lines, **lines}, file)


def _like(file: Path) -> str:
    """The recipe whose name is most like that of a file that is not there: of those beside it and in `recipes`."""
    folders = (Path("recipes"), file.parent)
    there = {recipe.stem: str(recipe) for folder in folders for recipe in sorted(folder.glob("*.yaml"))}
    alike = get_close_matches(file.stem, there, n=1, cutoff=0.4)
    return there[alike[0]] if alike else "recipes/seva-table1.yaml"


def _lines(node: yaml.Node | None, file: Path, keys: Keys) -> Iterator[tuple[Keys, str]]:
    if not isinstance(node, yaml.MappingNode):
        return
    seen = set()
    for key, value in node.value:
        here, place = (*keys, str(key.value)), f"{file}, line {key.start_mark.line + 1}"
        if here in seen:
            raise ConfigError(f"{place}: the key {key.value!r} stands here a second time.")
        seen.add(here)
        yield here, place
        yield from _lines(value, file, here)


def _over(base: Any, value: Any) -> Any:
    """Mappings are joined key by key; anything else replaces what was there."""
    if not isinstance(base, dict) or not isinstance(value, dict):
        return value
    return {**base, **{key: _over(base[key], one) if key in base else one for key, one in value.items()}}
