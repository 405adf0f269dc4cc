"""A page of the browser that several tests use, one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from playwright.sync_api import Page


class Tab(NamedTuple):
    """A page, and what it asked for and complained of since its test began."""

    page: Page
    requests: list[str]
    errors: list[str]
