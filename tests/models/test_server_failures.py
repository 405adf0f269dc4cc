"""One request that always fails is left out, and what concerns them all stops a run with nothing of it kept."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from burnish.errors import ConfigError, ServerError
from burnish.models import Decoding, Message, ModelOptions, Reply, Request, open_model
from burnish.models.first_replies import SAME
from faulty_server import Answer, Faulty, serving

OK = Answer(json.dumps({"choices": [{"message": {"content": "fine"}, "finish_reason": "stop"}]}).encode())
BROKEN = Answer(b'{"error": {"message": "boom"}}', status=500)


def text_of(body: dict[str, Any]) -> str:
    """The question; empty where the models are asked for."""
    return str(body["messages"][-1]["content"]) if body else ""


def ask_all(faulty: Faulty, count: int, told: dict[int, Reply] | None = None, **options: Any) -> list[Reply]:
    """The replies to the questions "0", "1" …; `told` gets those that came before a failure too."""
    requests = [Request(messages=(Message(role="user", text=str(number)),)) for number in range(count)]
    with serving(faulty) as address:
        model = open_model(ModelOptions(model=f"{address}#m", **{"retries": 0, "concurrency": 4, **options}))
        return model.generate(requests, Decoding(), ({} if told is None else told).__setitem__)


@pytest.mark.parametrize("bad", ["0", "7", "19"])
def test_a_request_that_always_fails_is_dropped_with_its_reason_and_the_others_are_answered(bad: str) -> None:
    faulty = Faulty(lambda _, body: BROKEN if text_of(body) == bad else OK)
    told: dict[int, Reply] = {}
    replies = ask_all(faulty, 20, told, concurrency=1 if bad == "0" else 4)
    assert [reply.finish for reply in replies] == ["error" if str(n) == bad else "stop" for n in range(20)]
    assert "Others are answered" in replies[int(bad)].error
    assert "500 boom" in replies[int(bad)].error
    assert [text_of(body) for body in faulty.calls].count(bad) == 2, "asked once more before it is dropped"


def test_requests_far_behind_one_that_fails_late_are_sent_all_the_same() -> None:
    late = replace(BROKEN, delay_s=0.5)
    faulty = Faulty(lambda _, body: late if text_of(body) == "0" else OK)
    replies = ask_all(faulty, 60, concurrency=3)
    assert [reply.finish for reply in replies] == ["error", *["stop"] * 59]


def test_a_blip_in_which_all_open_calls_fail_drops_nothing() -> None:
    faulty = Faulty(lambda number, _: BROKEN if 6 <= number < 10 else OK)
    assert [reply.text for reply in ask_all(faulty, 30)] == ["fine"] * 30


def test_failures_without_a_success_between_them_stop_the_run() -> None:
    faulty = Faulty(lambda number, _: OK if number < 5 else BROKEN)
    told: dict[int, Reply] = {}
    with pytest.raises(ServerError, match=r"^\d+ requests failed without a success in between: .*500 boom"):
        ask_all(faulty, 40, told, give_up=3)
    assert sorted(reply.finish for reply in told.values()) == ["stop"] * 5
    assert len(faulty.calls) < 40


def test_failures_at_the_end_drop_nothing_when_nothing_was_answered() -> None:
    told: dict[int, Reply] = {}
    with pytest.raises(ServerError, match="500 boom"):
        ask_all(Faulty(lambda _, body: BROKEN if body else OK), 3, told)
    assert not told


def test_failures_at_the_end_drop_nothing_when_the_endpoint_is_gone() -> None:
    told: dict[int, Reply] = {}
    with pytest.raises(ServerError, match="500 boom"):
        ask_all(Faulty(lambda number, _: OK if number < 27 else BROKEN), 30, told, concurrency=1)
    assert {reply.finish for reply in told.values()} == {"stop"}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(b'{"error": {"message": "pay"}}', status=402), r"no credit left .*402 pay.*: top it up"),
        (
            Answer(b'{"error": {"message": "quota", "code": "insufficient_quota"}}', status=429),
            r"no credit left .*429 quota",
        ),
        (Answer(status=401), "asks for a key"),
        (Answer(b'{"error": "no such model"}', status=404), "does not know the model"),
    ],
)
def test_what_concerns_every_request_stops_at_once(answer: Answer, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    faulty, told = Faulty(lambda number, _: OK if number < 2 else answer), dict[int, Reply]()
    with pytest.raises(ServerError, match=said):
        ask_all(faulty, 30, told, retries=5, concurrency=1)
    assert len(faulty.calls) == 3
    assert len(told) == 2


def test_a_filter_that_answers_403_concerns_one_request_and_not_the_key() -> None:
    flagged = Answer(b'{"error": {"code": 403, "message": "Your input was flagged"}}', status=403)
    replies = ask_all(Faulty(lambda _, body: flagged if text_of(body) == "3" else OK), 6)
    assert [reply.finish for reply in replies] == ["stop"] * 3 + ["error"] + ["stop"] * 2
    assert replies[3].error == "The endpoint refuses this request (403 Your input was flagged)."


def test_the_first_requests_all_refused_alike_stop_the_run_and_nothing_is_kept() -> None:
    faulty = Faulty(lambda *_: Answer(b'{"error": "images are not supported"}', status=400))
    told: dict[int, Reply] = {}
    with pytest.raises(ServerError, match=r"refused the first 8 requests, all with the same words.*images are not"):
        ask_all(faulty, 50, told, concurrency=1)
    assert not told
    assert len(faulty.calls) == SAME


@pytest.mark.parametrize("count", [SAME - 1, 3 * SAME])
def test_refusals_that_are_not_all_the_same_are_replies(count: int) -> None:
    def script(number: int, _: dict[str, Any]) -> Answer:
        reason = "other" if number == SAME - 1 else "too long"
        return Answer(json.dumps({"error": reason}).encode(), status=400)

    told: dict[int, Reply] = {}
    replies = ask_all(Faulty(script), count, told, concurrency=1)
    assert {reply.finish for reply in replies} == {"error"}
    assert len(told) == count


def test_a_number_of_failures_below_one_is_refused() -> None:
    with pytest.raises(ConfigError, match="--give-up must be at least 1, not 0"):
        ModelOptions(model="m", give_up=0)
