"""What is found, counted and sorted, against what a loop over all records finds."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from viewed import dropped, index_of, pair, write

from burnish.records import Dropped, PreferencePair
from burnish.report.cards import Card, card_of
from burnish.report.finding import Choices, RecordFilter
from burnish.view import query
from burnish.view.query import ResultPage, check, choices_in, find, find_id
from burnish.view.schema import reading

SAID = ("a red circle", "two shapes, one red", "Das Auto fährt schnell", "红车停在这里", "don't know", "circles")


def _records() -> list[PreferencePair | Dropped]:
    draw = random.Random(5)
    made: list[PreferencePair | Dropped] = []
    for number in range(400):
        if draw.random() < 0.15:
            made.append(dropped(number, draw.choice(["equal answers", "too long"])))
            continue
        one = pair(number, said=draw.choice(SAID), source=draw.choice("abc"), margin=draw.randrange(6))
        if draw.random() < 0.1:  # from a server: no log-probability, and so no margin
            one = replace(one, chosen=replace(one.chosen, ref_logp=None))
        made.append(one)
    return made


RECORDS = _records()
CARDS = [card_of(record, 7) for record in RECORDS]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return index_of(write(tmp_path_factory.mktemp("view") / "run", RECORDS).path)


def _pages(index: Path, choice: RecordFilter) -> Iterator[ResultPage]:
    with reading(index) as connection:
        wanted = check(connection, choice)
        offset = 0
        while (found := find(connection, wanted, offset)).numbers:
            yield found
            offset += query.PAGE


def _found(index: Path, choice: RecordFilter) -> list[int]:
    pages = list(_pages(index, choice))
    numbers = [number for page in pages for number in page.numbers]
    assert all((page.total, page.more, page.cut) == (len(numbers), False, False) for page in pages)
    return numbers


def _numbers(wanted: Callable[[Card], bool]) -> list[int]:
    return [number for number, card in enumerate(CARDS, 1) if wanted(card)]


def _kept(card: Card) -> bool:
    return card.kind != "dropped"


def _margin(card: Card) -> float:
    return card.numbers.get("margin", math.nan)


@pytest.mark.parametrize(
    ("choice", "wanted"),
    [
        (RecordFilter(), _kept),
        (RecordFilter(source="b"), lambda card: _kept(card) and card.record.source == "b"),
        (RecordFilter(label="too long"), lambda card: card.label == "too long"),
        (RecordFilter(source="nowhere"), lambda card: False),
        (RecordFilter(by="margin", least="2", most="4"), lambda card: 2 <= _margin(card) <= 4),
        (
            RecordFilter(by="margin", least="4.5", source="a"),
            lambda card: _margin(card) == 5 and card.record.source == "a",
        ),
        (RecordFilter(by="margin", least="inf"), lambda card: False),
    ],
)
def test_what_is_filtered_is_found_in_its_order(
    index: Path, choice: RecordFilter, wanted: Callable[[Card], bool]
) -> None:
    assert _found(index, choice) == _numbers(wanted)


@pytest.mark.parametrize("order", ["rising", "falling"])
@pytest.mark.parametrize("more", [{}, {"source": "c"}, {"q": "red"}, {"q": "red", "source": "a", "least": "1"}])
def test_what_is_sorted_has_those_without_the_number_last(index: Path, order: str, more: dict[str, str]) -> None:
    found = _found(index, RecordFilter(by="margin", order=order, **more))
    plain = _found(index, RecordFilter(by="margin", **more))
    assert sorted(found) == plain and len(plain) > query.PAGE // 2
    margins = [_margin(CARDS[number - 1]) for number in found]
    known = [margin for margin in margins if not math.isnan(margin)]
    assert known == sorted(known, reverse=order == "falling")
    assert all(map(math.isnan, margins[len(known) :]))
    assert "least" in more or len(known) < len(margins)


@pytest.mark.parametrize(
    ("q", "said"),
    [
        ("red", {0, 1}),
        ("RED circle", {0}),
        ("shape", {1}),  # of "shapes"
        ("circles", {0, 5}),
        ("schnell faehrt", set()),
        ("fahrt", {2}),  # of "fährt"
        ("红车", {3}),
        ("车红", set()),
        ("don't", {4}),
        ("t'don", set()),
        ('red "circle', {0}),
        ("red AND NOT circle OR (", set()),
        ("red !!! \0 ;--", {0, 1}),
    ],
)
def test_words_are_found_whole_in_any_order_and_script(index: Path, q: str, said: Sequence[int]) -> None:
    texts = {SAID[number] for number in said}
    assert _found(index, RecordFilter(q=q)) == _numbers(
        lambda card: isinstance(card.record, PreferencePair) and card.record.chosen.text in texts
    )


@pytest.mark.parametrize(
    "q",
    [
        "x " * 250,
        '"',
        '"""',
        "'",
        "*",
        "a*",
        "NEAR(a b)",
        "text:red",
        "-red",
        "^",
        "(",
        "{x}",
        "\0",
        "\ud7ff",
        "🚗",
        "%",
        "\\",
    ],
)
def test_nothing_that_is_typed_is_an_error(index: Path, q: str) -> None:
    _found(index, RecordFilter(q=q))
    _found(index, RecordFilter(q=f"red {q}", by="margin", order="rising"))


def test_records_are_found_by_their_id_as_text_and_exactly(index: Path) -> None:
    kept = next(number for number, card in enumerate(CARDS, 1) if _kept(card))
    record_id = RECORDS[kept - 1].id
    assert _found(index, RecordFilter(q=record_id)) == [kept]
    with reading(index) as connection:
        assert find_id(connection, record_id) == kept
        assert find_id(connection, RECORDS[-1].id) == len(RECORDS)
        assert find_id(connection, f"{record_id}0000") is None
        assert find_id(connection, '" OR 1') is None


def test_what_there_is_to_choose_from(index: Path) -> None:
    with reading(index) as connection:
        assert choices_in(connection) == Choices(
            runs=(),
            sources=("a", "b", "c", "quiz"),
            labels=("grey", "equal answers", "too long"),
            numbers=("tokens", "margin"),
        )


@pytest.mark.parametrize(
    ("choice", "message"),
    [
        (RecordFilter(by="beauty", order="rising"), "by is 'beauty', which is not one of the numbers: tokens, margin."),
        (RecordFilter(by="margin", order="up"), "order is 'up', which is neither rising nor falling"),
        (RecordFilter(by="margin", least="a few"), "from is 'a few', which is not a number"),
        (RecordFilter(by="margin", most="nan"), "to is 'nan', which is not a number"),
    ],
)
def test_what_means_nothing_is_refused_in_a_sentence(index: Path, choice: RecordFilter, message: str) -> None:
    with reading(index) as connection, pytest.raises(ValueError, match=message):
        check(connection, choice)


def test_many_hits_are_counted_and_sorted_up_to_a_bound(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    red = _found(index, RecordFilter(q="red"))
    assert len(red) > 100
    monkeypatch.setattr(query, "MOST_COUNTED", 60)
    monkeypatch.setattr(query, "MOST_SORTED", 80)
    pages = list(_pages(index, RecordFilter(q="red")))
    assert [number for page in pages for number in page.numbers] == red  # all can be reached
    assert all((page.total, page.more) == (60, True) for page in pages)
    pages = list(_pages(index, RecordFilter(q="red", by="margin", order="rising")))
    assert sorted(number for page in pages for number in page.numbers) == red[:80]
    assert all((page.total, page.cut) == (80, True) for page in pages)
