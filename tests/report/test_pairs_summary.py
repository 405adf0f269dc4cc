"""What a run of pairs holds, counted by hand."""

from pathlib import Path

import pytest

from builders import answer, dropped, pair, write_run
from burnish.errors import RunError
from burnish.report.distribution import Distribution
from burnish.report.kinds.pairs.summary import summarise_pairs
from burnish.report.kinds.pairs.tables import VARIED, pairs_tables
from printed import printed


def test_everything_is_counted_once(tmp_path: Path) -> None:
    run = write_run(
        tmp_path / "run",
        [
            pair(1, answer("a red car", tokens=4), [answer("a car", tokens=3), answer("no car at all", tokens=5)]),
            dropped(1, "equal answers"),
            pair(2, answer("dog", tokens=2), [answer("cat", tokens=2)], source="zoo"),
            dropped(2, "equal answers"),
            dropped(3, "broken image", source="zoo"),
        ],
    )
    summary = summarise_pairs(run)
    assert summary.to_json() == {
        "made": 5,
        "kept": 2,
        "dropped": {"equal answers": 2, "broken image": 1},
        "sources": {"quiz": {"made": 3, "kept": 1}, "zoo": {"made": 2, "kept": 1}},
        "negatives_per_pair": {"1": 1, "2": 1},
        "negatives_by_distortion": {"flip:1": 2, "grey": 1},
        "yes_or_no": {"yes_chosen": 0, "no_chosen": 0},
        "answer_variety": {"chosen": 2.0, "rejected": pytest.approx(3.0), "less_varied": pytest.approx(-0.5)},
        "foresight": None,
        "answer_length": {
            "chosen": {  # tokens 4 and 2, words 3 and 1
                "tokens": {"n": 2, "mean": 3.0, "median": 3.0},
                "words": {"n": 2, "mean": 2.0, "median": 2.0},
            },
            "rejected": {  # tokens 3, 5 and 2, words 2, 4 and 1
                "tokens": {"n": 3, "mean": 10 / 3, "median": 3.0},
                "words": {"n": 3, "mean": 7 / 3, "median": 2.0},
            },
        },
    }


def test_it_says_which_way_yes_and_no_are_turned(tmp_path: Path) -> None:
    turned = [("Yes.", "No"), ("Yes, a car.", "no, none"), ("no", "Yes"), ("Yes", "Yes, a car"), ("Nothing", "No")]
    run = write_run(tmp_path / "run", [pair(n, answer(yes), [answer(no)]) for n, (yes, no) in enumerate(turned)])
    summary = summarise_pairs(run)
    assert summary.to_json()["yes_or_no"] == {"yes_chosen": 2, "no_chosen": 1}
    (table,) = [table for table in pairs_tables(summary) if table.title == "Yes or no"]
    assert table.rows == (("yes", "no", "2", "66.7 %"), ("no", "yes", "1", "33.3 %"))


def test_first_words_tell_how_varied_answers_are(tmp_path: Path) -> None:
    chosen, rejected = ("Red", "blue.", "Green", "red"), ("red", "Red!", "red", "red")
    answers = [*zip(chosen, rejected, strict=True)] * (VARIED // len(chosen))
    pairs = [pair(n, answer(one), [answer(other)]) for n, (one, other) in enumerate(answers)]
    summary = summarise_pairs(write_run(tmp_path / "run", pairs))
    assert summary.chosen.variety == pytest.approx(2**1.5)  # a half and two quarters: 1.5 bits
    assert summary.rejected.variety == 1
    (table,) = [table for table in pairs_tables(summary) if table.title == "Variety of first words"]
    assert table.rows == (("chosen", "2.8", "–"), ("rejected", "1.0", "-64.6 %"))
    few = summarise_pairs(write_run(tmp_path / "few", pairs[1:]))
    assert "Variety of first words" not in [table.title for table in pairs_tables(few)]


@pytest.mark.parametrize(
    ("lengths", "median"), [([3], 3), ([1, 2], 1.5), ([9, 1, 5], 5), ([4, 4, 4, 9], 4), ([1, 1, 7, 9], 4)]
)
def test_median(lengths: list[int], median: float) -> None:
    counted = Distribution()
    counted.counts.update(lengths)
    assert counted.median == median


def test_a_server_tells_no_tokens(tmp_path: Path) -> None:
    summary = summarise_pairs(write_run(tmp_path / "run", [pair(1, answer("a dog"), [answer("a cat")])]))
    assert (summary.chosen.tokens.mean, summary.chosen.words.mean) == (None, 2)
    (lengths,) = [table for table in pairs_tables(summary) if table.title == "Answer length"]
    assert lengths.rows[0] == ("chosen", "1", "–", "–", "2.0", "2.0")


def test_tables_leave_out_what_there_is_nothing_of(tmp_path: Path) -> None:
    summary = summarise_pairs(write_run(tmp_path / "run", [dropped(1, "equal answers"), dropped(2, "equal answers")]))
    text = "\n\n".join(printed(table) for table in pairs_tables(summary))
    assert text.splitlines() == [
        "Preference pairs",
        "",
        "source  examples  pairs  share",
        "──────────────────────────────",
        "quiz           2      0  0.0 %",
        "",
        "Examples without a pair",
        "",
        "reason         examples    share",
        "────────────────────────────────",
        "equal answers         2  100.0 %",
    ]


def test_other_runs_and_empty_ones_are_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="holds no record yet"):
        summarise_pairs(write_run(tmp_path / "empty", []))
    with pytest.raises(RunError, match="holds answers, not pairs"):
        summarise_pairs(write_run(tmp_path / "answers", [dropped(1, "x")], kind="answers"))
