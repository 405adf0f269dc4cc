"""Records survive a line of JSON unchanged, and what could not come back is refused by name."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass, replace
from typing import Literal, get_args

import numpy as np
import pytest

from burnish.records import (
    Answer,
    Dialogue,
    Dropped,
    Feedback,
    Prediction,
    PreferencePair,
    Record,
    Rejected,
    Response,
    TextMessage,
    Turn,
)
from burnish.store.codec import KINDS, from_json, from_line, to_json, to_line

ANSWER = Answer(text="two lines\nof «Ünïcode» \u2028 and 猫", token_ids=(1, 2, 32000), ref_logp=-12.25)
PAIR = PreferencePair(
    id="a/1",
    image="0" * 64,
    question='What is "this"?',
    chosen=ANSWER,
    rejected=(
        Rejected(distortion="noise:800", seed=2**63 - 1, answer=Answer(text="", ref_logp=None)),
        Rejected(distortion="moco", seed=0, answer=ANSWER),
    ),
    source="ocr",
    before=(TextMessage("user", "And \u2028 before?"), TextMessage("assistant", "A cat.")),
    facts={"task": "counting", "options": ["a", "b"], "scene": {"n": 3, "area": 0.5, "seen": True, "name": None}},
)
PREDICTION = Prediction(id="p", image="1" * 64, question="q", answer="yes", text="no", source="s", n_tokens=3)
DIALOGUE = Dialogue(
    id="d",
    image="2" * 64,
    question="q",
    answer="a",
    turns=(
        Turn(
            response=Response(text="Thought: t\nAnswer: a\n", thought="t", answer="a"),
            feedback=Feedback(text="Score: 8.5.\nFeedback: good", score=8.5, comment="good"),
        ),
        Turn(response=Response(text="b", thought="", answer="b"), feedback=Feedback(text="", score=None, comment="")),
    ),
    source="s",
)
DROPPED = Dropped(id="x", source="s", reason="equal answers", detail="same")


@pytest.mark.parametrize("record", [PAIR, PREDICTION, DIALOGUE, DROPPED], ids=lambda record: type(record).__name__)
def test_a_record_comes_back_as_it_went(record: Record) -> None:
    line = to_line(record)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert from_line(line) == record


@dataclass(frozen=True)
class Measured:
    """What other rooms store in a summary."""

    unit: Literal["%", "tokens"]
    values: dict[str, float]


def test_records_from_before_a_field_was_added_are_read() -> None:
    pair = json.loads(to_line(PAIR))
    del pair["before"]
    assert from_line(json.dumps(pair).encode()) == replace(PAIR, before=())
    old = json.loads(to_line(PREDICTION))
    for name in ("thinking", "replies"):
        del old[name]
    assert from_line(json.dumps(old).encode()) == PREDICTION


def test_choices_and_named_numbers() -> None:
    measured = Measured(unit="%", values={"a": 1.5, "b": math.inf})
    assert from_json(Measured, to_json(measured)) == measured
    with pytest.raises(ValueError, match="unit: 'kg' is not one of its values"):
        from_json(Measured, {"unit": "kg", "values": {}})
    with pytest.raises(ValueError, match=r"values\[...\]: 'x' is not one of its values"):
        from_json(Measured, {"unit": "%", "values": {"a": "x"}})


def test_every_record_type_has_a_kind() -> None:
    assert set(KINDS.values()) == set(get_args(Record))


def test_unicode_is_readable_on_disk() -> None:
    assert "猫".encode() in to_line(PAIR)


@pytest.mark.parametrize("score", [math.inf, -math.inf])
def test_infinities_come_back(score: float) -> None:
    record = PreferencePair(
        id="i", image="", question="", chosen=Answer(text="", ref_logp=score), rejected=(), source=""
    )
    json.loads(to_line(record), parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert from_line(to_line(record)) == record


def test_nan_comes_back_as_nan_and_not_as_unknown() -> None:
    record = PreferencePair(
        id="i", image="", question="", chosen=Answer(text="", ref_logp=math.nan), rejected=(), source=""
    )
    again = from_line(to_line(record))
    assert isinstance(again, PreferencePair)
    assert again.chosen.ref_logp is not None
    assert math.isnan(again.chosen.ref_logp)


@pytest.mark.parametrize(
    "number", [0.0, -0.0, 5, -1e-5, 9.99e-5, 1e-4, -3.5e-7, 123456.789, 1e15, -2e15, 1e16, 2.5e17, 1e300, 5e-324]
)
def test_numbers_are_spelled_as_json_spells_them(number: float) -> None:
    facts = {"deep": [{"n": number}], "n": number, "tuple": (1, 2)}
    answer = Answer(text='\x00\x1f\x7f"\\/ é 😀', token_ids=(2**70, -1), ref_logp=number)
    rejected = Rejected(distortion="d", seed=0, answer=answer)
    record = replace(PAIR, chosen=answer, rejected=(rejected, rejected), facts=facts)  # type: ignore[arg-type]
    as_floats = {**asdict(record), "chosen": {**asdict(answer), "ref_logp": float(number)}}
    as_floats["rejected"] = [{**asdict(rejected), "answer": as_floats["chosen"]}] * 2
    for unset in ("more_images", "distorted_image"):  # stored where they hold something
        del as_floats[unset]
    assert to_line(record) == json.dumps({"kind": "pair", **as_floats}, ensure_ascii=False).encode() + b"\n"
    assert to_line(from_line(to_line(record))) == to_line(record)


def test_numbers_of_numpy_are_floats() -> None:
    record = replace(PAIR, chosen=Answer(text="a", ref_logp=np.float64(-1.5)))
    assert from_line(to_line(record)) == record


def test_an_unknown_field_deep_inside_is_refused() -> None:
    line = to_line(DIALOGUE).replace(b'"thought": "t"', b'"thought": "t", "more": 1')
    with pytest.raises(ValueError, match=r"turns\[0\]\.response: has an unknown field `more`"):
        from_line(line)


def changed(record: Record, **fields: object) -> bytes:
    return json.dumps({**json.loads(to_line(record)), **fields}).encode()


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (b'{"kind": "drop', "truncated"),
        (b"[1, 2]", "`kind` is not one of pair, prediction, dialogue, judgement, dropped"),
        (changed(DROPPED, kind="pickle"), "`kind` is not one of"),
        (changed(DROPPED, extra=1), "Dropped has an unknown field `extra`"),
        (b'{"kind": "dropped", "id": "x", "source": "s", "detail": ""}', "Dropped lacks the field `reason`"),
        (changed(DROPPED, reason=3), "reason: expected str, found int"),
        (changed(PREDICTION, n_tokens=True), "n_tokens: expected int, found bool"),
        (
            changed(PAIR, chosen={"text": "a", "token_ids": [1.5], "ref_logp": None}),
            r"chosen.token_ids\[0\]: expected int, found float",
        ),
        (
            changed(PAIR, chosen={"text": "a", "token_ids": [], "ref_logp": "low"}),
            "chosen.ref_logp: .low. is not one of its values",
        ),
        (changed(PAIR, facts=[]), "facts: expected object, found array"),
    ],
)
def test_a_line_that_does_not_fit_is_refused_by_name(line: bytes, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint.replace("`", ".")):
        from_line(line)


@pytest.mark.parametrize(
    ("record", "complaint"),
    [
        (Dropped(id="x", source="s", reason=None), "reason: expected str, found null"),  # type: ignore[arg-type]
        (Dropped(id="x", source="s", reason="half a character \ud83d"), "surrogates not allowed"),
        (Prediction(id="", image="", question="", answer="", text="", source="", facts={"a": math.nan}), "not JSON"),
        (Prediction(id="", image="", question="", answer="", text="", source="", facts={"a": b"x"}), "not JSON"),  # type: ignore[dict-item]
    ],
)
def test_what_could_not_be_read_again_is_not_written(record: Record, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint.replace("not JSON", "not JSON (serializable|compliant)")):
        to_line(record)
