"""Two results compared, as Python and notebooks show them."""

from __future__ import annotations

from typing import TYPE_CHECKING, final

if TYPE_CHECKING:
    from burnish.scores import Compared


@final
class Comparison:
    """Whether the second result is better: `.verdict`, `.sentence`, and everything else in `.numbers`."""

    def __init__(self, numbers: Compared) -> None:
        self.numbers = numbers

    @property
    def verdict(self) -> str:
        """ "better", "worse" or "undecided"."""
        return self.numbers.verdict

    @property
    def sentence(self) -> str:
        """The verdict with the change, its interval and p."""
        from burnish.report.verdicts import verdict_line

        return verdict_line(self.numbers)

    def __repr__(self) -> str:
        return f"Comparison({self.sentence!r})"

    def _repr_html_(self) -> str:
        from burnish.api.cells import table_html, text_html
        from burnish.report.compare_tables import numbers_table

        return text_html(self.sentence) + table_html(numbers_table(self.numbers))
