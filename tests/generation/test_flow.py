"""The flow of questions to an endpoint: as many calls as may be open, records in order, no reply asked for twice."""

from __future__ import annotations

import base64
import io
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
from PIL import Image

import tiny_models
from burnish.bench.answers import AnswersConfig, bench_answers
from burnish.bench.sampled import SampledConfig, bench_sampled
from burnish.cli import main
from burnish.errors import ServerError
from burnish.make.pairs import PairsConfig, make_pairs
from burnish.records import Dropped, Prediction, PreferencePair
from burnish.store import Run
from faulty_server import Answer, Faulty, completion, said, serving
from patience import HANG_S

BROKEN = "broken"


def folder(root: Path, names: list[str]) -> str:
    """A source of questions that are their own names; the picture of one called BROKEN cannot be opened."""
    tiny_models.picture(1, 24).save(root / "one.png")
    (root / "broken.png").write_bytes(b"no picture")
    lines = [
        {"id": name, "image": f"{'broken' if name == BROKEN else 'one'}.png", "question": name, "answer": "yes"}
        for name in names
    ]
    (root / "questions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return f"folder:{root / 'questions.jsonl'}"


def asked(body: dict[str, Any]) -> str:
    return str(body["messages"][0]["content"][-1]["text"])


def echo(body: dict[str, Any]) -> Answer:
    return Answer(completion(f"about {asked(body)}"))


def answers(source: str, address: str, out: Path, **others: Any) -> list[Prediction | Dropped]:
    """The records of `burnish bench answers`, each of which must hold the answer to its own question."""
    config = AnswersConfig(source=source, model=f"{address}#m", out=str(out), **{"retries": 0, **others})
    bench_answers(config)
    held = [record for record in Run.open(out) if isinstance(record, Prediction | Dropped)]
    assert all(record.text == f"about {record.id}" for record in held if isinstance(record, Prediction))
    return held


def ids(source: str, tmp_path: Path, n: int) -> list[str]:
    """In the order of the source's sample, as a server that is never late gives them."""
    with serving(Faulty(lambda _, body: echo(body))) as address:
        held = answers(source, address, tmp_path / "undisturbed")
    assert len(held) == n
    return [record.id for record in held]


def test_all_calls_that_may_be_open_are_open_at_once(tmp_path: Path) -> None:
    """Nobody is answered before 80 have come, twice: chunks of 64 would wait for ever."""
    source, everyone = folder(tmp_path, [f"q{number}" for number in range(160)]), threading.Barrier(80)

    def together(_: int, body: dict[str, Any]) -> Answer:
        everyone.wait(timeout=HANG_S)
        return echo(body)

    faulty = Faulty(together)
    with serving(faulty) as address:
        assert len(answers(source, address, tmp_path / "run", concurrency=80)) == 160
    assert faulty.most_open == 80


def test_a_late_answer_holds_up_no_other_and_its_record_keeps_its_place(tmp_path: Path) -> None:
    """The first of 100 questions is answered last, although 64 would be a chunk."""
    source = folder(tmp_path, [f"q{number}" for number in range(99)] + [BROKEN])
    order = ids(source, tmp_path, 100)
    first = next(name for name in order if name != BROKEN)
    others, lock = threading.Semaphore(0), threading.Lock()

    def late(_: int, body: dict[str, Any]) -> Answer:
        with lock:
            others.release()
        if asked(body) == first:
            assert all(others.acquire(timeout=HANG_S) for _ in range(99))
        return echo(body)

    with serving(Faulty(late)) as address:
        held = answers(source, address, tmp_path / "run", concurrency=32)
    assert [record.id for record in held] == order
    assert [record.id for record in held if isinstance(record, Dropped)] == [BROKEN]


def test_replies_that_came_before_a_failure_are_not_asked_for_again(tmp_path: Path) -> None:
    """The first question fails while all that come with it are answered: no record can be written yet."""
    source = folder(tmp_path, [f"q{number}" for number in range(20)])
    order = ids(source, tmp_path, 20)
    good: Counter[str] = Counter()
    sound = threading.Event()

    def failing(_: int, body: dict[str, Any]) -> Answer:
        if asked(body) == order[0] and not sound.is_set():
            deadline = time.monotonic() + HANG_S
            while good.total() < 10 and time.monotonic() < deadline:
                time.sleep(0.005)
            return Answer(said("overloaded"), status=503)
        good[asked(body)] += 1
        return echo(body)

    with serving(Faulty(failing)) as address:
        with pytest.raises(ServerError):
            answers(source, address, tmp_path / "run", concurrency=4, give_up=1)
        assert len(Run.open(tmp_path / "run")) == 0
        assert good.total() >= 10
        sound.set()
        held = answers(source, address, tmp_path / "run", concurrency=4)
    assert [record.id for record in held] == order
    assert good == dict.fromkeys(order, 1)
    assert not (tmp_path / "run/journal.jsonl").exists()


def test_an_input_torn_between_its_records_is_gone_on_with(tmp_path: Path) -> None:
    """Two records an input, the clean picture's and the mirrored one's; a kill came between the two."""
    source, calls = folder(tmp_path, ["a", "b", BROKEN]), Faulty(lambda _, body: echo(body))
    with serving(calls) as address:
        whole = answers(source, address, tmp_path / "run", distort=("flip",))
        assert len(calls.calls) == 4
        for torn in range(6):
            run = tmp_path / "run"
            (run / "done.json").unlink()
            [lines] = (run / "records").iterdir()
            lines.write_bytes(b"".join(lines.read_bytes().splitlines(keepends=True)[:torn]))
            assert answers(source, address, run, distort=("flip",)) == whole


def test_pairs_through_a_server_are_of_the_clean_and_the_distorted_picture(tmp_path: Path) -> None:
    source, clean = folder(tmp_path, [f"q{number}" for number in range(30)]), tiny_models.picture(1, 24).tobytes()

    def by_picture(_: int, body: dict[str, Any]) -> Answer:
        url = body["messages"][0]["content"][0]["image_url"]["url"]
        sent = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).tobytes()
        return Answer(completion(f"{asked(body)} {'clean' if sent == clean else 'mirrored'}"))

    with serving(Faulty(by_picture)) as address:
        config = PairsConfig(
            source=source, model=f"{address}#m", distort=("flip",), per_image=30, out=str(tmp_path / "run")
        )
        assert make_pairs(config).kept == 30
    for pair in Run.open(tmp_path / "run").records(PreferencePair):
        assert pair.chosen.text == f"{pair.id} clean"
        assert [rejected.answer.text for rejected in pair.rejected] == [f"{pair.id} mirrored"]


