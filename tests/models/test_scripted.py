"""The double keeps the promises of a real model."""

from __future__ import annotations

import pytest
from PIL import Image

from burnish.models import Decoding, Message, Model, Request, ScoringModel
from burnish.models.scripted import END_TOKEN, ScriptedModel

RED, BLUE = Image.new("RGB", (2, 2), "red"), Image.new("RGB", (2, 2), "blue")


def _ask(text: str, picture: Image.Image = RED) -> Request:
    return Request(messages=(Message(role="user", text=text, images=(picture,)),))


def test_answers_by_function_or_mapping_and_counts_calls() -> None:
    by_function = ScriptedModel(lambda request: request.messages[-1].text.upper())
    by_mapping = ScriptedModel({"a": "one", "b": "two"})

    assert [reply.text for reply in by_function.generate([_ask("a"), _ask("b")], Decoding())] == ["A", "B"]
    assert [reply.text for reply in by_mapping.generate([_ask("b")], Decoding())] == ["two"]
    assert by_function.generate_calls == [2]
    assert by_function.score_calls == []


def test_tokens_are_bytes_and_an_end() -> None:
    model = ScriptedModel({"a": "hé"})

    whole, cut = (model.generate([_ask("a")], Decoding(max_new_tokens=n))[0] for n in (9, 2))

    assert (whole.token_ids, whole.finish, whole.text) == ((*"hé".encode(), END_TOKEN), "stop", "hé")
    # é is two bytes, of which the cut leaves one
    assert (cut.token_ids, cut.finish, cut.text) == ((0x68, 0xC3), "length", "h")


def test_scores_add_up_and_depend_on_the_picture() -> None:
    model = ScriptedModel({})

    whole, first, nothing, other = model.score([_ask("a")], [[[1, 2], [1], [], [2, 1]]])[0]
    blue = model.score([_ask("a", BLUE)], [[[1, 2]]])[0][0]

    assert nothing == 0
    assert whole < first < 0
    assert -4 < whole - first < 0
    assert len({whole, other, blue}) == 3
    assert model.score([_ask("a")], [[[1, 2]]])[0][0] == whole
    assert model.score_calls == [1, 1, 1]


def test_meets_the_protocols() -> None:
    model = ScriptedModel({}, name="one")

    assert isinstance(model, Model)
    assert isinstance(model, ScoringModel)
    assert model.fingerprint == ScriptedModel({}, name="one").fingerprint != ScriptedModel({}, name="two").fingerprint


def test_scores_need_answers_for_every_request() -> None:
    with pytest.raises(ValueError, match="shorter"):
        ScriptedModel({}).score([_ask("a"), _ask("b")], [[[1]]])
