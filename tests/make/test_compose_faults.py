"""What no fault of a server, a disk or a kill may cost a run of `burnish compose`."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from compositions import BAD, GOOD, Drawing, config, erratic, folder
from scripted_server import Said, Scripted, serving

from burnish.dialogue.generation_log import Attempts
from burnish.errors import RunError, RunLocked, ServerError
from burnish.make.compose import compose
from burnish.records import Dropped
from burnish.store import Run
from patience import HANG_S, SILENCE_S


def told(records: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted((records / "records").glob("*.jsonl")))


def test_faults_of_one_call_drop_one_example(tmp_path: Path) -> None:
    """Refused, empty, null, garbage, cut: each costs its own example, and no other."""
    said = {
        "refused": Said("This picture is too large.", status=400),
        "filtered": Said("", finish="content_filter"),
        "empty": Said(""),
        "null": Said(None),
        "garbage": Said("\x00\ud83d ###"),
        "cut": Said(GOOD, finish="length"),
        "fine": Said(GOOD),
    }
    scripted = Scripted(lambda question, _: said[question])
    with serving(scripted) as address:
        result = compose(config(folder(tmp_path / "in", list(said)), tmp_path / "run", model=address))
    dropped = {record.id: record.reason for record in Run.open(tmp_path / "run").records(Dropped)}
    assert dropped == {
        "refused": "refused",
        "filtered": "refused",
        "empty": "empty reply",
        "null": "empty reply",
        "garbage": "no round 1",
        "cut": "cut off",
    }
    assert result.kept == 1
    # what is refused is not asked for again; what came badly, twice more
    assert Counter(scripted.questions) == {
        "refused": 1, "filtered": 1, "empty": 3, "null": 3, "garbage": 3, "cut": 3, "fine": 1,
    }  # fmt: skip
    assert result.usage.calls == 15
    assert result.usage.uncounted == 1  # a refusal has no tokens


def test_a_slow_server_and_one_that_is_not_the_protocols_are_asked_again(tmp_path: Path) -> None:
    faults = [Said(silent=True), Said(raw=b"<html>busy</html>"), Said("busy", status=503), Said(hang_up=True)]
    scripted = Scripted(lambda *_: faults.pop(0) if faults else Said(GOOD))
    with serving(scripted) as address:
        given = config(
            folder(tmp_path / "in", ["a", "b", "c", "d"]), tmp_path / "run", model=address, timeout=SILENCE_S, retries=2
        )
        assert compose(given).kept == 4
    assert len(scripted.questions) == 8


def test_as_many_calls_are_open_at_once_as_may_be(tmp_path: Path) -> None:
    together = threading.Barrier(12)

    def script(*_: object) -> Said:
        together.wait(timeout=HANG_S)  # breaks, and fails the call, where fewer than 12 ever come together
        return Said(GOOD)

    scripted = Scripted(script)
    with serving(scripted) as address:
        source = folder(tmp_path / "in", [str(i) for i in range(24)])
        assert compose(config(source, tmp_path / "run", model=address, concurrency=12)).kept == 24
    assert scripted.most_open == 12


def test_a_server_that_dies_in_the_middle_costs_nothing_that_was_paid_for(tmp_path: Path) -> None:
    names = [str(i) for i in range(30)]
    source = folder(tmp_path / "in", names)

    def alive(question: str, _seed: int) -> Said:
        return Said(BAD if question == "3" else GOOD)

    answered: list[str] = []

    def dying(question: str, seed: int) -> Said:
        if len(answered) >= 20:
            return Said(hang_up=True)
        answered.append(question)
        return alive(question, seed)

    scripted = Scripted(dying)
    with serving(scripted) as address:
        given = config(source, tmp_path / "run", model=address, concurrency=4)
        with pytest.raises(ServerError, match="was asked once without success"):
            compose(given)
        scripted.script, scripted.questions = alive, []
        result = compose(given)
        # 20 replies were paid for; of the other 10, and of two more to a question that is never answered well
        assert Counter(scripted.questions) + Counter(answered) == Counter(dict.fromkeys(names, 1) | {"3": 3})
        whole = compose(config(source, tmp_path / "whole", model=address, concurrency=4))
    assert told(tmp_path / "run") == told(tmp_path / "whole")
    assert result == whole


KILLS = 2


def test_kills_at_any_moment_lose_no_reply_and_change_no_record(tmp_path: Path) -> None:
    """A process of its own, killed with SIGKILL again and again while its calls are open."""
    source = folder(tmp_path / "in", [str(i) for i in range(150)])
    scripted = Scripted(erratic)
    with serving(scripted) as address:
        whole = compose(config(source, tmp_path / "whole", model=address, concurrency=6))
        scripted.questions, scripted.bodies = [], []
        command = [sys.executable, "-m", "burnish", "compose", source, "--model", address]
        command += ["--out", str(tmp_path / "run"), "--concurrency", "6", "--retries", "0"]
        kills = 0
        while kills < KILLS:
            before = _kept(tmp_path / "run")
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            while process.poll() is None and _kept(tmp_path / "run") < before + 40:
                time.sleep(0.002)
            if process.poll() is not None:
                break
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
        assert kills == KILLS, f"the run ended after {kills} kills"
        assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    assert told(tmp_path / "run") == told(tmp_path / "whole")
    assert list(Attempts(Run.open(tmp_path / "run"))) == list(Attempts(Run.open(tmp_path / "whole")))
    assert (
        json.loads((tmp_path / "run/done.json").read_text())["usage"]
        == json.loads((tmp_path / "whole/done.json").read_text())["usage"]
    )
    # only a call that was open when its process died may have been made twice
    twice = len(scripted.bodies) - whole.usage.calls
    assert 0 <= twice <= KILLS * 6


def _kept(run: Path) -> int:
    """Replies that are on the disk: in the journal, or with their records."""
    files = [run / "journal.jsonl", *run.glob("attempts/*.jsonl")]
    return sum(path.read_bytes().count(b"\n") for path in files if path.exists())


def test_two_processes_cannot_write_one_run(tmp_path: Path, play: Any, capsys: pytest.CaptureFixture[str]) -> None:
    source = folder(tmp_path / "in", ["a"])
    play(Drawing({"a": [GOOD]}))
    given = config(source, tmp_path / "run")
    compose(given)
    with Run.begin(tmp_path / "run", Run.open(tmp_path / "run").manifest), pytest.raises(RunLocked, match="process"):
        compose(given)


def test_a_full_disk_is_one_sentence_and_costs_one_batch(tmp_path: Path, play: Any) -> None:
    names = [str(i) for i in range(12)]
    source = folder(tmp_path / "in", names)
    model = play(Drawing({name: [BAD, GOOD, GOOD] for name in names}))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (6_000, hard))
    try:
        with pytest.raises(RunError, match=r"cannot be written \(File too large\)"):
            compose(config(source, tmp_path / "run"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    before = len(model.calls)
    result = compose(config(source, tmp_path / "run"))
    assert result.kept == 12
    # 12 examples, two batches of replies; the one that did not fit was lost with the disk
    assert 0 < before <= 24
    assert len(model.calls) <= 24 + 12


def test_restart_forgets_what_an_earlier_run_asked(tmp_path: Path, play: Any) -> None:
    source = folder(tmp_path / "in", ["a"])
    play(Drawing({"a": [BAD, GOOD]}))
    compose(config(source, tmp_path / "run"))
    play(Drawing({"a": [GOOD]}))
    assert compose(config(source, tmp_path / "run", restart=True)).usage.calls == 1


def test_what_an_endpoint_lost_is_composed_again_with_all_attempts_told(tmp_path: Path) -> None:
    """The first of 60 is lost at once, and each needs two attempts."""
    source, lost, tried = folder(tmp_path / "in", [str(i) for i in range(60)]), list[str](), Counter[str]()

    def script(question: str, _seed: int) -> Said:
        if question in lost:
            return Said("boom", status=500)
        tried[question] += 1
        return Said(GOOD if tried[question] > 1 else BAD)

    with serving(Scripted(script)) as address:
        given = config(source, tmp_path / "run", model=address, concurrency=1)
        whole = compose(replace(given, out=str(tmp_path / "whole")))
        first = next(iter(Run.open(tmp_path / "whole"))).id
        tried.clear()
        lost.append(first)
        assert dict(compose(given).dropped) == {"refused": 1}
        lost.clear()
        again = compose(replace(given, retry_dropped=True))
    assert tried == dict.fromkeys(map(str, range(60)), 2)
    assert told(tmp_path / "run") == told(tmp_path / "whole")
    assert list(Attempts(Run.open(tmp_path / "run"))) == list(Attempts(Run.open(tmp_path / "whole")))
    assert again == whole
