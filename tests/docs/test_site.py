"""The site's pages: every link leads somewhere, and the reference has every verb, flag and name."""

from __future__ import annotations

import importlib.util
import tomllib
from pathlib import Path
from types import ModuleType

import pytest

import burnish
from burnish.commands import VERBS
from burnish.help.fields import fields_of
from burnish.lazy import load

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_site", ROOT / "docs" / "build_site.py")
    assert spec and spec.loader
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture(scope="module")
def site(builder: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("site") / "docs"
    assert builder.build(out) == []
    return out


def test_the_reference_has_every_verb_with_every_flag(site: Path) -> None:
    for verb, of in VERBS.items():
        page = (site / "reference" / f"{verb.replace(' ', '-')}.md").read_text()
        assert all(field.flag in page for field in fields_of(load(of.config))), verb


def test_the_reference_has_every_name_of_the_interface(site: Path) -> None:
    page = (site / "reference" / "interface.md").read_text()
    assert all(f"\n## {name}\n" in page for name in burnish.__all__)


def test_every_page_of_the_navigation_is_there_and_every_guide_is_in_it(site: Path) -> None:
    project = tomllib.loads((ROOT / "zensical.toml").read_text())["project"]
    listed = set(_pages(project["nav"]))
    assert [page for page in listed if not (site / page).is_file()] == []
    assert {page.name for page in (ROOT / "docs").glob("*.md")} - listed == set()


def _pages(entries: list[dict[str, object]]) -> list[str]:
    found = []
    for entry in entries:
        for of in entry.values():
            found += _pages(of) if isinstance(of, list) else [str(of)]
    return found


def test_a_link_that_leads_nowhere_is_found(builder: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("[a](other.md) [b](https://example.com) `[c](code.md)` ![d](figures/none.png)")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "page.md").write_text("[up](../page.md#part)")
    assert builder.broken_links(tmp_path) == ["page.md: other.md", "page.md: figures/none.png"]


def test_links_out_of_the_docs_become_names(builder: ModuleType) -> None:
    assert builder._within("[x](../README.md) [`y`](../src/a.py) [z](seva.md)", Path("a.md")) == "`x` `y` [z](seva.md)"