def test_answers_are_drawn_in_the_flow_each_at_its_temperature(tmp_path: Path) -> None:
    """The first question's answer at the first temperature comes after the 159 others, of which 64 would be a chunk."""
    source = folder(tmp_path, [f"q{number}" for number in range(80)])
    first, others, lock = ids(source, tmp_path, 80)[0], threading.Semaphore(0), threading.Lock()

    def late(_: int, body: dict[str, Any]) -> Answer:
        with lock:
            others.release()
        if (asked(body), body["temperature"]) == (first, 0):
            assert all(others.acquire(timeout=HANG_S) for _ in range(159))
        return Answer(completion(f"{asked(body)} at {body['temperature']:g}, seed {body.get('seed')}"))

    with serving(Faulty(late)) as address:
        config = SampledConfig(
            source=source,
            model=f"{address}#m",
            temperatures=(0.0, 0.5),
            per_image=80,
            concurrency=40,
            out=str(tmp_path / "run"),
        )
        assert bench_sampled(config).answers == 160
    held = list(Run.open(tmp_path / "run").records(Prediction))
    assert [record.facts["temperature"] for record in held] == [0.0, 0.5] * 80
    told = [record.text.partition(", seed ") for record in held]
    assert [words for words, _, _ in told] == [f"{record.id} at {record.facts['temperature']:g}" for record in held]
    assert len({seed for _, _, seed in told[1::2]}) == 80


def command(source: str, address: str, out: Path) -> list[str]:
    verb = ["bench", "answers", source, "--model", f"{address}#m"]
    return [*verb, "--out", str(out), "--concurrency", "8", "--distort", "flip"]


