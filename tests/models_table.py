"""Makes the table of docs/models.md anew, from `burnish check` of a small random model of each family.

python tests/models_table.py
"""

from __future__ import annotations

import tempfile
import warnings
from importlib.metadata import version
from pathlib import Path

import burnish  # noqa: F401 - before any library imports torchvision
import more_families
import tiny_models
from burnish.check.check import check
from burnish.check.config import CheckConfig
from burnish.check.findings import Findings
from burnish.report.tables import Table, to_markdown

PAGE = Path(__file__).parents[1] / "docs" / "models.md"
BEGIN, END = "<!-- table -->\n", "<!-- end of table -->"
COLUMNS = ("family", "ok", "batched", "nats", "noise", "shared prefix", "LoRA", "with experts", "not reached by LoRA")


def found(name: str) -> Findings:
    """What `burnish check` says of the family."""
    with tempfile.TemporaryDirectory() as folder:
        tiny_models.saved(more_families.ALL[name](), Path(folder))
        return check(CheckConfig(model=folder, device="cpu"))


def row(name: str, one: Findings) -> tuple[str, ...]:
    """Its cells."""
    nats = "–" if one.logp_difference is None else f"{one.logp_difference:.0e}"
    return (
        name,
        *("yes" if holds else "no" for holds in (one.ok, one.batched_equals_single)),
        nats,
        "yes" if one.noise else "no",
        "yes" if one.shared_prefix else one.why_not_shared,
        f"{one.lora.share:.0%}",
        f"{one.lora.experts:.0%}" if one.lora.experts else "",
        ", ".join(sorted({missed.partition(" ")[0].rpartition("N.")[2] for missed in one.lora.missed})),
    )


def main() -> None:
    """Check all, and write the table between its marks."""
    warnings.simplefilter("ignore")
    rows = tuple(row(name, found(name)) for name in sorted(more_families.ALL))
    title = f"transformers {version('transformers')}, PEFT {version('peft')}, torch {version('torch')}"
    table = Table(title=title, columns=COLUMNS, rows=rows, text_columns=frozenset({0, 1, 2, 4, 5, 8}))
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{to_markdown(table)}\n\n{END}{rest.partition(END)[2]}", encoding="utf-8")


if __name__ == "__main__":
    main()
