"""How every page's templates are read, and what all pages begin with: `pages/document.html`."""

from __future__ import annotations

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined


def templates_of(*packages: str) -> Environment:
    """The templates in packages, a name's first one, over those of all pages.

    Every text is escaped, and a name that is not given is an error.
    """
    loaders = [*map(PackageLoader, packages), PackageLoader("burnish.web", "pages")]
    return Environment(
        loader=ChoiceLoader(loaders), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