def wait_for(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + HANG_S
    while not what() and time.monotonic() < deadline:
        time.sleep(0.002)


def test_a_killed_command_asks_only_for_what_was_open(tmp_path: Path) -> None:
    source, tried = folder(tmp_path, [f"q{number}" for number in range(150)]), Counter[str]()
    lock = threading.Lock()

    def slow(_: int, body: dict[str, Any]) -> Answer:
        with lock:
            tried[json.dumps(body["messages"])] += 1
        return Answer(echo(body).body, delay_s=0.02)

    with serving(Faulty(slow)) as address:
        assert main(command(source, address, tmp_path / "whole")) == 0
        assert (len(tried), tried.total()) == (300, 300)
        tried.clear()
        for kill_at in (60, 190):
            killed = [sys.executable, "-m", "burnish", *command(source, address, tmp_path / "run")]
            process = subprocess.Popen(killed, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            wait_for(lambda least=kill_at: tried.total() >= least)  # type: ignore[misc]
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert main(command(source, address, tmp_path / "run")) == 0
    assert list(Run.open(tmp_path / "run")) == list(Run.open(tmp_path / "whole"))
    assert len(tried) == 300
    assert tried.total() <= 300 + 2 * 8, "a kill costs the 8 calls that were open"


def test_what_an_endpoint_lost_is_asked_again_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of 20 questions one fails at every try, in the midst of others; one is refused for good."""
    names = [*(f"q{number}" for number in range(18)), "lost", "refused"]
    source, well = folder(tmp_path, names), threading.Event()

    def failing(_: int, body: dict[str, Any]) -> Answer:
        if body and asked(body) == "refused":
            return Answer(said("too large"), status=400)
        if body and asked(body) == "lost" and not well.is_set():
            return Answer(said("boom"), status=500)
        return echo(body) if body else Answer(b"{}")

    faulty = Faulty(failing)
    with serving(faulty) as address:
        before = answers(source, address, tmp_path / "run", concurrency=2)
        assert {record.id for record in before if isinstance(record, Dropped)} == {"lost", "refused"}
        well.set()
        assert answers(source, address, tmp_path / "run") == before, "a finished run is left as it is"
        faulty.calls.clear()
        after = answers(source, address, tmp_path / "run", retry_dropped=True)
        assert [asked(body) for body in faulty.calls] == ["lost"]
        assert answers(source, address, tmp_path / "run", retry_dropped=True) == after
        assert len(faulty.calls) == 1
    assert [record.id for record in after] == [record.id for record in before]
    assert [old for old in before if old.id != "lost"] == [new for new in after if new.id != "lost"]
    assert {record.id for record in after if isinstance(record, Dropped)} == {"refused"}
    assert not (tmp_path / "run/before").exists()


@pytest.mark.parametrize("kills", [0, 5, 12])
def test_a_retry_that_dies_loses_no_record(tmp_path: Path, kills: int) -> None:
    """The server is gone when so many lost questions have been answered, then it is back."""
    source, state, good = folder(tmp_path, [f"q{number}" for number in range(30)]), ["flaky"], Counter[str]()

    def failing(_: int, body: dict[str, Any]) -> Answer:
        name = asked(body) if body else ""
        if name and int(name[1:]) % 2 and (state[0] == "flaky" or (state[0] == "mortal" and good.total() >= kills)):
            return Answer(said("boom"), status=500)
        good[name] += bool(name)
        return echo(body) if body else Answer(b"{}")

    with serving(Faulty(failing)) as address:
        before = answers(source, address, tmp_path / "run", concurrency=1, give_up=100)
        assert 10 <= sum(isinstance(record, Dropped) for record in before) <= 15
        state[0], lost = "mortal", {record.id for record in before if isinstance(record, Dropped)}
        good.clear()
        with pytest.raises(ServerError):
            answers(source, address, tmp_path / "run", concurrency=1, give_up=1, retry_dropped=True)
        state[0] = "well"
        after = answers(source, address, tmp_path / "run", concurrency=1)
    assert [record.id for record in after] == [record.id for record in before]
    assert not any(isinstance(record, Dropped) for record in after)
    assert good == dict.fromkeys(lost, 1)


@pytest.mark.parametrize(
    "verb",
    [
        ["pairs", "--model", "no/model"],
        ["pairs", "from-samples", "--model", "no/model"],
        ["simulate", "--student", "no/model", "--teacher", "no/model"],
        ["bench", "answers", "--model", "no/model"],
        ["bench", "sampled", "--model", "no/model"],
        ["bench", "teacher", "--teacher", "no/model"],
    ],
    ids=" ".join,
)
def test_a_source_is_read_before_a_model_is_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], verb: list[str]
) -> None:
    assert main([*verb, f"folder:{tmp_path / 'nowhere.jsonl'}", "--out", str(tmp_path / "run")]) == 2
    assert "nowhere.jsonl" in capsys.readouterr().err
