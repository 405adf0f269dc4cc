"""The README of an export, which is a dataset card too: what the rows are, and how they were made."""

from __future__ import annotations

from collections import Counter
from typing import Any

import yaml

from burnish.export.base import DatasetCard, ExportTally
from burnish.store import Run

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
"""The hub's names for sizes, each with the number of rows that it stays under."""


def readme(card: DatasetCard, run: Run, tally: ExportTally) -> str:
    """Front matter, usage and provenance as Markdown."""
    front: dict[str, Any] = {
        # Rows carry the pictures' and the model's licenses, which a run does not know.
        "license": "unknown",
        "tags": ["burnish"],
        "size_categories": [next((name for limit, name in _SIZES if tally.rows < limit), "1M<n<10M")],
        **card.front,
    }
    header = yaml.safe_dump(front, sort_keys=False, allow_unicode=True)
    return f"---\n{header}---\n\n{card.usage.strip()}\n\n{_provenance(run, tally)}"


def _provenance(run: Run, tally: ExportTally) -> str:
    manifest = run.manifest
    finished = "" if run.summary is not None else " The run was not finished when it was exported."
    facts = {
        "model": manifest.config.get("model"),
        **{f"fingerprint of the {name}": value for name, value in manifest.fingerprints.items()},
        "source": manifest.config.get("source"),
        "seed": manifest.seed,
        "begun": manifest.created,
        "Burnish": manifest.version,
    }
    parts = [
        "## How it was made",
        f"Burnish made these records with its verb `{manifest.kind}`.{finished}",
        "\n".join(f"- {name}: `{value}`" for name, value in facts.items() if value is not None),
        f"{tally.records:,} records gave {tally.rows:,} rows.",
    ]
    if tally.distortions:
        parts.append("Negatives by the distortion that made them:\n\n" + _counts(tally.distortions))
    if tally.left_out:
        parts.append("Left out:\n\n" + _counts(tally.left_out))
    config = yaml.safe_dump(manifest.settings, sort_keys=True, allow_unicode=True)
    parts.append(f"The whole configuration:\n\n```yaml\n{config}```")
    parts.append(
        "Set `license` above before you share this: pictures, questions and the model have licenses of theirs."
    )
    return "\n\n".join(parts) + "\n"


def _counts(counts: Counter[str]) -> str:
    return "\n".join(f"- {name}: {count:,}" for name, count in counts.most_common())
