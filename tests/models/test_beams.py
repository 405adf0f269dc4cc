"""Beam search: the same answers in a batch as alone, those of transformers, weighed exactly; not through a server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch

import more_families
import tiny_models
from burnish.errors import ConfigError, ModelError
from burnish.models import Decoding, Message, ModelOptions, Request
from burnish.models.beams import BeamSearch
from burnish.models.encoding import collate
from burnish.models.local import LocalModel
from burnish.models.memory import BatchSize
from burnish.models.queue import Task
from burnish.models.server import ServerModel

GREEDY, THREE = Decoding(max_new_tokens=12), Decoding(max_new_tokens=12, beams=3)


def _local(family: str, batch_size: int) -> LocalModel:
    model, processor = tiny_models.FAMILIES[family]()
    return LocalModel(model, processor, fingerprint=lambda: family, batch_size=batch_size)


def _request(number: int) -> Request:
    """Questions of different lengths about pictures of different shapes."""
    picture = tiny_models.picture(number, 30 + 17 * number, 28 + 5 * (number % 3))
    return Request(messages=(Message(role="user", text="What is" + " it" * number, images=(picture,)),))


REQUESTS = [_request(number) for number in range(5)]


@pytest.mark.parametrize("family", tiny_models.FAMILIES)
def test_a_batch_is_searched_as_one_at_a_time_and_as_transformers_does(family: str) -> None:
    model = _local(family, batch_size=9)  # three at a time
    together = model.generate(REQUESTS, THREE)
    assert together == [model.generate([request], THREE)[0] for request in REQUESTS]
    assert [reply.token_ids for reply in together] == [_by_transformers(model, request) for request in REQUESTS]
    assert together != model.generate(REQUESTS, GREEDY)


def test_a_search_finds_what_is_likelier_a_token_than_the_greedy_answer() -> None:
    model = _local("llava", batch_size=8)
    replies = [model.generate(REQUESTS, decoding) for decoding in (Decoding(max_new_tokens=12, beams=8), GREEDY)]
    answers = [[reply.token_ids for reply in of_request] for of_request in zip(*replies, strict=True)]
    searched, greedy = zip(
        *(
            [logp / len(ids) for logp, ids in zip(logps, of_request, strict=True)]
            for logps, of_request in zip(model.score(REQUESTS, answers), answers, strict=True)
        ),
        strict=True,
    )
    assert all(one >= other - 1e-5 for one, other in zip(searched, greedy, strict=True))
    assert any(one > other + 1e-3 for one, other in zip(searched, greedy, strict=True))


def _search(model: LocalModel, score: float) -> BeamSearch:
    """A search whose answers have this log-probability when they are scored once more."""
    return BeamSearch(
        network=model.model,
        inputs=lambda tasks: collate([task.encoding for task in tasks], model.pad_token_id),
        score=lambda tasks, _answers: [[score]] * len(tasks),
        decoding=THREE,
        end_ids=model.end_token_ids,
        pad_id=model.pad_token_id,
        batch=BatchSize(9, release=lambda: None),
    )


def test_an_answer_that_was_found_with_another_score_is_refused() -> None:
    model = _local("llava", batch_size=9)
    task = Task(request=0, encoding=model.encoder.encode_request(REQUESTS[0]))
    [[logp]] = model.score(REQUESTS[:1], [[model.generate(REQUESTS[:1], THREE)[0].token_ids]])
    with torch.no_grad():
        [answered] = _search(model, logp + 1e-4).answer(iter([task]))
        assert answered.logp == logp + 1e-4
        with pytest.raises(ModelError, match=r"transformers .* searches .* wrongly: .* use --beams 1"):
            list(_search(model, logp - 1).answer(iter([task])))


def test_found_answers_are_weighed_as_given_ones_are(monkeypatch: pytest.MonkeyPatch) -> None:
    weights: list[tuple[float, float]] = []
    monkeypatch.setattr(BeamSearch, "_check", lambda _self, found, scored, _tokens: weights.append((found, scored)))
    _local("llava", batch_size=9).generate(REQUESTS, THREE)
    found, scored = zip(*weights, strict=True)
    assert len(weights) == len(REQUESTS)
    assert found == pytest.approx(scored, abs=1e-4)


@pytest.mark.parametrize("build", [tiny_models.llava, tiny_models.qwen2_5_vl, more_families.glm4v])
def test_a_prompt_of_several_pictures_is_searched_with_these_or_not_at_all(build: Callable[[], Any]) -> None:
    """transformers 5.23.0 hands GLM-4V's pictures to the wrong beams."""
    model, processor = build()
    local = LocalModel(model, processor, fingerprint=lambda: "f", batch_size=9)
    pictures = tuple(tiny_models.picture(number, 30 + 30 * number, 28) for number in range(2))
    request = Request(messages=(Message(role="user", text="Which?", images=pictures),))
    try:
        [reply] = local.generate([request], THREE)
    except ModelError as error:
        assert build is more_families.glm4v and "the pictures of a prompt with several" in str(error)
    else:
        assert reply.token_ids


def test_what_cannot_be() -> None:
    with pytest.raises(ConfigError, match="--beams must be at least 1, not 0"):
        Decoding(beams=0)
    with pytest.raises(ConfigError, match=r"--beams 2 searches, and --temperature 0\.5 draws: give one"):
        Decoding(beams=2, temperature=0.5)
    with pytest.raises(ModelError, match=r"3 beams cannot be searched through a server, .* or --beams 1"):
        ServerModel.open(ModelOptions(model="http://127.0.0.1:1/v1#m")).generate(REQUESTS, THREE)


def _by_transformers(model: LocalModel, request: Request) -> tuple[int, ...]:
    """One prompt alone, by the library's own call."""
    network: Any = model.model
    encoding = model.encoder.encode_request(request)
    inputs = {name: value[None] for name, value in {"input_ids": encoding.input_ids, **encoding.per_token}.items()}
    with torch.no_grad():
        found = network.generate(
            **inputs,
            **encoding.pictures,
            attention_mask=torch.ones_like(inputs["input_ids"]),
            num_beams=3,
            do_sample=False,
            max_new_tokens=12,
            eos_token_id=list(model.end_token_ids),
            pad_token_id=model.pad_token_id,
        )
    ids = found[0, len(encoding) :].tolist()
    ends = [place for place, token in enumerate(ids, start=1) if token in model.end_token_ids]
    return tuple(ids[: ends[0]] if ends else ids)
