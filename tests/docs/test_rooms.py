"""The folders, the import contract, CONTRIBUTING's drawing and the README's diagram tell one story."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def draw_rooms(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    yield __import__("draw_rooms")
    sys.modules.pop("draw_rooms")


def test_every_folder_and_module_has_its_place_in_the_contract(draw_rooms) -> None:
    named = [room for layer in draw_rooms.layers() for room in layer]
    assert sorted(named) == sorted(draw_rooms.rooms())


def test_contributing_shows_the_contract(draw_rooms) -> None:
    assert draw_rooms.drawn() in (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def test_the_stages_of_the_readmes_diagram_are_rooms(draw_rooms) -> None:
    diagram = re.search(r"    sources ──>.*?\n\n", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert diagram
    stages = set(re.findall(r"(?:^ +|> )([a-z]+)(?= \(| ──|,|$)", diagram[0], re.MULTILINE)) - {
        "run",
        "checkpoint",
        "show",
    }
    assert stages and stages <= draw_rooms.rooms()
    assert {"sources", "make", "train", "bench", "report", "export"} <= stages
