"""The embedded default: a small world that draws pictures and knows the truth, and a small trained VLM."""

from __future__ import annotations

from pathlib import Path


def weights_path() -> Path:
    """The folder of the pocket VLM that comes with Burnish: give it to `from_pretrained`."""
    return Path(__file__).parent / "weights"
