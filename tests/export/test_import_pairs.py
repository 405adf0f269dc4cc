"""`burnish import pairs`: what Burnish exports comes back, and the forms that other tools and data sets have."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import datasets
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from awkward_run import WANTED, colour_of, picture

from builders import write_run
from burnish.cli import main
from burnish.errors import SourceError
from burnish.export import ExportConfig, export_run
from burnish.export.verb import Format
from burnish.images import decode
from burnish.make.importing_pairs import ImportPairsConfig, import_pairs
from burnish.records import Dropped, PreferencePair, TextMessage
from burnish.sources.pair_files import open_pairs
from burnish.store import Run


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What the library converts goes to the test's folder, quietly."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    datasets.disable_progress_bars()
    yield
    datasets.enable_progress_bars()


@pytest.mark.parametrize("to", ["trl", "swift", "llamafactory", "llava"])
def test_what_was_exported_comes_back(run: Run, tmp_path: Path, to: Format) -> None:
    folder = export_run(ExportConfig(run=str(run.path), to=to, out=str(tmp_path / "out"))).folder
    (file,) = (path for name in ("*.parquet", "pairs.json*", "burnish_pairs.json") for path in folder.rglob(name))
    result = import_pairs(ImportPairsConfig(source=str(file), out=str(tmp_path / "back")), open_pairs(str(file)))
    back = Run.open(result.run)
    pairs = [record for record in back if isinstance(record, PreferencePair)]
    found = [
        (pair.question, pair.chosen.text, rejected.answer.text, colour_of(decode(back.image(pair.image))))
        for pair in pairs
        for rejected in pair.rejected
    ]
    assert found == WANTED
    assert [len(pair.rejected) for pair in pairs] == [1, 2, 1]
    kept = {pair.id: pair for pair in run.records(PreferencePair)}
    assert [pair.image for pair in pairs] == [kept[name].image for name in ("0", "2", "5")]
    if to in ("trl", "llava"):  # whose rows have ids
        assert [(pair.source, pair.id) for pair in pairs] == [("ocr", "0"), ("ocr", "2"), ("ocr", "5")]
    if to == "trl":
        made = [[(one.distortion, one.seed) for one in pair.rejected] for pair in pairs]
        assert made == [[(one.distortion, one.seed) for one in kept[pair.id].rejected] for pair in pairs]


BEFORE = (TextMessage("system", "Be short."), TextMessage("user", "Which colour?"), TextMessage("assistant", "Blue."))


@pytest.mark.parametrize("to", ["trl", "swift", "llamafactory", "llava"])
def test_a_pair_whose_prompt_is_a_dialogue_comes_back(run: Run, tmp_path: Path, to: Format) -> None:
    talk = replace(next(iter(run.records(PreferencePair))), question="No: look again.", before=BEFORE)
    made = write_run(tmp_path / "talk", [replace(talk, image="")], like=run, pictures=lambda *_: picture("red"))
    folder = export_run(ExportConfig(run=str(made.path), to=to, out=str(tmp_path / "out"))).folder
    (file,) = (path for name in ("*.parquet", "pairs.json*", "burnish_pairs.json") for path in folder.rglob(name))
    (back,) = open_pairs(str(file))
    assert isinstance(back, PreferencePair)
    assert (back.before, back.question, back.chosen.text) == (BEFORE, talk.question, talk.chosen.text)
    if to != "trl":  # its trainer sets the picture's mark itself
        assert file.read_text(encoding="utf-8").replace("\\n", "").count("<image>Which colour?") in (1, 2)


def _said(role: str, text: str) -> dict[str, str]:
    return {"role": role, "content": text}


def _from(name: str, text: str) -> dict[str, str]:
    return {"from": name, "value": text}


def _rated(text: str, *ratings: str) -> dict[str, Any]:
    return {"response": text, "annotations": {f"aspect {i}": {"Rating": one} for i, one in enumerate(ratings)}}


ASKED = _said("user", "<image>What?")
GOOD, BAD = _said("assistant", "A cup."), _said("assistant", "A dog.")
FORMS: dict[str, dict[str, Any]] = {
    "trl": {"prompt": [ASKED], "chosen": [GOOD], "rejected": [BAD]},
    "trl, texts": {"prompt": "What?", "chosen": "A cup.", "rejected": "A dog."},
    "trl, the prompt within": {"chosen": [ASKED, GOOD], "rejected": [ASKED, BAD]},
    "swift": {"messages": [ASKED, GOOD], "rejected_response": "A dog."},
    "swift, messages": {"messages": [ASKED, GOOD], "rejected_messages": [ASKED, BAD]},
    "llamafactory": {
        "conversations": [_from("human", "<image>What?")],
        "chosen": _from("gpt", "A cup."),
        "rejected": _from("gpt", "A dog."),
    },
    "llamafactory, alpaca": {"instruction": "<image>What?", "input": "", "chosen": "A cup.", "rejected": "A dog."},
    "rlaifv": {"question": "What?", "chosen": "A cup.", "rejected": "A dog.", "ds_name": "x"},
    "rlhfv": {"text": json.dumps({"question": "What?", "chosen": "A cup.", "rejected": "A dog."})},
    "povid": {
        "conversations": [_from("human", "<image>\nWhat?"), _from("gpt", "A cup.")],
        "rejected_conversations": [_from("human", "<image>\nWhat?"), _from("gpt", "A dog.")],
    },
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_is_seen_by_its_columns(tmp_path: Path, name: str) -> None:
    (tmp_path / "0.png").write_bytes(picture("red"))
    file = tmp_path / "pairs.json"
    file.write_text(json.dumps([{**FORMS[name], "image": "0.png"}]))
    pairs = open_pairs(str(file))
    (pair,) = pairs
    assert isinstance(pair, PreferencePair)
    said = (pair.question, pair.chosen.text, [one.answer.text for one in pair.rejected])
    assert said == ("What?", "A cup.", ["A dog."])
    assert pairs.picture(pair.image) == picture("red")


def test_tables_of_texts_name_pictures_beside_them(tmp_path: Path) -> None:
    (tmp_path / "0.png").write_bytes(picture("red"))
    (tmp_path / "pairs.csv").write_text('image,question,chosen,rejected\n0.png,What?,"A cup, red.",A dog.\n')
    (tmp_path / "pairs.tsv").write_text("image\tprompt\tchosen\trejected\n0.png\tWhat?\tA cup, red.\tA dog.\n")
    for name in ("pairs.csv", "pairs.tsv"):
        pairs = open_pairs(str(tmp_path / name))
        (pair,) = pairs
        assert isinstance(pair, PreferencePair)
        said = (pair.question, pair.chosen.text, [one.answer.text for one in pair.rejected])
        assert said == ("What?", "A cup, red.", ["A dog."])
        assert pairs.picture(pair.image) == picture("red")


@pytest.mark.parametrize(
    ("name", "said"),
    [("none.csv", "is not there: give the file that lists the examples"), ("some.txt", "ends in .jsonl, .json, .csv")],
)
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "some.txt").write_text("A cup, not a dog.")
    with pytest.raises(SourceError, match=said):
        list(open_pairs(str(tmp_path / name)))


def test_ranked_answers_have_several_rejected_ones(tmp_path: Path) -> None:
    answers = [_rated("worst", "1", "2"), _rated("best", "5", "N/A"), _rated("middle", "3", "4"), _rated("also", "5")]
    row = {"prompt": "What?", "completions": answers, "images": [{"bytes": picture("red"), "path": None}]}
    file = tmp_path / "ranked.parquet"
    pq.write_table(pa.Table.from_pylist([row]), file)
    pairs = open_pairs(str(file))
    (pair,) = pairs
    assert isinstance(pair, PreferencePair)
    assert (pair.chosen.text, [one.answer.text for one in pair.rejected]) == ("best", ["middle", "worst"])
    assert pairs.picture(pair.image) == picture("red")


def test_what_is_no_preference_is_counted(tmp_path: Path) -> None:
    (tmp_path / "0.png").write_bytes(picture("red"))
    good = {"question": "What?", "chosen": "A cup.", "rejected": "A dog.", "image": "0.png"}
    rows: dict[str, object] = {
        "equal answers": {**good, "rejected": " A cup. "},
        "no rejected": {**good, "rejected": ""},
        "no image": {**good, "image": None},
        "no JSON object": 7,
    }
    file = tmp_path / "pairs.json"
    file.write_text(json.dumps([good, *rows.values()]))
    assert [one.reason for one in open_pairs(str(file)) if isinstance(one, Dropped)] == [*rows]
    file.write_text(json.dumps([{"prompt": [GOOD], "chosen": [GOOD], "rejected": [BAD], "image": "0.png"}]))
    with pytest.raises(SourceError, match="has no question before its answers"):
        list(open_pairs(str(file)))
    file.write_text(json.dumps([{"image": "0.png", "caption": "x"}]))
    with pytest.raises(SourceError, match=r"has 'image', 'caption', which is not a known form of preferences"):
        list(open_pairs(str(file)))


def test_the_verb_shows_what_came_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "0.png").write_bytes(picture("red"))
    row = {"question": "What?", "chosen": "A cup.", "rejected": "A dog.", "image": "0.png"}
    (tmp_path / "pairs.jsonl").write_text("\n".join(json.dumps({**row, "image": name}) for name in ("0.png", "1.png")))
    words = ["import", "pairs", f"rlaifv:{tmp_path}/pairs.jsonl", "--out", str(tmp_path / "run")]
    assert main(words) == 0
    told = capsys.readouterr().out
    assert "missing image" in told and "none: imported" in told
    assert main(words) == 0  # again, from what is there
    assert main(["report", str(tmp_path / "run"), "--out", str(tmp_path / "page")]) == 0
    (tmp_path / "gone").mkdir()
    (tmp_path / "gone" / "pairs.jsonl").write_text(json.dumps(row))
    words = ["import", "pairs", f"{tmp_path}/gone/pairs.jsonl", "--out", str(tmp_path / "nothing")]
    assert main(words) == 2
