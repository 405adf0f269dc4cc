"""The notebook that comes with Burnish runs from top to bottom, and shows what it made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest

from patience import HANG_S

NOTEBOOK = Path(__file__).resolve().parents[2] / "notebooks" / "pocket.ipynb"


# nbclient 0.11 and jupyter_client 8 warn about their own use of event loops and paths
@pytest.mark.filterwarnings("default")
def test_it_runs_and_shows_pictures(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbclient.NotebookClient(notebook, timeout=HANG_S, kernel_name="python3").execute()
    shown = [output.data for cell in notebook.cells for output in cell.get("outputs", []) if "data" in output]
    html = [data["text/html"] for data in shown if "text/html" in data]
    assert sum("data:image/png;base64," in text for text in html) >= 3
    assert any("<iframe srcdoc=" in text for text in html) and any("<table>" in text for text in html)
    assert _errors(notebook) == []


def test_it_is_stored_without_outputs() -> None:
    """So that no picture and no number of an old version stands in the repository."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert [cell for cell in notebook.cells if cell.get("outputs")] == []


def _errors(notebook: Any) -> list[str]:
    return [
        output.ename for cell in notebook.cells for output in cell.get("outputs", []) if output.output_type == "error"
    ]
