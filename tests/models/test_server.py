"""A model behind an endpoint: a faulty server of our own for what goes wrong, and a real one for what goes right."""

from __future__ import annotations

import asyncio
import base64
import io
import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import tiny_models
from burnish.errors import ConfigError, ModelError, ServerError
from burnish.models import Decoding, Message, Model, ModelOptions, Reply, Request, ScoringModel, open_model
from burnish.models.local import LocalModel
from burnish.models.request_pool import READY
from burnish.models.server import ServerModel
from faulty_server import Answer, Faulty, completion, said, serving
from patience import HANG_S, SILENCE_S
from real_server import transformers_serve

KEY = "sk-very-secret"
OK = Answer(completion(" fine\n"))


def opened(address: str, **options: Any) -> ServerModel:
    """The model `m` at the address, with pauses short enough for a test."""
    model = open_model(ModelOptions(model=f"{address}#m", **{"retries": 3, "timeout": HANG_S, "give_up": 1, **options}))
    assert isinstance(model, ServerModel)
    model._endpoint = replace(model._endpoint, first_pause_s=0.01)
    return model


def ask(text: str = "What?", *pictures: Image.Image, **options: Any) -> Request:
    return Request(messages=(Message(role="user", text=text, images=pictures),), **options)


def replies(
    script: Callable[[int, dict[str, Any]], Answer] | Sequence[Answer], requests: Sequence[Request] = (), **options: Any
) -> tuple[list[Reply], Faulty]:
    """What comes back of one request (or the given ones), and what the server saw."""
    faulty = Faulty(script if callable(script) else lambda number, _: script[min(number, len(script) - 1)])
    with serving(faulty) as address:
        return opened(address, **options).generate(requests or [ask()], Decoding()), faulty


def failure(script: Sequence[Answer], **options: Any) -> tuple[str, Faulty]:
    """The one sentence that the whole call fails with."""
    faulty = Faulty(lambda number, _: script[min(number, len(script) - 1)])
    with serving(faulty) as address, pytest.raises(ServerError) as caught:
        opened(address, **options).generate([ask(str(number)) for number in range(4)], Decoding())
    message = str(caught.value)
    assert "\n" not in message
    return message, faulty


def test_conversation_pictures_and_decoding_are_sent_as_the_protocol_says() -> None:
    picture = tiny_models.picture(3)
    messages = (
        Message(role="system", text="Be brief."),
        Message(role="user", text="What?", images=(picture,)),
        Message(role="assistant", text="A dog."),
        Message(role="user", text="Sure?"),
    )
    faulty = Faulty(lambda *_: OK)
    with serving(faulty) as address:
        model = opened(address)
        greedy = model.generate([Request(messages=messages, seed=7)], Decoding(max_new_tokens=20))
        model.generate([Request(messages=messages, seed=7)], Decoding(temperature=0.5, top_p=0.9))

    sent, sampled = faulty.calls
    url = sent["messages"][1]["content"][0].pop("image_url")["url"]
    assert faulty.paths == ["/v1/chat/completions"] * 2
    assert sent == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "image_url"}, {"type": "text", "text": "What?"}]},
            {"role": "assistant", "content": "A dog."},
            {"role": "user", "content": "Sure?"},
        ],
        "max_tokens": 20,
        "temperature": 0.0,
        "repetition_penalty": 1.0,
    }
    assert (sampled["temperature"], sampled["top_p"], sampled["seed"]) == (0.5, 0.9, 7)
    assert url.startswith("data:image/png;base64,")
    assert Image.open(io.BytesIO(base64.b64decode(url.split(",")[1]))).tobytes() == picture.tobytes()
    assert greedy == [Reply(text="fine", finish="stop", prompt_tokens=11, completion_tokens=3)]


def test_replies_come_in_the_requests_order() -> None:
    def echo(number: int, body: dict[str, Any]) -> Answer:
        return Answer(completion(body["messages"][0]["content"]), delay_s=0.03 * (number % 3 == 0))

    requests = [ask(f"question {number}") for number in range(40)]

    found, _ = replies(echo, requests, concurrency=8)

    assert [reply.text for reply in found] == [f"question {number}" for number in range(40)]


def test_no_more_calls_are_open_than_allowed() -> None:
    requests, together = [ask(str(number)) for number in range(30)], threading.Barrier(5)

    def script(*_: object) -> Answer:
        together.wait(timeout=HANG_S)  # breaks where fewer than 5 ever come together
        return OK

    _, faulty = replies(script, requests, concurrency=5)

    assert len(faulty.calls) == 30
    assert faulty.most_open == 5


@pytest.mark.parametrize(
    "first",
    [
        Answer(said("slow down"), status=429),
        Answer(b"<html>oops</html>", status=500),
        Answer(status=503),
        Answer(b"{not json"),
        Answer(b"{}"),
        Answer(b'{"choices": []}'),
        Answer(b'[{"choices": 3}]'),
        Answer(b'{"choices": [{"message": {"content": ["parts"]}}]}'),
        Answer(reset=True),
    ],
    ids=["429", "500", "503", "garbage", "nothing", "no choices", "a list", "no text", "reset"],
)
def test_what_may_pass_is_tried_again(first: Answer) -> None:
    found, faulty = replies([first, first, OK])

    assert found[0].text == "fine"
    assert len(faulty.calls) == 3


