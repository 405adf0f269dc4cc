"""How sources are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.errors import SourceError
from burnish.sources import KINDS, open_source
from burnish.sources.spec import Spec, parse_spec, split_specs


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("folder:a.jsonl", ["folder:a.jsonl"]),
        ("folder:a.jsonl,llava:b.json", ["folder:a.jsonl", "llava:b.json"]),
        ("folder:a.jsonl, pocket", ["folder:a.jsonl", "pocket"]),
        ("pocket,pocket:heldout,folder:a", ["pocket", "pocket:heldout", "folder:a"]),
        ("pocket#per_task=5,pocket#per_task=6", ["pocket#per_task=5", "pocket#per_task=6"]),
        ("folder:x,y/a,b.jsonl", ["folder:x,y/a,b.jsonl"]),
        ("folder:a,pocketful.jsonl", ["folder:a,pocketful.jsonl"]),
        ("folder:a,b:c.jsonl", ["folder:a,b:c.jsonl"]),
        ("folder:a.jsonl#ask=What, where?,pocket", ["folder:a.jsonl#ask=What, where?", "pocket"]),
    ],
)
def test_commas_part_sources_only_before_a_kind(text: str, parts: list[str]) -> None:
    assert split_specs(text, KINDS) == parts


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("pocket", Spec("pocket", "", {})),
        ("pocket:heldout/counting+existence", Spec("pocket", "heldout/counting+existence", {})),
        ("folder:C:/a.jsonl", Spec("folder", "C:/a.jsonl", {})),
        (
            "folder:a.jsonl#question=the text#root=/data/x",
            Spec("folder", "a.jsonl", {"question": "the text", "root": "/data/x"}),
        ),
        ("folder:a#b.jsonl", Spec("folder", "a#b.jsonl", {})),
        ("folder:a#b.jsonl#ask=Which #?", Spec("folder", "a#b.jsonl", {"ask": "Which #?"})),
        ("huggingface:beans#test", Spec("huggingface", "beans", {"split": "test"})),
        ("huggingface:org/name#test#question=q", Spec("huggingface", "org/name", {"split": "test", "question": "q"})),
    ],
)
def test_a_source_is_kind_path_and_options(text: str, spec: Spec) -> None:
    assert parse_spec(text, KINDS) == spec


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "kind of source"),
        ("questions.jsonl", "folder:PATH"),
        ("fodler:a.jsonl", "'fodler:a.jsonl' does not begin with a kind of source"),
        ("folder:", "no path"),
        ("folder", "no path"),
        ("folder:a.jsonl#ask=", "#ask= no value"),
        ("folder:a.jsonl#split=x", "no option #split; the options are: #root=, #ask="),
        ("llava:a.json#test", "no option #split; the options are: #root=, #strip="),
    ],
)
def test_a_wrong_source_is_refused_in_one_sentence(text: str, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        open_source(text)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_home_folder_may_be_short(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "q.jsonl").write_text('{"image": "a.png", "question": "?"}')
    for text in ("folder:~/q.jsonl", "folder:~/q.jsonl#root=~/pictures"):
        assert len(list(open_source(text).candidates())) == 1


def test_every_kind_is_named_when_one_is_unknown() -> None:
    with pytest.raises(SourceError) as caught:
        open_source("zip:a")
    assert all(kind in str(caught.value) for kind in KINDS)
