"""The verbs around people's ratings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from burnish.lazy import need
from burnish.verbs.output import print_tables, write_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from burnish.review.config import ImportRatingsConfig, ReviewConfig, ReviewSummaryConfig
    from burnish.review.web.serve import Link


def review(config: ReviewConfig) -> None:
    """Serve the page until it is stopped."""
    need(("fastapi", "limits", "sqlalchemy", "uvicorn"), "review", "review")
    from burnish.review.web.serve import serve_review

    serve_review(config, _print_links)


def _print_links(store: str, links: Sequence[Link]) -> None:
    from burnish.report.terminal import listed, prose, say

    several = len(links) > 1
    warning = "Whoever has a link can rate in that rater's name: put HTTPS before it on open networks. "
    listed(
        "A link for each rater:" if several else "The page:",
        [f"{link.address}  {link.rater}".rstrip() for link in links],
    )
    listed("Ratings are kept in:", [store])
    say("", prose(f"{warning if several else ''}Stop with Ctrl-C; the same command goes on."))


def import_ratings(config: ImportRatingsConfig) -> None:
    """Take ratings into the store, and tell how many."""
    from burnish.report.counts_tables import counted
    from burnish.review.database import shown_store
    from burnish.review.importing import import_ratings as bring

    result = bring(config)
    counts = {"dialogues": result.dialogues, "ratings": result.ratings, "new ones": result.news}
    unusable = {"not from 1 to 5, or of a message that is not rated": result.unusable} if result.unusable else {}
    print_tables([counted(f"Ratings of {config.run}", counts, unusable)], [shown_store(config.store)])


def review_summary(config: ReviewSummaryConfig) -> None:
    """Count what people said, and show FIRE's table A1."""
    from burnish.report.review_tables import review_tables
    from burnish.review.writing import summarise
    from burnish.store.codec import to_json

    result = summarise(config)
    written = write_json(config.json, to_json(result.scores))
    print_tables(review_tables(result.scores), [*result.files, *written])
