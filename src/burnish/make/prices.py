"""The price table that a user gives: what a model's tokens cost.

gpt-4o:
  currency: USD
  input: 2.50     # of a million prompt tokens
  output: 10.00   # of a million completion tokens
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from burnish.errors import ConfigError
from burnish.fire.usage import Price
from burnish.plain_files import read_plain
from burnish.yamls import read_yaml

_FIELDS = {"currency", "input", "output"}


def read_price(file: str, model: str) -> Price:
    """The price of `model` in a table of YAML or JSON; the name is what stands behind # in `--model`.

    Raises ConfigError in one sentence.
    """
    table = _read(Path(file).expanduser())
    name = model.partition("#")[2] or model
    if name not in table:
        raise ConfigError(f"--prices {file} has no price of {name}: it has {', '.join(map(str, table)) or 'none'}.")
    entry = table[name]
    if not isinstance(entry, dict) or entry.keys() != _FIELDS:
        raise ConfigError(f"--prices {file}: {name} needs `currency`, `input` and `output`, and nothing else.")
    for field in ("input", "output"):
        value = entry[field]
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < float("inf"):
            raise ConfigError(
                f"--prices {file}: {name} has {field}: {value!r}, which is not a price per million tokens."
            )
    if not isinstance(entry["currency"], str) or not entry["currency"]:
        raise ConfigError(
            f"--prices {file}: {name} has currency: {entry['currency']!r}, which is not a name such as USD."
        )
    return Price(currency=entry["currency"], input=float(entry["input"]), output=float(entry["output"]))


def _read(path: Path) -> dict[Any, Any]:
    try:
        table = read_yaml(read_plain(path).decode())  # JSON is YAML too
    except (OSError, ValueError) as error:
        raise ConfigError(f"--prices {path} cannot be read as YAML or JSON: {error}.") from error
    if not isinstance(table, dict):
        raise ConfigError(f"--prices {path} must hold one entry per model, with currency, input and output.")
    return table
