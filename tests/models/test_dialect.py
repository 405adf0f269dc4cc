"""Endpoints that want to be asked otherwise: found out from their refusals once, and what users add to requests."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from burnish.cli import main
from burnish.errors import ConfigError
from burnish.models import Decoding, Message, ModelOptions, Reply, Request, open_model
from burnish.models.dialect import Dialect
from burnish.store import Run
from faulty_server import Answer, Faulty, completion, said, serving
from patience import HANG_S

OK = Answer(completion("Yes"))
REQUESTS = [Request(messages=(Message(role="user", text=f"q{number}?"),), seed=number) for number in range(6)]


def refusing(*names: str) -> Callable[[int, dict[str, Any]], Answer]:
    """An endpoint that refuses these fields, one at a time, as hosted ones do."""

    def script(_: int, body: dict[str, Any]) -> Answer:
        found = [name for name in names if name in body]
        return Answer(said(f"Unsupported parameter: '{found[0]}' here."), status=400) if found else OK

    return script


def asked(script: Callable[[int, dict[str, Any]], Answer], **options: Any) -> tuple[list[Reply], list[dict[str, Any]]]:
    """The replies to six requests, one call at a time, and what the endpoint was sent."""
    faulty = Faulty(script)
    with serving(faulty) as address:
        model = open_model(ModelOptions(model=f"{address}#m", timeout=HANG_S, concurrency=1, **options))
        return model.generate(REQUESTS, Decoding()), faulty.calls


def test_a_refused_field_is_found_out_once(capsys: pytest.CaptureFixture[str]) -> None:
    replies, calls = asked(refusing("max_tokens", "temperature", "repetition_penalty"))
    assert [reply.text for reply in replies] == ["Yes"] * 6
    assert len(calls) == 3 + 6
    assert calls[-1].keys() == {"model", "messages", "max_completion_tokens"}
    assert calls[-1]["max_completion_tokens"] == 512
    assert {reply.asked_without for reply in replies} == {("max_tokens", "temperature", "repetition_penalty")}
    assert capsys.readouterr().err.splitlines() == [
        "burnish: The endpoint takes max_completion_tokens in the place of max_tokens.",
        "burnish: The endpoint takes no temperature: answers are drawn at the endpoint's own temperature, so they are "
        "not greedy.",
        "burnish: The endpoint takes no repetition_penalty: whatever penalty its checkpoint has acts on answers.",
    ]


def test_calls_that_are_open_at_once_find_it_out_together() -> None:
    faulty = Faulty(refusing("temperature"))
    with serving(faulty) as address:
        model = open_model(ModelOptions(model=f"{address}#m", timeout=HANG_S, concurrency=3))
        replies = model.generate(REQUESTS * 4, Decoding())
    assert {reply.text for reply in replies} == {"Yes"}
    assert len(faulty.calls) <= 24 + 3, "only those that were open before the first had gone through"


@pytest.mark.parametrize(
    "refusal",
    [
        "The picture is not supported.",
        "max_tokens=512 and the prompt of 4096 are together longer than the context of 4352.",
        "This field's temperature is 300 K, says the picture.",
    ],
)
def test_another_refusal_changes_nothing(refusal: str) -> None:
    def script(number: int, _: dict[str, Any]) -> Answer:
        return OK if number else Answer(said(refusal), status=400)

    replies, calls = asked(script)
    assert [reply.end for reply in replies] == ["refused", *["answered"] * 5]
    assert len(calls) == 6 and all("max_tokens" in call and "temperature" in call for call in calls)


def test_a_field_that_was_not_the_reason_stays_for_the_others() -> None:
    """The first request is refused whatever it is sent without; only its own words say so."""

    def script(_: int, body: dict[str, Any]) -> Answer:
        first = body["messages"][0]["content"] == "q0?"
        return Answer(said("temperature is not supported"), status=400) if first else OK

    replies, calls = asked(script)
    assert replies[0].end == "refused"
    assert all("temperature" in call for call in calls if call["messages"][0]["content"] != "q0?")


def test_what_users_add_is_in_every_request_and_stays_there() -> None:
    fields = {"reasoning_effort": "low", "temperature": 1, "chat_template_kwargs": {"enable_thinking": False}}
    replies, calls = asked(refusing("temperature"), request=json.dumps(fields))
    assert {reply.end for reply in replies} == {"refused"}, "the user's own field is not taken away"
    assert all(fields.items() <= call.items() for call in calls)


@pytest.mark.parametrize(
    ("request_", "complaint"),
    [("{", "--request is not JSON"), ("[1]", "must be a JSON object"), ('{"model": "x"}', "must not hold 'model'")],
)
def test_what_cannot_be_merged_is_refused(request_: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint):
        ModelOptions(model="http://localhost/v1#m", request=request_)


def test_requests_are_for_endpoints_and_thinking_for_local_models() -> None:
    with pytest.raises(ConfigError, match="--request is for models at an endpoint"):
        open_model(ModelOptions(model="pocket", request="{}"))
    with pytest.raises(ConfigError, match="--thinking is for local models"):
        open_model(ModelOptions(model="http://localhost/v1#m", thinking="off"))


@pytest.mark.parametrize(("penalty", "sent"), [("off", 1.0), ("checkpoint", None)])
def test_the_penalty_is_sent_or_left_to_the_endpoint(penalty: str, sent: float | None) -> None:
    _, calls = asked(refusing(), repetition_penalty=penalty)
    assert {call.get("repetition_penalty") for call in calls} == {sent}


def test_a_request_is_adapted_by_its_own_fields_alone() -> None:
    dialect = Dialect()
    body = json.dumps({"messages": [{"content": 'say "temperature": 1'}], "top_p": 0.5}).encode()
    assert dialect.refused_field(body, "temperature is not supported") is None
    assert dialect.adapted(body, also=["temperature"]) == body
    assert json.loads(dialect.adapted(body, also=["top_p"])).keys() == {"messages"}


def test_a_run_notes_how_it_was_asked_and_says_that_it_is_not_greedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    line = {"id": "a", "image": "a.png", "question": "Is it dark?", "answer": "yes"}
    (tmp_path / "q.jsonl").write_text(json.dumps(line) + "\n")
    told = tmp_path / "told.json"
    with serving(Faulty(refusing("temperature"))) as address:
        words = ["bench", "answers", f"folder:{tmp_path / 'q.jsonl'}", "--model", f"{address}#m", "--json", str(told)]
        assert main([*words, "--out", str(tmp_path / "run")]) == 0
    assert Run.open(tmp_path / "run").notes == ("temperature",)
    assert json.loads(told.read_text())["refused_fields"] == ["temperature"]
    assert capsys.readouterr().out.strip().startswith("Answers are not greedy: the endpoint takes no temperature.")
