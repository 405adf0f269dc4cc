"""`burnish import`: a file's dialogues as a run, again after a kill; the items were made for the tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from burnish.cli import main
from burnish.errors import ConfigChanged, ConfigError
from burnish.ids import content_key
from burnish.make.importing import ImportConfig, ImportResult, import_dialogues
from burnish.records import Dialogue, Dropped
from burnish.sources.fire import FireSource
from burnish.store import Run
from fire_items import made_item, png, real_file, write_items

ITEMS = [
    made_item(4, 9),
    made_item("high", "9"),
    made_item(4, image="none.png"),
    made_item(4, conversations=[]),
    made_item(5, 8, image="text.png"),
    made_item(6, 7),
]


def written(tmp_path: Path) -> ImportConfig:
    path = write_items(tmp_path, ITEMS)
    (tmp_path / "text.png").write_text("no picture")
    return ImportConfig(source=str(path), out=str(tmp_path / "run"))


def test_every_item_becomes_a_record(tmp_path: Path) -> None:
    result = import_dialogues(written(tmp_path))
    reasons = {"missing image": 1, "no conversation": 1, "broken image": 1}
    assert result == ImportResult(tmp_path / "run", items=6, kept=3, dropped=reasons, unscored=1)
    run = Run.open(tmp_path / "run")
    assert run.manifest.kind == "dialogues"
    assert run.summary == {"items": 6, "kept": 3, "dropped": reasons, "unscored": 1}
    kinds = [f"({one.reason})" if isinstance(one, Dropped) else one.id for one in run]
    assert kinds == ["item-1", "item-2", "(missing image)", "(no conversation)", "(broken image)", "item-6"]
    for dialogue in run.records(Dialogue):
        assert dialogue.image == content_key(png())
        assert run.image(dialogue.image) == png()


def test_a_killed_import_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = written(tmp_path)
    undisturbed = import_dialogues(ImportConfig(source=config.source, out=str(tmp_path / "whole")))
    read = FireSource.dialogues
    readings = []

    def killed(self: FireSource) -> Iterator[Dialogue | Dropped]:
        readings.append(self)
        for number, dialogue in enumerate(read(self)):
            if number == 2 and len(readings) == 2:  # the first reading is the fingerprint's
                raise KeyboardInterrupt
            yield dialogue

    monkeypatch.setattr(FireSource, "dialogues", killed)
    with pytest.raises(KeyboardInterrupt):
        import_dialogues(config)
    assert len(Run.open(tmp_path / "run")) == 2
    result = import_dialogues(config)
    assert result._replace(run=undisturbed.run) == undisturbed
    assert list(Run.open(tmp_path / "run")) == list(Run.open(tmp_path / "whole"))


def test_a_file_that_has_changed_is_refused(tmp_path: Path) -> None:
    config = written(tmp_path)
    import_dialogues(config)
    write_items(tmp_path, ITEMS[:5])
    with pytest.raises(ConfigChanged, match="fingerprint of the source"):
        import_dialogues(config)


def test_nothing_given_is_told() -> None:
    with pytest.raises(ConfigError, match="--out is empty"):
        ImportConfig(source="a.json", out="")


def test_the_verb_tells_the_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = written(tmp_path)
    counts = tmp_path / "counts.json"
    assert main(["import", config.source, "--out", config.out, "--json", str(counts)]) == 0
    assert capsys.readouterr().out.splitlines()[-12:] == [
        "                             number",
        "───────────────────────────────────",
        "items                             6",
        "dialogues                         3",
        "feedback without a score          1",
        "  left out: missing image         1",
        "  left out: no conversation       1",
        "  left out: broken image          1",
        "",
        "Written:",
        f"  {tmp_path / 'run'}",
        f"  {counts}",
    ]
    assert json.loads(counts.read_text())["kept"] == 3
    assert main(["import", str(tmp_path / "none.json"), "--out", str(tmp_path / "b")]) == 2
    assert "none.json is not there" in capsys.readouterr().err


def test_the_real_file(tmp_path: Path) -> None:
    result = import_dialogues(ImportConfig(source=f"fire:{real_file()}", out=str(tmp_path / "run")))
    assert (result.items, result.kept, result.unscored) == (137, 137, 0)
