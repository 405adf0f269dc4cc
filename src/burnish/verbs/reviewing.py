"""The verbs around people's ratings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from burnish.verbs.telling import count, show, write_json

if TYPE_CHECKING:
    from burnish.review.config import ImportRatingsConfig, ReviewConfig, ReviewSummaryConfig


def review(config: ReviewConfig) -> None:
    """Serve the page until it is stopped."""
    from burnish.review.web.serve import serve_review

    serve_review(config)


def import_ratings(config: ImportRatingsConfig) -> None:
    """Take ratings into the store, and tell how many."""
    from burnish.review.importing import import_ratings as bring

    result = bring(config)
    print(
        f"{count(result.ratings, 'rating')} of {count(result.dialogues, 'dialogue')} are in {config.store}, "
        f"{result.news:,} of them new."
    )
    if result.unusable:
        print(f"  left out: {result.unusable:,} (not from 1 to 5, or of a message that is not rated)")


def review_summary(config: ReviewSummaryConfig) -> None:
    """Count what people said, and show FIRE's table A1."""
    from burnish.report.review_tables import review_tables
    from burnish.review.writing import summarise
    from burnish.store.codec import to_json

    result = summarise(config)
    write_json(config.json, to_json(result.scores))
    show(review_tables(result.scores))
    if result.files:
        print("\nWritten:", *(f"  {file}" for file in result.files), sep="\n")
