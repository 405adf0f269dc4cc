"""Lays the pages of the site out in a folder: docs/ as it is, and a reference that is made from the code.

    python docs/build_site.py build/docs && zensical build --strict

A link to a file that is not there ends the build. Links to files outside docs/ become their names, because the site has
only the pages.
"""

from __future__ import annotations

import inspect
import re
import shutil
import sys
from pathlib import Path

import burnish
from burnish.commands import VERBS
from burnish.help.fields import Field, description, fields_of
from burnish.help.overview import overview
from burnish.help.verb import grouped, shown
from burnish.lazy import load

DOCS = Path(__file__).resolve().parent
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)#\s]+)(#[^)\s]*)?\)")
_PAGES = ("*.md", "figures/*", "results/*.md", "results/*.png")


def build(out: Path) -> list[str]:
    """Write all pages to a new folder; the links that lead nowhere, each with its page."""
    shutil.rmtree(out, ignore_errors=True)
    for pattern in _PAGES:
        for page in DOCS.glob(pattern):
            copy = out / page.relative_to(DOCS)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(page, copy)
    write_reference(out / "reference")
    for page in out.rglob("*.md"):
        page.write_text(_within(page.read_text(encoding="utf-8"), page.relative_to(out)), encoding="utf-8")
    return broken_links(out)


def broken_links(out: Path) -> list[str]:
    """Links and pictures of all pages that lead to no file."""
    return [
        f"{page.relative_to(out)}: {target}"
        for page in sorted(out.rglob("*.md"))
        for _, _, target, _ in _LINK.findall(_prose(page.read_text(encoding="utf-8")))
        if not _elsewhere(target) and not (page.parent / target).exists()
    ]


def write_reference(folder: Path) -> None:
    """A page per verb, a page of all verbs, and a page of the Python interface."""
    folder.mkdir(parents=True, exist_ok=True)
    for verb in VERBS:
        (folder / _file(verb)).write_text(_verb_page(verb), encoding="utf-8")
    links = "\n".join(f"- [`burnish {verb}`]({_file(verb)}): {of.what}" for verb, of in VERBS.items())
    (folder / "index.md").write_text(f"# Verbs\n\n```text\n{overview()}\n```\n\n{links}\n", encoding="utf-8")
    (folder / "interface.md").write_text(_interface_page(), encoding="utf-8")


def _file(verb: str) -> str:
    return f"{verb.replace(' ', '-')}.md"


def _verb_page(verb: str) -> str:
    kind = load(VERBS[verb].config)
    parts = [f"# burnish {verb}", *description(kind)]
    for title, fields in grouped(verb, kind).items():
        parts.append(f"## {title}\n\n| flag | default | |\n|---|---|---|\n" + "\n".join(map(_row, fields)))
    return "\n\n".join(parts) + "\n"


def _row(field: Field) -> str:
    flag = f"{field.flag} {field.value}".strip() if not field.positional else field.flag
    default = (
        "required" if field.required else "" if field.default in (None, (), False) else f"`{shown(field.default)}`"
    )
    cells = (f"`{flag}`", default, f"{field.doc}{' Repeatable.' if field.repeatable else ''}")
    return f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def _interface_page() -> str:
    parts = ["# Python interface", "[A guide with examples](../python.md)."]
    for name in burnish.__all__:
        one = getattr(burnish, name)
        signature = "" if name.endswith(("Config", "Options")) else str(inspect.signature(one))
        parts.append(f"## {name}\n\n```python\n{name}{signature}\n```\n\n{inspect.getdoc(one)}")
        if inspect.isclass(one) and not signature:
            parts.append("\n".join(f"- `{field.name}`: {field.doc}" for field in fields_of(one)))
        elif inspect.isclass(one):
            parts.append("\n".join(f"- `{key}`: {inspect.getdoc(of)}" for key, of in _public(one).items()))
    return "\n\n".join(parts) + "\n"


def _public(kind: type) -> dict[str, object]:
    """Methods and properties with a docstring, those of indexing and iteration included."""
    special = ("__len__", "__iter__", "__getitem__")
    return {
        name: of
        for name, of in vars(kind).items()
        if (not name.startswith("_") or name in special) and inspect.getdoc(of)
    }


def _within(text: str, page: Path) -> str:
    """The text of a page of the site, whose links to files of the repository are their names alone."""

    def plain(match: re.Match[str]) -> str:
        picture, words, target, _ = match.groups()
        outside = not _elsewhere(target) and not (DOCS / page.parent / target).resolve().is_relative_to(DOCS)
        return (words if picture or "`" in words else f"`{words}`") if outside else match[0]

    return _LINK.sub(plain, text)


def _prose(text: str) -> str:
    """Without code, in which no link is one."""
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)


def _elsewhere(target: str) -> bool:
    return "://" in target or target.startswith("mailto:")


if __name__ == "__main__":
    if broken := build(Path(sys.argv[1])):
        sys.exit("\n".join(["Links that lead nowhere:", *broken]))