def test_an_answer_that_takes_too_long_is_asked_for_again() -> None:
    found, faulty = replies([Answer(silent=True), OK], timeout=SILENCE_S)

    assert found[0].text == "fine"
    assert len(faulty.calls) == 2


def test_retry_after_is_heeded() -> None:
    began = time.monotonic()

    found, _ = replies([Answer(status=429, headers={"Retry-After": "0.4"}), OK])

    assert found[0].text == "fine"
    assert time.monotonic() - began >= 0.4


def test_pauses_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)

    monkeypatch.setattr("burnish.models.endpoint.asyncio.sleep", sleep)
    date = Answer(status=503, headers={"Retry-After": "Wed, 21 Oct 2099 07:28:00 GMT"})
    replies([Answer(status=500), Answer(status=500), Answer(status=500), date, OK], retries=4)

    for pause, longest in zip(pauses[:3], (0.01, 0.02, 0.04), strict=True):
        assert longest / 2 <= pause <= longest
    assert pauses[3] == 300, "a date far away is cut"


def test_when_every_retry_fails_one_sentence_names_the_endpoint() -> None:
    message, faulty = failure([Answer(said("overloaded"), status=503)], retries=2, concurrency=1)

    assert "/v1/chat/completions was asked 3 times without success (at last: 503 overloaded)" in message
    assert len(faulty.calls) == 3, "the other requests are not sent any more"


def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/v1"

    with pytest.raises(ServerError, match=r"asked 2 times without success \(at last: ConnectError"):
        opened(address, retries=1).generate([ask()], Decoding())


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_refused_request_is_not_tried_again_and_the_others_go_on(status: int) -> None:
    def script(_: int, body: dict[str, Any]) -> Answer:
        return Answer(said("too long."), status=status) if body["messages"][0]["content"] == "bad" else OK

    found, faulty = replies(script, [ask("good"), ask("bad"), ask("good")])

    assert [reply.finish for reply in found] == ["stop", "error", "stop"]
    assert found[1] == Reply(text="", finish="error", error=f"The endpoint refuses this request ({status} too long).")
    assert len(faulty.calls) == 3


