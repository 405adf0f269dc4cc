"""Many lives: whole batches or none, records in the order of the inputs, and no end that is waited for in vain."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from builders import begin
from burnish.errors import ConfigError, ModelError, ServerError
from burnish.generation import Ask, KnownReply, Life, fill
from burnish.make.pairs import PairsConfig
from burnish.models import Decoding, Message, Model, ModelOptions, OnReply, Reply, Request, open_model
from burnish.models.base import ignore
from burnish.models.scripted import ScriptedModel
from burnish.records import Dropped, Example, Prediction
from burnish.store import Run
from faulty_server import Answer, Faulty, completion, serving
from patience import HANG_S

GREEDY = Decoding()


class _Inputs:
    """Numbered inputs, of which number 3 could not be opened; remembers which were asked for."""

    def __init__(self, n: int = 10) -> None:
        self.n, self.opened = n, list[int]()

    def __len__(self) -> int:
        return self.n

    def from_index(self, start: int) -> Iterator[Example | Dropped]:
        for i in range(start, self.n):
            self.opened.append(i)
            if i == 3:
                yield Dropped(id="3", source="s", reason="broken image")
            else:
                yield Example(id=str(i), image=b"", question=f"q{i}", source="s")


def _run(path: Path) -> Run:
    return begin(path, "test")


def _ask(model: Model, name: str, text: str, decoding: Decoding = GREEDY, *, scored: bool = False) -> Ask:
    return Ask(name, model, lambda: Request(messages=(Message(role="user", text=text),)), decoding, scored)


def _record(example: Example, *texts: str) -> Prediction:
    return Prediction(id=example.id, image="", question="", answer="", text=" ".join(texts), source="s")


class _Neighbours:
    """A local model whose answers name the whole batch, as floating point in a batch can depend on it."""

    fingerprint = template_fingerprint = "neighbours"

    def __init__(self, *, dies_in_batch: int = -1) -> None:
        self.batches, self._dies = list[list[str]](), dies_in_batch

    def generate(self, requests: Sequence[Request], decoding: Decoding, on_reply: OnReply = ignore) -> list[Reply]:
        asked = [request.messages[0].text for request in requests]
        if len(self.batches) == self._dies:
            on_reply(0, Reply(text="told, and lost with its batch"))
            raise ModelError("killed")
        self.batches.append(asked)
        return [Reply(text=f"{one} of {'+'.join(asked)}") for one in asked]


def _two_views(model: Model, _: int, example: Example) -> Life:
    """Two records an input, of replies that are asked for together."""
    replies = yield [_ask(model, f"reply {view}", f"{example.id}{view}") for view in "ab"]
    return [_record(example, reply.text) for reply in replies]


def _fill_views(path: Path, model: Model, inputs: _Inputs) -> list[Any]:
    with _run(path) as run:
        fill(run, inputs, partial(_two_views, model), [model], label="test", per_input=2, batch=4)
        return list(run)


@pytest.mark.parametrize("dies", range(3))
@pytest.mark.parametrize("lost", range(3))
def test_a_run_that_died_in_any_batch_equals_an_undisturbed_one(tmp_path: Path, dies: int, lost: int) -> None:
    """It lost none to two of its last records too, whose replies are in the journal."""
    whole = _fill_views(tmp_path / "whole", _Neighbours(), _Inputs())
    with pytest.raises(ModelError):
        _fill_views(tmp_path / "torn", _Neighbours(dies_in_batch=dies), _Inputs())
    [lines] = (tmp_path / "torn" / "records").iterdir() if dies else [None]
    if lines:
        lines.write_bytes(b"".join(lines.read_bytes().splitlines(keepends=True)[: -lost or None]))
    model, inputs = _Neighbours(), _Inputs()
    assert _fill_views(tmp_path / "torn", model, inputs) == whole
    assert model.batches == [*[["0a", "0b", "1a", "1b", "2a", "2b"], _ids(4, 8), _ids(8, 10)][dies:]]
    assert not dies or inputs.opened[0] >= 4 * dies - 1, "what is done is not opened again"


def _ids(begin: int, end: int) -> list[str]:
    return [f"{number}{view}" for number in range(begin, end) for view in "ab"]


def test_drops_keep_their_place_and_what_came_before_a_failure_is_there(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        _fill_views(tmp_path / "run", _Neighbours(dies_in_batch=1), _Inputs())
    held = list(Run.open(tmp_path / "run"))
    assert [record.id for record in held] == [str(i) for i in range(4) for _ in range(2)]
    assert [isinstance(record, Dropped) for record in held] == [False] * 6 + [True] * 2


def test_what_may_be_asked_together_is_a_batch_and_an_oracle_is_no_part_of_it(tmp_path: Path) -> None:
    model = _Neighbours()
    drawn = replace(GREEDY, temperature=1.0)

    def live(position: int, example: Example) -> Life:
        [greedy, other, known] = yield [
            _ask(model, "a", f"a{position}"),
            _ask(model, "b", f"b{position}", drawn),
            KnownReply("c", Reply(text="oracle")),
        ]
        [] = yield []
        return [_record(example, greedy.text, other.text, known.text)]

    with _run(tmp_path) as run:
        fill(run, _Inputs(5), live, [model], label="test")
        assert {record.text.rpartition(" ")[2] for record in run.records(Prediction)} == {"oracle"}
    assert model.batches == [["a0", "a1", "a2", "a4"], ["b0", "b1", "b2", "b4"]]


def test_a_model_that_can_scores_all_that_is_asked_together_after_the_first_of_it(tmp_path: Path) -> None:
    model = ScriptedModel(lambda request: f"to {request.messages[0].text}")

    def live(_: int, example: Example) -> Life:
        replies = yield [_ask(model, name, f"{name}{example.id}", scored=True) for name in ("clean", "noisy")]
        clean = Request(messages=(Message(role="user", text=f"clean{example.id}"),))
        [expected] = model.score([clean], [[reply.token_ids for reply in replies]])
        assert [reply.logp for reply in replies] == expected
        return [_record(example, *(reply.text for reply in replies))]

    with _run(tmp_path) as run:
        fill(run, _Inputs(6), live, [model], label="test", batch=4)
        assert [record.text for record in run.records(Prediction)][:1] == ["to clean0 to noisy0"]


def _of_two(models: Sequence[Model], _: int, example: Example) -> Life:
    """Says what the first model says, which the second has seen."""
    [first] = yield [_ask(models[0], "first", example.question)]
    [second] = yield [_ask(models[1], "second", f"{example.question} after {first.text}")]
    return [_record(example, second.text)]


def _endpoint(address: str, **options: Any) -> Model:
    return open_model(ModelOptions(model=f"{address}#m", **{"retries": 0, "concurrency": 64, **options}))


def _said(body: dict[str, Any]) -> str:
    return str(body["messages"][0]["content"])


def _in_time(work: Callable[[], None]) -> BaseException | None:
    """What the work raises, which must be over before anybody would call it hanging."""
    raised: list[BaseException] = []

    def caught() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001
            raised.append(error)

    thread = threading.Thread(target=caught, daemon=True)
    thread.start()
    thread.join(HANG_S)
    assert not thread.is_alive(), "it hangs"
    return raised[0] if raised else None


def test_two_endpoints_speak_in_turns_and_each_reply_is_handed_on_at_once(tmp_path: Path) -> None:
    """The first question is answered last, after all others have ended."""
    ended, all_others = list[str](), threading.Event()

    def first(_: int, body: dict[str, Any]) -> Answer:
        if _said(body) == "q0":
            assert all_others.wait(HANG_S)
        return Answer(completion(f"r{_said(body)[1:]}"))

    def second(_: int, body: dict[str, Any]) -> Answer:
        ended.append(_said(body))
        if len(ended) == 198:
            all_others.set()
        return Answer(completion(f"{_said(body)}!"))

    with serving(Faulty(first)) as one, serving(Faulty(second)) as other, _run(tmp_path) as run:
        models = [_endpoint(one, concurrency=8), _endpoint(other, concurrency=200)]
        fill(run, _Inputs(200), partial(_of_two, models), models, label="test")
        texts = [record.text for record in run.records(Prediction)]
    assert texts == [f"q{i} after r{i}!" for i in range(200) if i != 3]
    assert ended[-1] == "q0 after r0"


@pytest.mark.parametrize("dies_at", [0, 1])
def test_a_server_that_dies_with_64_calls_open_ends_the_run_and_loses_no_reply(tmp_path: Path, dies_at: int) -> None:
    """One of two endpoints is gone for good, the other waits for it: the run says so, and goes on when it is back."""
    everyone, dead, asked = threading.Barrier(64), threading.Event(), list[str]()
    dead.set()

    def mortal(_: int, body: dict[str, Any]) -> Answer:
        if dead.is_set():
            if body:
                everyone.wait(HANG_S)
            return Answer(reset=True)
        asked.append(_said(body))
        return Answer(completion("back"))

    def sound(_: int, body: dict[str, Any]) -> Answer:
        asked.append(_said(body))
        return Answer(completion("fine"))

    scripts = [mortal, sound] if dies_at == 0 else [sound, mortal]
    with serving(Faulty(scripts[0])) as one, serving(Faulty(scripts[1])) as other:
        models = [_endpoint(one), _endpoint(other)]

        def work() -> None:
            with _run(tmp_path) as run:
                fill(run, _Inputs(65), partial(_of_two, models), models, label="test")

        assert isinstance(_in_time(work), ServerError)
        dead.clear()
        assert _in_time(work) is None
    assert len(list(Run.open(tmp_path).records(Prediction))) == 64
    assert sorted(asked) == sorted({*asked}), "no reply is asked for twice"


def test_the_last_lives_are_not_left_waiting_for_a_request_that_always_fails(tmp_path: Path) -> None:
    """Nothing else is to be asked when it fails: it is asked once more, then dropped, since others are answered."""

    def failing(_: int, body: dict[str, Any]) -> Answer:
        if body and _said(body) == "q4 after fine":
            return Answer(b'{"error": "boom"}', status=500)
        return Answer(completion("fine"))

    with serving(Faulty(failing)) as address, _run(tmp_path) as run:
        model = _endpoint(address, concurrency=2)
        seen = list[str]()

        def live(_: int, example: Example) -> Life:
            [first] = yield [_ask(model, "first", example.question)]
            [second] = yield [_ask(model, "second", f"{example.question} after {first.text}")]
            seen.append(second.error)
            return [_record(example, second.finish)]

        assert _in_time(lambda: fill(run, _Inputs(5), live, [model], label="test")) is None
        assert [record.text for record in run.records(Prediction)] == ["stop"] * 3 + ["error"]
        assert [error.partition(",")[0] for error in seen if error] == ["Others are answered"]


def test_fewer_lives_than_first_refusals_end_as_dropped_ones(tmp_path: Path) -> None:
    """Three refusals alike are too few to tell of the endpoint, and nothing else comes before they are known."""
    refusing = Faulty(lambda *_: Answer(json.dumps({"error": "too large"}).encode(), status=400))
    with serving(refusing) as address, _run(tmp_path) as run:
        model = _endpoint(address)

        def live(_: int, example: Example) -> Life:
            [said] = yield [_ask(model, "first", example.question)]
            return [_record(example, said.finish)]

        assert _in_time(lambda: fill(run, _Inputs(3), live, [model], label="test")) is None
        assert [record.text for record in run.records(Prediction)] == ["error"] * 3


def test_a_life_that_fails_ends_the_run_with_its_error(tmp_path: Path) -> None:
    with serving(Faulty(lambda *_: Answer(completion("fine")))) as address, _run(tmp_path) as run:
        model = _endpoint(address)

        def live(position: int, example: Example) -> Life:
            [said] = yield [_ask(model, "first", example.question)]
            if position == 5:
                raise ModelError("no such thing")
            return [_record(example, said.text)]

        failure = _in_time(lambda: fill(run, _Inputs(50), live, [model], label="test"))
        assert isinstance(failure, ModelError)
        assert len(run) == 5


@pytest.mark.parametrize(
    ("distort", "instead"),
    [
        ((), "imagenoise:800"),
        (("flip+noise:500",), r"flip:1\+imagenoise:500"),
        (("grey", "noise:9"), "imagenoise:9"),
    ],
)
def test_pixel_noise_and_an_endpoint_are_refused_before_anything_is_opened(
    distort: tuple[str, ...], instead: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=f"use --distort {instead}, its approximation"):
        PairsConfig(model="http://nobody.invalid/v1#m", source="folder:nowhere", distort=distort, out=str(tmp_path))
