"""Kill -9 in the midst of verbs that other tests do not kill: the same records, and no reply asked for twice."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tiny_models
from burnish.cli import main
from burnish.store import Run
from faulty_server import Answer, Faulty, completion, serving
from fire_items import made_item
from patience import HANG_S

PLACES = 4


def dialogues(folder: Path, n: int) -> str:
    """A FIRE file of dialogues about one picture."""
    (folder / "images").mkdir()
    tiny_models.picture(1, 24).save(folder / "images/cats.png")
    items = [made_item(4, 9, id=f"d{number}") for number in range(n)]
    (folder / "fire.json").write_text(json.dumps(items))
    return f"fire:{folder / 'fire.json'}"


def pope(folder: Path, n: int) -> str:
    """One split of POPE about one picture."""
    (folder / "val2014").mkdir()
    tiny_models.picture(1, 24).save(folder / "val2014/one.png")
    lines = [{"question_id": i, "image": "one.png", "text": f"Is there a {i}?", "label": "yes"} for i in range(n)]
    (folder / "coco_pope_random.json").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return str(folder)


def kill_when(words: list[str], due: Callable[[], bool]) -> None:
    """Run the command, and kill it at that moment; fails where it is over before."""
    command = [sys.executable, "-m", "burnish", *words]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + HANG_S
    while process.poll() is None and not due() and time.monotonic() < deadline:
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "it was over before it could be killed"


@pytest.mark.parametrize(("verb", "calls"), [("fixed", 90), ("standard", 90)])
def test_a_killed_bench_asks_only_for_what_was_open(tmp_path: Path, verb: str, calls: int) -> None:
    """A third of 30 dialogues' texts are a student's, the rest its teacher's."""
    tried, lock = Counter[str](), threading.Lock()

    def slow(_: int, body: dict[str, Any]) -> Answer:
        with lock:
            tried[json.dumps(body["messages"])] += 1
        return Answer(completion("Score: 5.\nFeedback: yes"), delay_s=0.02)

    with serving(Faulty(slow)) as address:
        model = f"{address}#m"
        words = {
            "fixed": lambda: ["fixed", dialogues(tmp_path, 30), "--student", model, "--teacher", model],
            "standard": lambda: [
                "standard",
                "pope",
                "--data",
                pope(tmp_path, 90),
                "--splits",
                "random",
                "--model",
                model,
            ],
        }[verb]()
        bench = ["bench", *words, "--concurrency", str(PLACES)]
        assert main([*bench, "--out", str(tmp_path / "whole")]) == 0
        asked = tried.copy()
        assert asked.total() == calls
        tried.clear()
        kill_when([*bench, "--out", str(tmp_path / "run")], lambda: tried.total() >= calls // 2)
        assert main([*bench, "--out", str(tmp_path / "run")]) == 0
    assert list(Run.open(tmp_path / "run")) == list(Run.open(tmp_path / "whole"))
    assert tried.keys() == asked.keys()
    assert tried.total() <= calls + PLACES, "a kill costs the calls that were open"


def test_a_killed_import_holds_the_same_records(tmp_path: Path) -> None:
    verb = ["import", dialogues(tmp_path, 4_000)]
    assert main([*verb, "--out", str(tmp_path / "whole")]) == 0
    records = tmp_path / "run/records/00000.jsonl"
    kill_when([*verb, "--out", str(tmp_path / "run")], lambda: records.exists() and records.stat().st_size > 1_000)
    assert 0 < len(Run.open(tmp_path / "run")) < 4_000
    assert main([*verb, "--out", str(tmp_path / "run")]) == 0
    assert list(Run.open(tmp_path / "run")) == list(Run.open(tmp_path / "whole"))
