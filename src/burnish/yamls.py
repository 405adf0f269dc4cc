"""YAML that comes from elsewhere: read so that everything wrong with it is a ValueError of one line."""

from __future__ import annotations

from typing import Any

import yaml

MOST_VALUES = 1_000_000
"""In a document, each counted as often as its aliases repeat it."""


class _Loader(yaml.SafeLoader):
    """Makes of a document what JSON has too: dates and bytes stay the text that they are written as."""


_AS_WRITTEN: dict[str, Any] = {
    "timestamp": yaml.SafeLoader.construct_yaml_str,
    "binary": yaml.SafeLoader.construct_yaml_str,
    "set": yaml.SafeLoader.construct_yaml_map,
}
for _tag, _construct in _AS_WRITTEN.items():
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _construct)


def read_yaml(text: str) -> Any:
    """The value that the text holds: lists, mappings, texts and numbers. Raises ValueError."""
    return build_yaml(*parse_yaml(text))


def parse_yaml(text: str) -> tuple[yaml.SafeLoader, yaml.Node | None]:
    """The document as nodes that know their lines, and what builds values of them. Raises ValueError."""
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is not None:
            _count(node, {})
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    except yaml.YAMLError as error:
        raise ValueError(_one_line(error)) from error
    return loader, node


def build_yaml(loader: yaml.SafeLoader, node: yaml.Node | None) -> Any:
    """The value of a document that `parse_yaml` gave. Raises ValueError."""
    try:
        return None if node is None else loader.construct_document(node)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    except (yaml.YAMLError, ValueError, LookupError, ArithmeticError, AttributeError, TypeError) as error:
        # the last ones are what PyYAML's constructors raise for texts that are none
        raise ValueError(f"a value in it is not of the kind that it is written as ({_one_line(error)})") from error


def _count(node: yaml.Node, known: dict[yaml.Node, int]) -> int:
    """How many values the node is, its aliases written out; 0 while it is being counted."""
    if node in known:
        if not known[node]:
            raise ValueError(f"line {node.start_mark.line + 1} holds itself by an alias")
        return known[node]
    known[node] = 0
    parts = node.value if isinstance(node, yaml.SequenceNode) else []
    parts = [part for pair in node.value for part in pair] if isinstance(node, yaml.MappingNode) else parts
    known[node] = 1 + sum(_count(part, known) for part in parts)
    if known[node] > MOST_VALUES:
        raise ValueError(f"its aliases make over {MOST_VALUES:,} values of it")
    return known[node]


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".") or type(error).__name__
