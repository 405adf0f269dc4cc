"""Whole dialogues from a model: what is kept, what is asked again, what it costs, and what no fault may lose."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from scripted_server import Said, Scripted, serving

import tiny_models
from burnish.cli import main
from burnish.dialogue.attempts import Attempts
from burnish.errors import ConfigError, RunError, RunLocked, ServerError, SourceError
from burnish.fire.spending import Price, Usage
from burnish.fire.texts import read_feedback, read_response
from burnish.make import compose as module
from burnish.make.compose import ComposeConfig, compose
from burnish.make.prices import read_price
from burnish.models import Decoding, OnReply, Reply, Request
from burnish.models.base import ignore
from burnish.models.scripted import ScriptedModel
from burnish.pocket import weights_path
from burnish.prompts import ComposerPrompt, load
from burnish.records import Dialogue, Dropped
from burnish.store import Run
from real_server import transformers_serve

REAL = Path(__file__).resolve().parents[3] / "shared/data/fire-human-rated"


def dialogue(*scores: float) -> str:
    """A dialogue with these scores in the form of figure A10."""
    return "\n".join(
        f"# Round {i}\n## Student's response\nThought: I look.\nAnswer: {i}\n"
        f"## Teacher's feedback\nScore: {score:g}\nFeedback: Go on."
        for i, score in enumerate(scores, start=1)
    )


GOOD = dialogue(3, 6, 9)
BAD = "I see a cat."


def folder(root: Path, names: Sequence[str], answer: str | None = "three") -> str:
    """A source of one picture, asked about once for each name; the question is the name."""
    root.mkdir(exist_ok=True)
    tiny_models.picture(1).save(root / "one.png")
    lines = [
        {"id": name, "image": "one.png", "question": name} | ({"answer": answer} if answer else {}) for name in names
    ]
    (root / "questions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return f"folder:{root / 'questions.jsonl'}"


def config(source: str, out: Path, **others: Any) -> ComposeConfig:
    return ComposeConfig(**{"source": source, "model": "scripted", "out": str(out), "retries": 0, **others})


def asked(request: Request) -> str:
    """The question in a composer's request."""
    return request.messages[-1].text.partition("question: ")[2].partition(" and groundtruth")[0]


