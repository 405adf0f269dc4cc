"""Numbers as tables have them, and tables for Markdown."""

from burnish.report.tables import Table, number, p_value, to_markdown
from burnish.scores import Estimate, Metric

SHARE = Metric(name="m", title="m", family="f", unit="%", interval="wilson", better="higher")
TOKENS = Metric(name="t", title="t", family="f", unit="tokens", interval="bootstrap", better="neither")
TABLE = Table(
    title="Scores",
    columns=("task", "n", "exact match %"),
    rows=(("counting", "1,200", "71.3 ± 2.9"), ("宝", "4", "100.0 ± 39.6"), ("none", "0", "–")),
    note="A note.",
)


def test_markdown() -> None:
    assert to_markdown(TABLE).splitlines() == [
        "### Scores",
        "",
        "| task     |     n | exact match % |",
        "| -------- | ----: | ------------: |",
        "| counting | 1,200 |   71.3 ±  2.9 |",
        "| 宝       |     4 |  100.0 ± 39.6 |",
        "| none     |     0 |             – |",
        "",
        "A note.",
    ]


def test_a_bar_in_a_cell_cannot_break_a_markdown_row() -> None:
    table = Table(title="t", columns=("a|b",), rows=(("c|d",),))
    assert all(line.count("|") == 2 for line in to_markdown(table).splitlines()[2:])


def test_numbers_have_their_farther_end_as_margin() -> None:
    # 71.3 % from 68.0 % to 74.2 %: 3.3 below and 2.9 above.
    assert number(Estimate(value=0.713, low=0.68, high=0.742, n=9), SHARE) == "71.3 ± 3.3"
    assert number(Estimate(value=12.25, low=11.0, high=13.0, n=9), TOKENS) == "12.2 ± 1.2"
    assert number(Estimate(value=0.5, low=None, high=None, n=1), SHARE) == "50.0"
    assert number(Estimate(value=None, low=None, high=None, n=0), SHARE) == "–"


def test_changes_have_signs_and_there_is_no_minus_zero() -> None:
    assert number(Estimate(value=0.02, low=0.01, high=0.03, n=9), SHARE, signed=True) == "+2.0 ± 1.0"
    assert number(Estimate(value=-0.02, low=-0.03, high=-0.01, n=9), SHARE, signed=True) == "-2.0 ± 1.0"
    assert number(Estimate(value=-0.0001, low=-0.01, high=0.01, n=9), SHARE, signed=True) == "+0.0 ± 1.0"


def test_p_values() -> None:
    assert [p_value(value) for value in (None, 1.0, 0.0391, 0.001, 0.0004)] == [
        "–",
        "1.000",
        "0.039",
        "0.001",
        "<0.001",
    ]
