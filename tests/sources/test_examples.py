"""The stream that verbs work on: one outcome for each sampled input, in a fixed order, from any index."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from source_files import png, shared_data, write_jsonl, write_pictures

from burnish.errors import ConfigError, SourceError
from burnish.records import Dropped, Example
from burnish.sources import Candidate, ExampleStream, Sampling, examples, stream
from burnish.sources.base import with_picture


@dataclass
class CountingSource:
    """Ten questions in memory, which remembers what it was asked to open."""

    opened: list[str] = field(default_factory=list)

    def candidates(self) -> Iterator[Candidate | Dropped]:
        for i in range(10):
            yield Candidate(id=str(i), image=str(i), question=f"question {i}", source="memory")

    def load(self, candidate: Candidate) -> Example:
        self.opened.append(candidate.id)
        return with_picture(candidate, png())


def rows(n: int, per_picture: int = 1, **extra: object) -> list[dict[str, object]]:
    return [
        {"id": f"q{i}", "image": f"{i // per_picture}.png", "question": f"question {i}?", **extra} for i in range(n)
    ]


def folder(tmp_path: Path, lines: list[dict[str, object]], name: str = "q.jsonl") -> str:
    write_pictures(tmp_path, {str(line["image"]) for line in lines if line.get("image")})
    return f"folder:{write_jsonl(tmp_path / name, lines)}"


def ids(spec: str, **sampling: object) -> list[str]:
    return [outcome.id for outcome in stream(spec, Sampling(**sampling))]


def test_every_input_has_one_outcome(tmp_path: Path) -> None:
    outcomes = stream(folder(tmp_path, rows(20, per_picture=5)), Sampling(per_image=None))
    found = list(outcomes)
    assert len(outcomes) == len(found) == outcomes.population == 20
    assert all(isinstance(outcome, Example) for outcome in found)
    assert [one.id for one in found] != [f"q{i}" for i in range(20)], "the order is shuffled"
    assert {one.id: one.question for one in found if isinstance(one, Example)}["q7"] == "question 7?"


def test_two_questions_of_a_picture_are_the_default(tmp_path: Path) -> None:
    outcomes = stream(folder(tmp_path, rows(20, per_picture=5)), Sampling())
    assert (len(outcomes), outcomes.population) == (8, 20)  # 4 pictures, 2 of each


def test_the_same_seed_gives_the_same_examples_in_the_same_order(tmp_path: Path) -> None:
    spec = folder(tmp_path, rows(30, per_picture=5))
    outcomes = stream(spec, Sampling(seed=1))
    assert list(outcomes) == list(outcomes) == list(stream(spec, Sampling(seed=1)))
    assert ids(spec, seed=1) != ids(spec, seed=2)
    assert ids(spec, seed=1, limit=5) == ids(spec, seed=1)[:5]


def test_a_run_goes_on_from_any_index(tmp_path: Path) -> None:
    outcomes = stream(folder(tmp_path, rows(9)), Sampling())
    whole = list(outcomes)
    for start in range(11):
        assert list(outcomes.from_index(start)) == whole[start:]


def test_iterators_do_not_disturb_one_another(tmp_path: Path) -> None:
    outcomes = stream(folder(tmp_path, rows(6)), Sampling())
    pairs = list(zip(outcomes.from_index(0), outcomes.from_index(3), strict=False))
    assert [pair[0].id for pair in pairs] + [pair[1].id for pair in pairs] == [one.id for one in outcomes]


def test_pictures_before_the_start_and_after_the_end_are_not_opened() -> None:
    source = CountingSource()
    outcomes = ExampleStream([source], Sampling())
    assert source.opened == []
    later = outcomes.from_index(4)
    assert [next(later).id, next(later).id] == source.opened
    assert len(source.opened) == 2


def test_what_is_bad_is_an_outcome_with_its_reason(tmp_path: Path) -> None:
    lines = rows(4)
    lines[1]["question"] = ""
    lines[2]["image"] = "../outside.png"
    spec = folder(tmp_path, lines)
    (tmp_path / "0.png").write_bytes(b"")
    outcomes = list(stream(spec, Sampling()))
    reasons = {one.id: one.reason for one in outcomes if isinstance(one, Dropped)}
    assert reasons == {"q0": "broken image", "line-2": "no question", "q2": "outside the root"}
    assert len(outcomes) == 4


def test_some_of_each_source_name(tmp_path: Path) -> None:
    lines = [{**row, "source": "abc"[i % 3]} for i, row in enumerate(rows(30))]
    found = list(stream(folder(tmp_path, lines), Sampling(per_source=4)))
    assert sorted(one.source for one in found) == ["a"] * 4 + ["b"] * 4 + ["c"] * 4


def test_only_the_named_sources(tmp_path: Path) -> None:
    lines = [{**row, "source": "abc"[i % 3]} for i, row in enumerate(rows(30))]
    spec = folder(tmp_path, lines)
    outcomes = stream(spec, Sampling(only=("a", "c"), per_source=4))
    assert (sorted(one.source for one in outcomes), outcomes.population) == (["a"] * 4 + ["c"] * 4, 20)
    with pytest.raises(ConfigError, match="--only d fits no example: the sources are a, b, c"):
        stream(spec, Sampling(only=("a", "d")))


def test_joined_sources_are_mixed_and_their_ids_kept_apart(tmp_path: Path) -> None:
    one, two = folder(tmp_path, rows(20), "one.jsonl"), folder(tmp_path, rows(20), "two.jsonl")
    found = list(stream(f"{one},{two},pocket:heldout/counting#per_task=20", Sampling()))
    assert len({outcome.id for outcome in found}) == 60
    assert {outcome.id for outcome in found} >= {"1-q0", "2-q0", "3-pocket-heldout-counting-000000"}
    assert all(isinstance(outcome, Example) for outcome in found)
    assert {outcome.source for outcome in found[:20]} == {"one", "two", "counting"}


def test_an_id_that_stands_twice_is_dropped_the_second_time(tmp_path: Path) -> None:
    lines = [{**row, "id": "same"} for row in rows(3)]
    found = list(stream(folder(tmp_path, lines), Sampling()))
    examples_, repeated = found[:1], found[1:]
    assert [(type(one), one.id) for one in examples_] == [(Example, "same")]
    assert [one.id for one in repeated] == ["same#1", "same#2"]
    assert all(isinstance(one, Dropped) and one.reason == "repeated id" for one in repeated)


def test_the_fingerprint_follows_the_chosen_lines_and_not_their_place(tmp_path: Path) -> None:
    lines = rows(20)
    here = stream(folder(tmp_path / "here", lines), Sampling(limit=10))
    there = stream(folder(tmp_path / "there", lines), Sampling(limit=10))
    assert here.fingerprint == there.fingerprint
    assert len(here.fingerprint) == 64
    chosen = {one.id for one in here}
    edited = {True: [dict(line) for line in lines], False: [dict(line) for line in lines]}
    for was_chosen, copy in edited.items():
        next(line for line in copy if (line["id"] in chosen) == was_chosen)["question"] = "another?"
    with_chosen = stream(folder(tmp_path / "chosen", edited[True]), Sampling(limit=10))
    with_other = stream(folder(tmp_path / "other", edited[False]), Sampling(limit=10))
    assert with_chosen.fingerprint != here.fingerprint
    assert with_other.fingerprint == here.fingerprint
    assert stream(folder(tmp_path / "here", lines), Sampling(limit=10, seed=1)).fingerprint != here.fingerprint


def test_lines_with_ids_may_be_sorted_anew(tmp_path: Path) -> None:
    lines = rows(20, per_picture=4)
    one = stream(folder(tmp_path / "one", lines), Sampling())
    other = stream(folder(tmp_path / "other", lines[::-1]), Sampling())
    assert [outcome.id for outcome in one] == [outcome.id for outcome in other]
    assert one.fingerprint == other.fingerprint


def test_a_file_of_no_use_is_refused(tmp_path: Path) -> None:
    spec = folder(tmp_path, [{"image": "a.png"}, {"question": "?"}])
    with pytest.raises(SourceError, match="nothing that can be used"):
        stream(spec, Sampling())
    with pytest.raises(SourceError, match="is not there"):
        stream("folder:/gone/q.jsonl", Sampling())


def test_a_large_choice_waits_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = folder(tmp_path, rows(50))
    in_memory = list(stream(spec, Sampling()))
    monkeypatch.setattr(examples, "IN_MEMORY", 100)
    assert list(stream(spec, Sampling())) == in_memory


def test_a_source_that_shrinks_between_its_readings_is_refused() -> None:
    class Shrinking(CountingSource):
        def candidates(self) -> Iterator[Candidate | Dropped]:
            self.opened.append("read")
            yield from list(super().candidates())[: 10 if len(self.opened) == 1 else 3]

    with pytest.raises(SourceError, match="became shorter while it was read"):
        ExampleStream([Shrinking()], Sampling())


def test_seva_s_sampling_of_llava_665k(tmp_path: Path) -> None:
    """2 questions an image, then N of each of textvqa and ocr_vqa (section 4.1), from a file of its layout."""
    items = []
    for part in ("textvqa", "ocr_vqa", "coco"):
        for i in range(10):
            turns = [{"from": who, "value": f"{who} {turn}"} for turn in range(5) for who in ("human", "gpt")]
            items.append({"id": str(i), "image": f"{part}/{i}.png", "conversations": turns})
            write_pictures(tmp_path, [f"{part}/{i}.png"])
    items.append({"id": "text", "conversations": []})
    (tmp_path / "mix.json").write_text(json.dumps(items))
    found = list(stream(f"llava:{tmp_path}/mix.json", Sampling(per_source=8, only=("textvqa", "ocr_vqa"))))
    assert sorted(one.source for one in found) == ["ocr_vqa"] * 8 + ["textvqa"] * 8
    assert all(isinstance(one, Example) for one in found)
    pool = stream(f"llava:{tmp_path}/mix.json", Sampling(only=("textvqa",)))
    assert (len(pool), pool.population) == (20, 50)


def test_real_pictures(tmp_path: Path) -> None:
    boxes = shared_data("nlvr-dev")
    spec = f"folder:{boxes}/examples.jsonl#question=sentence#answer=label"
    found = list(stream(spec, Sampling(limit=5)))
    assert all(isinstance(one, Example) and one.image.startswith(b"\x89PNG") for one in found)
