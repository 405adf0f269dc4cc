"""A model behind an endpoint: a faulty server of our own for what goes wrong, and a real one for what goes right."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

import tiny_models
from burnish.errors import ConfigError, ModelError, ServerError
from burnish.models import Decoding, Message, Model, ModelOptions, Reply, Request, ScoringModel, open_model
from burnish.models.local import LocalModel
from burnish.models.server import ServerModel

KEY = "sk-very-secret"
START_LIMIT_S = 400
"""A real server starts in ten seconds, but in minutes where other work fills the machine."""


@dataclass
class Answer:
    """What the faulty server does with one call."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    reset: bool = False


@dataclass
class Faulty:
    """A server whose every answer is written by the test."""

    script: Callable[[int, dict[str, Any]], Answer]
    """From the number of the call and its JSON to what happens."""
    calls: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    open: int = 0
    most_open: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, path: str, headers: dict[str, str], body: dict[str, Any]) -> Answer:
        with self.lock:
            number = len(self.calls)
            self.calls.append(body)
            self.headers.append(headers)
            self.paths.append(path)
            self.open += 1
            self.most_open = max(self.most_open, self.open)
        answer = self.script(number, body)
        time.sleep(answer.delay_s)
        with self.lock:
            self.open -= 1
        return answer


@contextmanager
def serving(faulty: Faulty) -> Iterator[str]:
    """The address of a server on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self._send(faulty.answer(self.path, dict(self.headers), json.loads(body or b"{}")))

        do_GET = do_POST

        def _send(self, answer: Answer) -> None:
            if answer.reset:
                # linger for no time at all: the connection is reset instead of closed
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True
                return
            try:
                self.send_response(answer.status)
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)
            except OSError:
                self.close_connection = True  # the client has given up waiting

        def log_message(self, *_: Any) -> None:
            """Keep the tests' output clean."""

        def finish(self) -> None:
            if not self.wfile.closed and self.connection.fileno() >= 0:
                super().finish()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/v1"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def completion(text: str | None, finish: str = "stop") -> bytes:
    return json.dumps(
        {
            "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": finish}],
            "usage": {"prompt_tokens": 11, "completion_tokens": 3},
        }
    ).encode()


def said(error: str) -> bytes:
    return json.dumps({"error": {"message": error}}).encode()


OK = Answer(completion(" fine\n"))


def opened(address: str, **options: Any) -> ServerModel:
    """The model `m` at the address, with pauses short enough for a test."""
    model = open_model(ModelOptions(model=f"{address}#m", **{"retries": 3, "timeout": 5.0, **options}))
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
    requests = [ask(str(number)) for number in range(60)]

    _, faulty = replies([Answer(completion("x"), delay_s=0.02)], requests, concurrency=5)

    assert len(faulty.calls) == 60
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
    found, faulty = replies([Answer(completion("late"), delay_s=0.6), OK], timeout=0.2)

    assert found[0].text == "fine"
    assert len(faulty.calls) == 2


def test_retry_after_is_heeded() -> None:
    began = time.monotonic()

    found, _ = replies([Answer(status=429, headers={"Retry-After": "0.4"}), OK])

    assert found[0].text == "fine"
    assert 0.4 <= time.monotonic() - began < 5


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
    """`transformers serve` with the tiny LLaVA, as a process of its own: its address, and the checkpoint."""
    folder = tiny_models.tiny_llava(tmp_path_factory.mktemp("served"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("transformers")), "serve", str(folder)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu", "--dtype", "float32"]
    log = (tmp_path_factory.mktemp("log") / "serve.log").open("w+")
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)
    try:
        _wait_until_healthy(f"http://127.0.0.1:{port}/health", process, log.name)
        yield f"http://127.0.0.1:{port}/v1", folder
    finally:
        process.terminate()
        process.wait(timeout=20)
        log.close()


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log: str) -> None:
    began = time.monotonic()
    while time.monotonic() - began < START_LIMIT_S:
        if process.poll() is not None:
            pytest.fail(f"transformers serve ended: {Path(log).read_text()[-2000:]}")
        try:
            if httpx.get(url, timeout=1).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail(f"transformers serve did not come up: {Path(log).read_text()[-2000:]}")


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_real_server_refuses_another_model(real: tuple[str, Path]) -> None:
    address, _ = real

    found = ServerModel.open(ModelOptions(model=f"{address}#another")).generate([ask()], Decoding())

    assert found[0].finish == "error"
    assert "another" in found[0].error
