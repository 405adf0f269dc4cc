"""`folder`: JSONL, CSV and Parquet rows become candidates; what cannot is counted with its reason."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from source_files import candidates, dropped, png, reasons, shared_data, write_jsonl, write_pictures

from burnish.errors import ImageError, SourceError
from burnish.sources import Candidate, open_source

ROWS = [
    {"image": "a.png", "question": "What?", "answer": "A dot.", "id": "one", "source": "dots"},
    {"image": "sub/b.png", "question": 'Où, "là"?\nHere?'},
]
EXPECTED = [
    Candidate(id="one", image="a.png", question="What?", answer="A dot.", source="dots"),
    Candidate(id="line-2", image="sub/b.png", question='Où, "là"?\nHere?', source="questions"),
]


def write_csv(path: Path, header: list[str], rows: list[list[object]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def refusal(text: str) -> str:
    with pytest.raises(SourceError) as caught:
        list(open_source(text).candidates())
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_jsonl(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "questions.jsonl", ROWS)
    assert list(open_source(f"folder:{path}").candidates()) == EXPECTED


def test_csv(tmp_path: Path) -> None:
    header = ["id", "image", "question", "answer", "source", "ignored"]
    rows: list[list[object]] = [[row.get(name) for name in header] for row in ROWS]
    path = write_csv(tmp_path / "questions.csv", header, rows)
    assert list(open_source(f"folder:{path}").candidates()) == [EXPECTED[0], _renamed(EXPECTED[1], "line-3")]


def test_parquet(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist([{**ROWS[0], "ignored": 1}, ROWS[1]]), tmp_path / "questions.parquet")
    source = open_source(f"folder:{tmp_path}/questions.parquet")
    assert list(source.candidates()) == [EXPECTED[0], _renamed(EXPECTED[1], "row-2")]


def _renamed(candidate: Candidate, key: str) -> Candidate:
    return Candidate(id=key, image=candidate.image, question=candidate.question, source=candidate.source)


def test_byte_order_mark_windows_lines_and_blank_lines_are_no_faults(tmp_path: Path) -> None:
    rows = [json.dumps(row, ensure_ascii=False).encode() for row in ROWS]
    jsonl = tmp_path / "questions.jsonl"
    jsonl.write_bytes(b"\xef\xbb\xbf" + rows[0] + b"\r\n\r\n  \r\n" + rows[1])
    assert list(open_source(f"folder:{jsonl}").candidates()) == [EXPECTED[0], _renamed(EXPECTED[1], "line-4")]
    table = tmp_path / "questions.csv"
    table.write_bytes(b"\xef\xbb\xbfimage,question\r\n\r\na.png,What?\r\n")
    assert [one.question for one in candidates(open_source(f"folder:{table}"))] == ["What?"]


def test_a_bad_line_of_jsonl_is_counted_in_its_place(tmp_path: Path) -> None:
    good = b'{"image": "a.png", "question": "fine"}'
    bad = {
        b'{"image": "a.png", "question"': "(broken JSON)",
        b"[" * 100_000: "(broken JSON)",
        b'{"image": "a.png", "question": ' + b"9" * 5000 + b"}": "(broken JSON)",
        b'["a.png", "What?"]': "(no JSON object)",
        b'{"image": "a.png", "question": "\xff"}': "(not UTF-8)",
        b'{"image": "a.png", "question": "\\ud800"}': "(not UTF-8)",
        b'{"image": "a.png"}': "(no question)",
        b'{"image": "a.png", "question": ""}': "(no question)",
        b'{"image": "a.png", "question": " \\t"}': "(no question)",
        b'{"image": null, "question": "What?"}': "(no image)",
        b'{"image": [7], "question": "What?"}': "(image is no text)",
        b'{"image": ["a.png", "b.png"], "question": "What?"}': "(several images)",
        b'{"image": "a.png", "question": 7}': "(question is no text)",
        b'{"image": "a.png", "question": "What?", "answer": {"text": "x"}}': "(answer is no text)",
        b'{"image": "a.png", "question": "What?", "id": [1]}': "(id is no text)",
    }
    path = tmp_path / "q.jsonl"
    path.write_bytes(b"\n".join([good, *bad, good]))
    source = open_source(f"folder:{path}")
    assert reasons(source) == ["fine", *bad.values(), "fine"]
    seventh = dropped(source)[6]
    assert (seventh.id, seventh.source) == ("line-8", "q")
    assert seventh.detail == "line 8 has no 'question', only 'image'."


def test_numbers_and_truth_values_may_be_answers_and_ids(tmp_path: Path) -> None:
    rows = [{"image": "a", "question": "?", "id": 7, "answer": answer} for answer in (3, 0.5, True, None, "", "no")]
    found = candidates(open_source(f"folder:{write_jsonl(tmp_path / 'q.jsonl', rows)}"))
    assert [one.answer for one in found] == ["3", "0.5", "true", None, None, "no"]
    assert found[0].id == "7"


def test_a_bad_line_of_csv_is_counted_in_its_place(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_bytes(
        b"image,question\n"
        b"a.png,first\n"
        b"a.png\n"  # line 3: a field too few
        b"a.png,one,two\n"  # line 4: a field too many
        b"a.png,\xff\n"
        b",What?\n"
        b'a.png,"closed" too early\n'
        b"a.png," + b"x" * 200_000 + b"\n"  # line 8: beyond the csv module's limit
        b"a.png,last\n"
        b'a.png,"never closed\n'
        b"a.png,swallowed\n"
    )
    source = open_source(f"folder:{path}")
    assert reasons(source) == [
        "first",
        "(broken CSV)",
        "(broken CSV)",
        "(not UTF-8)",
        "(no image)",
        "(broken CSV)",
        "(broken CSV)",
        "last",
        "(broken CSV)",
    ]
    found = dropped(source)
    assert found[0].detail == "line 3 has 1 fields, and the header has 2."
    assert found[-1].detail.startswith("line 10 is broken CSV up to line 11: unexpected end of data")


def test_other_column_names_and_one_question_for_all(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "q.jsonl", [{"picture": "a.png", "sentence": "Is it?", "label": "no"}])
    named = candidates(open_source(f"folder:{path}#image=picture#question=sentence#answer=label"))
    assert named == [Candidate(id="line-1", image="a.png", question="Is it?", answer="no", source="q")]
    asked = candidates(open_source(f"folder:{path}#image=picture#ask=What is it, then?"))
    assert asked == [Candidate(id="line-1", image="a.png", question="What is it, then?", source="q")]


def test_a_table_of_several_pictures_is_refused_by_what_mends_it(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "q.jsonl", [{"image": ["a.png", "b.png"], "question": "Which?"}])
    end = "choose one with #which=1 and so on, or all of them with #which=all."
    assert refusal(f"folder:{path}").endswith(f"q.jsonl holds nothing that can be used: line 1 has 2 pictures: {end}")


def test_wrong_columns_are_refused_by_name(tmp_path: Path) -> None:
    table = write_csv(tmp_path / "q.csv", ["picture", "question"], [["a.png", "What?"]])
    message = refusal(f"folder:{table}")
    assert message.startswith(f"{table} has no column 'image', only 'picture', 'question': ")
    assert "#image=COLUMN" in message
    assert "no column 'label', only" in refusal(f"folder:{table}#image=picture#answer=label")
    pq.write_table(pa.table({"image": ["a"], "query": ["b"]}), tmp_path / "q.parquet")
    assert "no column 'question', only 'image', 'query'" in refusal(f"folder:{tmp_path}/q.parquet")
    lines = write_jsonl(tmp_path / "q.jsonl", [{"image": "a", "query": "b"}] * 3)
    message = refusal(f"folder:{lines}")
    assert "nothing that can be used (the first fault: line 1 has no 'question', only 'image', 'query')" in message
    assert "#question=COLUMN" in message


def test_files_that_are_wrong_as_a_whole(tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    (tmp_path / "empty.jsonl").touch()
    (tmp_path / "empty.csv").touch()
    (tmp_path / "header.csv").write_text("image,question\n")
    (tmp_path / "twice.csv").write_text("image,question,question\na,b,c\n")
    (tmp_path / "junk.parquet").write_bytes(b"PAR1 junk")
    (tmp_path / "q.txt").write_text("x")
    (tmp_path / "latin.csv").write_text("image,question\na.png,Où?\n", encoding="latin-1")
    (tmp_path / "utf16.jsonl").write_text('{"image": "a", "question": "b"}\n', encoding="utf-16")
    faults = {
        "gone.jsonl": "is not there",
        "gone,folder.jsonl": "every source needs its kind",
        "none": "is a directory: say what to ask of its pictures",
        "nowhere": "is not there: give a folder of pictures, or a table of questions (.jsonl, .json, .csv,",
        "photos,more": "is not there: give a folder of pictures, or a table",
        "empty.jsonl": "is empty: give one that holds examples.",
        "empty.csv": "is empty: give a table whose first line names its columns.",
        "header.csv": "is empty: give one that holds examples.",
        "twice.csv": "names a column twice",
        "junk.parquet": "cannot be read as Parquet after 0 rows",
        "q.txt": "give a file that ends in .jsonl, .json, .csv, .tsv, .parquet",
        "utf16.jsonl": "is not UTF-8 but UTF-16 text: save it as UTF-8",
        "latin.csv": "line 2 has characters in 'question' that UTF-8 cannot write): save it as UTF-8.",
    }
    for name, fault in faults.items():
        assert fault in refusal(f"folder:{tmp_path}/{name}"), name


def test_a_table_with_its_pictures_inside_is_read_as_well(tmp_path: Path) -> None:
    pq.write_table(pa.table({"image": [{"bytes": png(), "path": "a"}], "question": ["b"]}), tmp_path / "q.parquet")
    for kind in ("folder", "huggingface"):
        source = open_source(f"{kind}:{tmp_path}/q.parquet")
        assert source.load(candidates(source)[0]).image == png()


def test_arrays_of_json_and_tables_with_tabs(tmp_path: Path) -> None:
    (tmp_path / "q.json").write_text(json.dumps(ROWS))
    found = candidates(open_source(f"folder:{tmp_path}/q.json"))
    assert [(one.id, one.question) for one in found] == [("one", "What?"), ("item-2", ROWS[1]["question"])]
    (tmp_path / "q.tsv").write_text('image\tquestion\na.png\t"What, ""here""?"\n')
    assert reasons(open_source(f"folder:{tmp_path}/q.tsv")) == ['What, "here"?']


def test_several_questions_of_every_row(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path / "q.jsonl", [{"image": "a.png", "answer": "x"}])
    (tmp_path / "asks.txt").write_text("Second?\n\nThird?\nFirst?\n")
    found = candidates(open_source(f"folder:{path}#ask=First?#ask=@{tmp_path}/asks.txt"))
    assert [(one.id, one.question, one.answer) for one in found] == [
        ("line-1, ask 1", "First?", "x"),
        ("line-1, ask 2", "Second?", "x"),
        ("line-1, ask 3", "Third?", "x"),
    ]
    (tmp_path / "none.txt").touch()
    for file, fault in (("none.txt", "is empty"), ("gone.txt", "is not there")):
        with pytest.raises(SourceError, match=fault):
            open_source(f"folder:{path}#ask=@{tmp_path}/{file}")


def test_a_picture_is_read_beside_the_file_or_under_the_given_root(tmp_path: Path) -> None:
    write_pictures(tmp_path, ["here/a.png", "there/a.png"])
    (tmp_path / "there" / "a.png").write_bytes(png("blue"))
    path = write_jsonl(tmp_path / "here" / "q.jsonl", ROWS)
    for spec, data in ((f"folder:{path}", png()), (f"folder:{path}#root={tmp_path}/there", png("blue"))):
        source = open_source(spec)
        example = source.load(candidates(source)[0])
        assert (example.id, example.question, example.answer, example.source) == ("one", "What?", "A dot.", "dots")
        assert example.image == data


def test_a_bad_picture_raises_its_reason(tmp_path: Path) -> None:
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "cut.png").write_bytes(png()[:40])
    names = {"gone.png": "missing image", "../up.png": "outside the root", "text.png": "broken image"}
    names |= {"cut.png": "broken image", "a\0b.png": "unreadable image"}
    path = write_jsonl(tmp_path / "q.jsonl", [{"image": name, "question": "?"} for name in names])
    source = open_source(f"folder:{path}")
    for candidate in candidates(source):
        with pytest.raises(ImageError) as caught:
            source.load(candidate)
        assert caught.value.reason == names[candidate.image]


def test_real_sentences_about_boxes() -> None:
    folder = shared_data("nlvr-dev")
    source = open_source(f"folder:{folder}/examples.jsonl#question=sentence#answer=label")
    found = candidates(source)
    assert len(found) == 660
    assert {one.answer for one in found} == {"true", "false"}
    assert source.load(found[0]).question == "Each grey box contains atleast one yellow object touching the edge"


def test_real_photos_of_groceries(tmp_path: Path) -> None:
    folder = shared_data("grocery")
    lines = (folder / "val.jsonl").read_text(encoding="utf-8").splitlines()[:3]
    rows = [json.loads(line) for line in lines]
    for row in rows:
        (tmp_path / row["image"]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / row["image"], tmp_path / row["image"])
        row |= {"question": "Which product is this?", "answer": row["product"], "source": row["group"]}
    source = open_source(f"folder:{write_jsonl(tmp_path / 'grocery.jsonl', rows)}")
    examples = [source.load(one) for one in candidates(source)]
    assert [one.answer for one in examples] == [row["product"] for row in rows]