class Drawing:
    """A scripted model that notes what it is asked, and answers by question and number of the attempt."""

    fingerprint = template_fingerprint = "drawing"

    def __init__(self, replies: dict[str, list[str]]) -> None:
        self.replies = replies
        self.calls: list[tuple[str, float, int]] = []

    def generate(self, requests: Sequence[Request], decoding: Decoding, on_reply: OnReply = ignore) -> list[Reply]:
        made = []
        for number, request in enumerate(requests):
            question = asked(request)
            before = sum(call[0] == question for call in self.calls)
            self.calls.append((question, decoding.temperature, request.seed))
            made.append(Reply(text=self.replies[question][before], prompt_tokens=100, completion_tokens=10))
            on_reply(number, made[-1])
        return made


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts a model in the place of the one that the configuration names."""

    def put(model: Any) -> Any:
        monkeypatch.setattr(module, "open_model", lambda _: model)
        return model

    return put


def test_each_example_becomes_a_dialogue_or_a_drop_with_its_reason(tmp_path: Path, play: Any) -> None:
    said = {
        "kept": [GOOD],
        "flat": [dialogue(5, 5)],
        "long": [dialogue(1, 2, 3, 4, 5, 6, 7)],
        "single": [dialogue(9)],
        "second": [BAD, GOOD],
        "never": [BAD, "", dialogue(3).replace("Score: 3", "Score: low")],
    }
    model = play(Drawing(said))
    result = compose(config(folder(tmp_path / "in", list(said)), tmp_path / "run"))
    records = {record.id: record for record in Run.open(tmp_path / "run")}
    assert {name for name, record in records.items() if isinstance(record, Dialogue)} == {"kept", "second"}
    assert {name: record.reason for name, record in records.items() if isinstance(record, Dropped)} == {
        "flat": "no rise",
        "long": "too many turns",
        "single": "one turn",
        "never": "no score",  # of the last attempt
    }
    # in form, but against the paper's filter: dropped, not asked for again
    assert Counter(question for question, *_ in model.calls) == {name: len(texts) for name, texts in said.items()}
    assert (result.made, result.kept, result.turns) == (6, 2, {"3": 2})
    assert (result.first_score, result.last_score) == (3.0, 9.0)
    assert result.turned_down == {
        "no round 1": 2, "no rise": 1, "too many turns": 1, "one turn": 1, "empty reply": 1, "no score": 1,
    }  # fmt: skip
    kept = records["kept"]
    assert isinstance(kept, Dialogue)
    assert kept.turns[0].response == read_response("Thought: I look.\nAnswer: 1")
    assert kept.turns[2].feedback == read_feedback("Score: 9.\nFeedback: Go on.")
    assert (kept.answer, kept.question, kept.ended) == ("three", "kept", "")
    assert Run.open(tmp_path / "run").image(kept.image) == (tmp_path / "in/one.png").read_bytes()


def test_what_was_turned_down_can_be_looked_at(tmp_path: Path, play: Any) -> None:
    long = "word " * 200
    play(Drawing({"a": [long, GOOD], "b": [long, long, BAD]}))
    compose(config(folder(tmp_path / "in", ["a", "b"]), tmp_path / "run"))
    run = Run.open(tmp_path / "run")
    [dropped] = run.records(Dropped)
    assert dropped.detail == "No line says `# Round 1` first. It says: I see a cat."
    found = {(attempt.id, attempt.number): attempt for attempt in Attempts(run)}
    assert {key: (one.reason, one.text) for key, one in found.items()} == {
        ("a", 1): ("no round 1", long),
        ("a", 2): ("", ""),  # its words stand in the record
        ("b", 1): ("no round 1", long),
        ("b", 2): ("no round 1", long),
        ("b", 3): ("no round 1", BAD),
    }


@pytest.mark.parametrize(("temperature", "expected"), [(0.0, [0.0, 1.0, 1.0]), (0.7, [0.7, 0.7, 0.7])])
def test_what_is_asked_again_is_drawn_anew(
    tmp_path: Path, play: Any, temperature: float, expected: list[float]
) -> None:
    model = play(Drawing({"a": [BAD] * 3, "b": [GOOD]}))
    compose(config(folder(tmp_path / "in", ["a", "b"]), tmp_path / "run", temperature=temperature))
    calls = [(at, seed) for question, at, seed in model.calls if question == "a"]
    assert [at for at, _ in calls] == expected
    assert len({seed for _, seed in calls}) == 3


def test_a_reply_that_was_cut_off_is_asked_for_again(tmp_path: Path, play: Any) -> None:
    play(ScriptedModel(lambda _: GOOD))
    compose(config(folder(tmp_path / "in", ["a"]), tmp_path / "run", max_new_tokens=60))
    [dropped] = Run.open(tmp_path / "run").records(Dropped)
    assert (dropped.reason, len(list(Attempts(Run.open(tmp_path / "run"))))) == ("cut off", 3)


def test_feedback_that_tells_the_answer_is_turned_down_if_asked(tmp_path: Path, play: Any) -> None:
    telling = dialogue(3, 9).replace("Go on.", "It is three.")
    source = folder(tmp_path / "in", ["a"])
    play(ScriptedModel(lambda _: telling))
    assert compose(config(source, tmp_path / "run")).kept == 1
    assert compose(config(source, tmp_path / "strict", keep_secret=True)).dropped == {"answer told": 1}


def test_an_example_without_a_ground_truth_costs_no_call(tmp_path: Path, play: Any) -> None:
    model = play(Drawing({}))
    result = compose(config(folder(tmp_path / "in", ["a"], answer=None), tmp_path / "run"))
    assert (result.dropped, model.calls) == ({"no ground truth": 1}, [])


def test_tokens_and_cost_count_every_reply_and_are_shown_while_it_runs(
    tmp_path: Path, play: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    play(Drawing({"a": [GOOD], "b": [BAD, BAD, GOOD]}))
    (tmp_path / "prices.yaml").write_text("scripted: {currency: EUR, input: 2500, output: 10000}\nother: 3\n")
    given = config(folder(tmp_path / "in", ["a", "b"]), tmp_path / "run", prices=str(tmp_path / "prices.yaml"))
    result = compose(given)
    assert result.usage == Usage(calls=4, prompt_tokens=400, completion_tokens=40)
    # 400 tokens at 2,500 a million and 40 at 10,000 a million
    assert result.cost == pytest.approx(400 * 0.0025 + 40 * 0.01) == pytest.approx(1.40)
    assert "0 dropped, 400 tokens in, 40 out, 1.40 EUR" in capsys.readouterr().err
    # a finished run asks nothing, and tells the same by another table
    (tmp_path / "prices.yaml").write_text('{"scripted": {"currency": "USD", "input": 0, "output": 1000000}}')
    again = compose(given)
    assert (again.usage, again.cost, again.currency) == (result.usage, 40.0, "USD")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("other: {currency: USD, input: 1, output: 2}", "has no price of scripted: it has other"),
        ("scripted: {currency: USD, input: 1}", "scripted needs `currency`, `input` and `output`"),
        ("scripted: {currency: USD, input: 1, output: -2}", "output: -2, which is no price"),
        ("scripted: {currency: USD, input: .nan, output: 2}", "input: nan, which is no price"),
        ("scripted: {currency: 7, input: 1, output: 2}", "currency: 7"),
        ("- scripted", "must hold one entry a model"),
        ("{", "cannot be read as YAML or JSON"),
    ],
)
def test_a_wrong_price_table_is_refused_before_anything_is_asked(
    tmp_path: Path, play: Any, text: str, said: str
) -> None:
    model = play(Drawing({}))
    (tmp_path / "prices.yaml").write_text(text)
    with pytest.raises(ConfigError, match="--prices") as caught:
        compose(config(folder(tmp_path / "in", ["a"]), tmp_path / "run", prices=str(tmp_path / "prices.yaml")))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert not model.calls


def test_a_price_is_found_by_the_name_behind_the_address(tmp_path: Path) -> None:
    (tmp_path / "prices.json").write_text('{"org/m": {"currency": "USD", "input": 10, "output": 30.5}}')
    price = read_price(str(tmp_path / "prices.json"), "https://host/v1#org/m")
    assert price == Price(currency="USD", input=10.0, output=30.5)
    assert price.of(Usage(prompt_tokens=2_000_000, completion_tokens=100_000)) == 20 + 3.05


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"attempts": 0}, "--attempts must be at least 1"),
        ({"max_turns": 1}, "--max-turns must be at least 2"),
        ({"temperature": -1.0}, "--temperature"),
        ({"model": "oracle", "prompt": "mine.yaml"}, "takes no --adapter and no --prompt"),
    ],
)
def test_values_that_cannot_work(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        config("pocket", Path("run"), **values)


def test_the_oracle_plays_the_strong_model_in_the_pocket_world(tmp_path: Path) -> None:
    result = compose(config("pocket:train", tmp_path / "run", model="oracle", limit=60))
    assert (result.made, result.kept, result.last_score) == (60, 60, 10.0)
    assert result.usage.prompt_tokens == 0
    with pytest.raises(SourceError, match="The oracle knows the pocket world alone"):
        compose(config(folder(tmp_path / "in", ["a"]), tmp_path / "other", model="oracle"))


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
    faults = [Said(GOOD, delay_s=1.0), Said(raw=b"<html>busy</html>"), Said("busy", status=503), Said(hang_up=True)]
    scripted = Scripted(lambda *_: faults.pop(0) if faults else Said(GOOD))
    with serving(scripted) as address:
        given = config(
            folder(tmp_path / "in", ["a", "b", "c", "d"]), tmp_path / "run", model=address, timeout=0.4, retries=2
        )
        assert compose(given).kept == 4
    assert len(scripted.questions) == 8


def test_as_many_calls_are_open_at_once_as_may_be(tmp_path: Path) -> None:
    together = threading.Barrier(12)

    def script(*_: object) -> Said:
        together.wait(timeout=30)  # breaks, and fails the call, where fewer than 12 ever come together
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


def erratic(question: str, seed: int) -> Said:
    """Deterministic, and a third of it badly said, so that much is asked again."""
    text = BAD if seed % 3 == 0 else dialogue(*(5.0, 5.0)) if int(question) % 7 == 0 else GOOD
    return Said(text, delay_s=0.004)


KILLS = 3


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


def test_a_full_disk_is_one_sentence_and_no_reply_is_asked_for_again(tmp_path: Path, play: Any) -> None:
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
    # 12 examples, two replies each; the one that did not fit was lost with the disk
    assert 0 < before < 24
    assert len(model.calls) <= 24 + 1


def test_restart_forgets_what_an_earlier_run_asked(tmp_path: Path, play: Any) -> None:
    source = folder(tmp_path / "in", ["a"])
    play(Drawing({"a": [BAD, GOOD]}))
    compose(config(source, tmp_path / "run"))
    play(Drawing({"a": [GOOD]}))
    assert compose(config(source, tmp_path / "run", restart=True)).usage.calls == 1


def test_the_verb_tells_what_came_of_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = folder(tmp_path / "in", ["1", "2", "14"])
    (tmp_path / "prices.yaml").write_text("scripted: {currency: USD, input: 10, output: 30}\n")
    with serving(Scripted(erratic)) as address:
        words = ["compose", source, "--model", address, "--out", str(tmp_path / "run")]
        words += ["--prices", str(tmp_path / "prices.yaml"), "--json", str(tmp_path / "numbers.json")]
        assert main(words) == 0
    shown = capsys.readouterr().out
    assert "no rise" in shown
    assert "USD" in shown
    assert max(len(line) for line in shown.splitlines() if str(tmp_path) not in line) <= 80
    assert "## " in (tmp_path / "run/report/tables.md").read_text()
    numbers = json.loads((tmp_path / "numbers.json").read_text())
    assert (numbers["made"], numbers["kept"], numbers["dropped"]) == (3, 2, {"no rise": 1})
    assert numbers["cost"] == pytest.approx(numbers["usage"]["calls"] * (100 * 10 + 10 * 30) / 1e6)


def test_the_exit_code_tells_where_nothing_is_kept(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = folder(tmp_path / "in", ["a", "b"])
    with serving(Scripted(lambda *_: Said(BAD))) as address:
        assert main(["compose", source, "--model", address, "--out", str(tmp_path / "run")]) == 2
    captured = capsys.readouterr()
    assert "no round 1" in captured.out
    assert "None of the 2 examples became a dialogue" in captured.err


def test_the_real_dialogues_come_back_through_a_server_as_they_were(tmp_path: Path) -> None:
    """Real pictures and questions go out; the server answers with the real dialogue, put into the asked form."""
    if not REAL.is_dir():
        pytest.skip(f"the real data {REAL} is not on this machine")
    items = json.loads((REAL / "dialogues.json").read_text())
    prompt = load(ComposerPrompt, "fire-compose")
    written = {}
    for item in items:
        words = {"question": _asked(item), "groundtruth": item["groundtruth"]["value"]}
        written[prompt.messages(**words, picture=tiny_models.picture(1))[-1].text] = _in_form(item)
    scripted = Scripted(lambda sent, _: Said(written[sent]), whole=True)
    with serving(scripted) as address:
        given = config(f"fire:{REAL / 'dialogues.json'}", tmp_path / "run", model=address, limit=40)
        result = compose(given)
    assert result.made == 40
    assert result.dropped.keys() <= {"role named in a thought"}  # three of all 137
    run = Run.open(tmp_path / "run")
    real = {_asked(item): item["conversations"][0]["value"].split() for item in items}
    for found in run.records(Dialogue):
        assert found.turns[0].response.text.split() == real[found.question]
        assert run.image(found.image)


def _asked(item: dict[str, Any]) -> str:
    """The question without the mark of its picture."""
    return str(item["question"]["value"]).replace("<image>", "").strip()


def _in_form(item: dict[str, Any]) -> str:
    said = [message["value"].strip() for message in item["conversations"]]
    return "\n".join(
        f"# Round {i // 2 + 1}\n## Student's response\n{said[i]}\n## Teacher's feedback\n{said[i + 1]}"
        for i in range(0, len(said), 2)
    )


@pytest.mark.slow
def test_a_real_server_that_knows_nothing_of_dialogues_is_dropped_with_reasons(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`transformers serve` with the pocket VLM, which answers this prompt with garbage."""
    (tmp_path / "prices.yaml").write_text(f"{weights_path()}: {{currency: USD, input: 1, output: 1}}\n")
    with transformers_serve(weights_path(), tmp_path / "serve.log") as address:
        words = ["compose", "pocket:heldout", "--limit", "4", "--attempts", "2", "--max-new-tokens", "20"]
        words += ["--model", f"{address}#{weights_path()}", "--out", str(tmp_path / "run"), "--concurrency", "2"]
        words += ["--prices", str(tmp_path / "prices.yaml"), "--json", str(tmp_path / "numbers.json")]
        assert main(words) == 2
    assert "None of the 4 examples became a dialogue" in capsys.readouterr().err
    numbers = json.loads((tmp_path / "numbers.json").read_text())
    assert sum(numbers["dropped"].values()) == numbers["made"] == 4
    assert numbers["dropped"].keys() <= {"no round 1", "cut off", "empty reply"}
    assert numbers["usage"]["calls"] == 8
    assert numbers["usage"]["uncounted"] == 0
    assert numbers["cost"] > 0
    assert {attempt.number for attempt in Attempts(Run.open(tmp_path / "run"))} == {1, 2}
