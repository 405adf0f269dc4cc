"""The journal: a reply is there once it was kept, torn lines are not, and what is forgotten leaves the file."""

from __future__ import annotations

import dataclasses
import resource
from pathlib import Path

import pytest

from burnish.errors import RunError
from burnish.records import Dropped, Json
from burnish.store import JournalEntry, Run, new_manifest
from burnish.store.journal import COMPACT_BYTES, Journal


@dataclasses.dataclass(frozen=True)
class Config:
    """A verb's configuration."""

    model: str = "pocket"


MANIFEST = new_manifest("simulate", Config(), seed=0, fingerprints={})


def dropped(number: int) -> Dropped:
    return Dropped(id=str(number), source="test", reason="none")


def reply(text: str) -> Json:
    return {"text": text, "token_ids": [1, 2]}


def test_replies_outlive_the_process_that_kept_them(tmp_path: Path) -> None:
    with Run.begin(tmp_path, MANIFEST) as run:
        run.keep_reply(JournalEntry(0, "student 1"), reply("é\nü"))
        run.keep_reply(JournalEntry(1, "student 1"), reply("other"))
        # read while the writer is alive: nothing waits in a buffer
        assert len((tmp_path / "journal.jsonl").read_bytes().splitlines()) == 2
    with Run.begin(tmp_path, MANIFEST) as run:
        assert run.reply(JournalEntry(0, "student 1")) == reply("é\nü")
        assert run.reply(JournalEntry(1, "student 1")) == reply("other")
        assert run.reply(JournalEntry(0, "teacher 1")) is None
        assert run.reply(JournalEntry(2, "student 1")) is None


def test_what_a_record_needed_is_forgotten_with_it(tmp_path: Path) -> None:
    with Run.begin(tmp_path, MANIFEST) as run:
        for number in range(3):
            run.keep_reply(JournalEntry(number, "a"), reply(str(number)))
        run.append([dropped(0), dropped(1)])
        assert [run.reply(JournalEntry(number, "a")) for number in range(3)] == [None, None, reply("2")]
    with Run.begin(tmp_path, MANIFEST) as run:  # the lines are still in the file, and count for nothing
        assert [run.reply(JournalEntry(number, "a")) for number in range(3)] == [None, None, reply("2")]


def test_a_finished_run_has_no_journal(tmp_path: Path) -> None:
    with Run.begin(tmp_path, MANIFEST) as run:
        run.keep_reply(JournalEntry(0, "a"), reply("0"))
        run.append([dropped(0)])
        run.finish({"made": 1})
        with pytest.raises(RunError, match="is finished"):
            run.keep_reply(JournalEntry(1, "a"), reply("1"))
    assert not (tmp_path / "journal.jsonl").exists()


def test_restart_forgets_the_replies(tmp_path: Path) -> None:
    with Run.begin(tmp_path, MANIFEST) as run:
        run.keep_reply(JournalEntry(0, "a"), reply("0"))
    (tmp_path / "journal.jsonl.tmp").write_text("half of a journal that was being written anew")
    with Run.begin(tmp_path, MANIFEST, restart=True) as run:
        assert run.reply(JournalEntry(0, "a")) is None
    assert not list(tmp_path.glob("journal*"))


def test_a_reader_has_no_journal(tmp_path: Path) -> None:
    with Run.begin(tmp_path, MANIFEST), pytest.raises(RunError, match="reading only"):
        Run.open(tmp_path).reply(JournalEntry(0, "a"))


def test_a_line_torn_at_any_byte_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path, begin=0)
    for number in range(3):
        journal.put({JournalEntry(number, "a"): reply("ü" * number)})
    journal.close()
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    kept = len(lines[0]) + len(lines[1])
    for size in range(kept, len(whole) + 1):
        path.write_bytes(whole[:size])
        torn = Journal(path, begin=0)
        there = 3 if size == len(whole) else 2
        assert len(torn) == there
        assert path.read_bytes() == b"".join(lines[:there])
        if there == 2:
            torn.put({JournalEntry(2, "a"): reply("üü")})
        torn.close()
        assert path.read_bytes() == whole


def test_a_damaged_line_is_named(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b'{"record": 0, "part": "a", "reply": {}}\n' + b"\0" * 20 + b"\n")
    with pytest.raises(RunError, match=r"journal\.jsonl, line 2, is not a reply: delete this file"):
        Journal(path, begin=0)


def test_a_reply_is_kept_once_and_never_for_a_record_that_is_there(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl", begin=5)
    journal.put({JournalEntry(5, "a"): reply("5")})
    for part in (JournalEntry(5, "a"), JournalEntry(4, "a")):
        with pytest.raises(ValueError, match="answered already"):
            journal.put({part: reply("again")})
    journal.close()


def test_neither_file_nor_memory_grows_with_what_is_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path, begin=0)
    text = "x" * 10_000  # 400 lines of 10 kB: four times what may lie about
    largest = 0
    for number in range(400):
        journal.put({JournalEntry(number, "a"): reply(text)})
        journal.forget(before=number - 9)
        assert len(journal) == min(number + 1, 10)
        largest = max(largest, path.stat().st_size)
    journal.close()
    assert 900_000 < largest < COMPACT_BYTES + 12 * 10_100
    assert len(Journal(path, begin=390)) == 10
    assert Journal(path, begin=390).get(JournalEntry(399, "a")) == reply(text)


def test_a_full_disk_is_one_sentence_and_the_journal_stays_sound(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with Run.begin(tmp_path, MANIFEST) as run:
        run.keep_reply(JournalEntry(0, "a"), reply("short"))
        resource.setrlimit(resource.RLIMIT_FSIZE, (2_000, hard))
        try:
            with pytest.raises(RunError, match=r"cannot be written \(File too large\): make room or fix"):
                run.keep_reply(JournalEntry(1, "a"), reply("x" * 3_000))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert (tmp_path / "journal.jsonl").read_bytes().count(b"\n") == 1
        run.keep_reply(JournalEntry(1, "a"), reply("now there is room"))
    with Run.begin(tmp_path, MANIFEST) as run:
        assert run.reply(JournalEntry(1, "a")) == reply("now there is room")