def test_a_refused_key_stops_everything_and_is_never_shown(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    monkeypatch.delenv("MY_KEY", raising=False)
    message, faulty = failure([Answer(said(f"no {KEY}"), status=401)], api_key_env="MY_KEY", concurrency=1)
    assert "asks for a key (401): put it into the environment variable MY_KEY." in message
    assert "Authorization" not in faulty.headers[0]

    monkeypatch.setenv("MY_KEY", KEY)
    for status in (401, 403):
        message, faulty = failure([Answer(said(f"bad {KEY}"), status=status)], api_key_env="MY_KEY", concurrency=1)
        assert f"refuses the key in the environment variable MY_KEY ({status})" in message
        assert faulty.headers[0]["Authorization"] == f"Bearer {KEY}"
        assert len(faulty.calls) == 1
        assert KEY not in message
    assert KEY not in caplog.text


def test_a_key_that_cannot_be_one_is_refused_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-\nsecret")

    with pytest.raises(ConfigError, match="The key in OPENAI_API_KEY") as caught:
        opened("http://127.0.0.1:1/v1").generate([ask()], Decoding())

    assert "secret" not in str(caught.value)


def test_unknown_address_or_model() -> None:
    message, faulty = failure([Answer(said("The model `m` does not exist."), status=404)], concurrency=1)

    assert "does not know the model (404 The model `m` does not exist)" in message
    assert len(faulty.calls) == 1


def test_redirects_are_not_followed() -> None:
    message, _ = failure([Answer(status=307, headers={"Location": "https://elsewhere/v1"})], concurrency=1)

    assert "points elsewhere (307 https://elsewhere/v1)" in message


def test_empty_and_cut_answers_are_answers() -> None:
    def script(_: int, body: dict[str, Any]) -> Answer:
        kind = body["messages"][0]["content"]
        return {
            "empty": Answer(completion("")),
            "null": Answer(completion(None)),
            "cut": Answer(completion("a long", finish="length")),
            "filtered": Answer(completion("", finish="content_filter")),
        }[kind]

    found, faulty = replies(script, [ask("empty"), ask("null"), ask("cut"), ask("filtered")])

    assert [(reply.text, reply.finish) for reply in found] == [
        ("", "stop"),
        ("", "stop"),
        ("a long", "length"),
        ("", "error"),
    ]
    assert "content filter" in found[3].error
    assert len(faulty.calls) == 4


def test_half_a_character_becomes_a_mark_that_a_file_can_hold() -> None:
    [reply], _ = replies([Answer(completion("a \ud83d b \ud83d\ude00"))])

    assert reply.text == "a \ufffd b \U0001f600"


def test_requests_are_built_when_they_are_reached_and_replies_told_as_they_come() -> None:
    """A thousand pictures are never open at once, and what came before a failure has been told."""

    class Counted(Sequence[Request]):
        built = 0

        def __len__(self) -> int:
            return 1000

        def __getitem__(self, index: Any) -> Any:
            Counted.built += 1
            return ask(str(index))

    told: list[int] = []
    built: list[int] = []

    def tell(number: int, _: Reply) -> None:
        told.append(number)
        built.append(Counted.built)

    faulty = Faulty(lambda number, _: OK if number < 100 else Answer(status=500))
    with serving(faulty) as address, pytest.raises(ServerError):
        opened(address, concurrency=4, retries=0).generate(Counted(), Decoding(), tell)
    assert len(told) == len(set(told)) >= 97
    assert all(ahead <= count + 4 + READY for count, ahead in enumerate(built)), "4 calls are open, the next are ready"


def test_pixel_noise_cannot_be_sent() -> None:
    with pytest.raises(ModelError, match="imagenoise:800"):
        opened("http://127.0.0.1:1/v1").generate([ask(pixel_transform=lambda pixels: pixels)], Decoding())


def test_the_only_model_is_taken() -> None:
    with serving(Faulty(lambda *_: Answer(b'{"data": [{"id": "org/one"}]}'))) as address:
        assert ServerModel.open(ModelOptions(model=address)).name == "org/one"


@pytest.mark.parametrize(
    ("body", "said"),
    [(b'{"data": [{"id": "b"}, {"id": "a"}]}', "lists 2 models (a, b): name one"), (b'{"data": []}', "lists no model")],
)
def test_without_a_name_the_choice_must_be_clear(body: bytes, said: str) -> None:
    with serving(Faulty(lambda *_: Answer(body))) as address, pytest.raises(ServerError) as caught:
        ServerModel.open(ModelOptions(model=address))

    assert said in str(caught.value)


@pytest.mark.parametrize("address", ["http://", "http:///v1", "https://user:pass@host/v1", "http://[::bad/v1"])
def test_bad_addresses(address: str) -> None:
    with pytest.raises(ConfigError) as caught:
        ServerModel.open(ModelOptions(model=f"{address}#m"))

    assert "pass@" not in str(caught.value)


def test_an_adapter_cannot_be_put_on_a_model_at_an_endpoint() -> None:
    with pytest.raises(ConfigError, match=r"--adapter cannot be put on .*: let the server load mine\."):
        ModelOptions(model="http://host/v1#m", adapter="mine")


def test_fingerprint_is_address_and_name() -> None:
    def fingerprint(model: str) -> str:
        return ServerModel.open(ModelOptions(model=model)).fingerprint

    assert fingerprint("http://a/v1#m") == fingerprint("http://a/v1#m")
    assert len({fingerprint(model) for model in ("http://a/v1#m", "http://a/v1#n", "http://b/v1#m")}) == 3


def test_works_where_a_loop_runs_already_as_in_a_notebook() -> None:
    async def notebook() -> list[Reply]:
        return replies([OK])[0]

    assert asyncio.run(notebook())[0].text == "fine"


def test_meets_the_protocol_and_cannot_score() -> None:
    model = opened("http://127.0.0.1:1/v1")

    assert isinstance(model, Model)
    assert not isinstance(model, ScoringModel)
    assert model.generate([], Decoding()) == []


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of the tiny LLaVA behind a real server, and the checkpoint."""
    folder = tiny_models.tiny_llava(tmp_path_factory.mktemp("served"))
    with transformers_serve(folder, tmp_path_factory.mktemp("log") / "serve.log") as address:
        yield address, folder


def test_a_real_server_answers_as_the_local_model_does(real: tuple[str, Path]) -> None:
    """The same checkpoint, greedy: through HTTP and PNG, and in this process."""
    address, folder = real
    requests = [ask("What is" + " it" * number, tiny_models.picture(number, 40 + 9 * number)) for number in range(6)]
    requests.append(ask("No picture"))
    decoding = Decoding(max_new_tokens=12)

    served = ServerModel.open(ModelOptions(model=f"{address}#{folder}", concurrency=3)).generate(requests, decoding)
    model = LocalModel.open(ModelOptions(model=str(folder)))
    local = model.generate(requests, decoding)

    # the server shows the bytes that end an answer, for only the end token is a special one
    decode = model.processor.tokenizer.decode
    assert [reply.text for reply in served] == [
        decode(reply.token_ids, skip_special_tokens=True).strip() for reply in local
    ]
    assert [reply.completion_tokens for reply in served] == [reply.completion_tokens for reply in local]
    assert [reply.prompt_tokens for reply in served] == [reply.prompt_tokens for reply in local]


def test_a_real_server_refuses_another_model(real: tuple[str, Path]) -> None:
    address, _ = real

    found = ServerModel.open(ModelOptions(model=f"{address}#another")).generate([ask()], Decoding())

    assert found[0].finish == "error"
    assert "another" in found[0].error
