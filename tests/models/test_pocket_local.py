"""The model that comes with Burnish, on its own world's pictures: answers do not depend on the batch."""

from __future__ import annotations

import pytest

from burnish.images import decode
from burnish.models import Decoding, Message, ModelOptions, Reply, Request
from burnish.models.local import LocalModel
from burnish.pocket import weights_path
from burnish.pocket.world import SEEN, make

pytestmark = pytest.mark.skipif(
    not (weights_path() / "config.json").is_file(), reason="the pocket VLM's weights are not in this checkout"
)


def _requests() -> list[Request]:
    examples = [make("heldout", number, task.name) for number in range(2) for task in SEEN]
    return [
        Request(messages=(Message(role="user", text=example.question, images=(decode(example.image),)),))
        for example in examples
    ]


def test_batch_answers_and_scores_as_one_at_a_time() -> None:
    requests = _requests()
    model = LocalModel.open(ModelOptions(model="pocket", device="cpu", batch_size=8))
    decoding = Decoding(max_new_tokens=48)

    together = model.generate(requests, decoding)
    scores = model.score(requests, [_answers(together, number) for number in range(len(requests))])

    assert together == [model.generate([request], decoding)[0] for request in requests]
    assert len({len(reply.token_ids) for reply in together}) > 2
    for number, request in enumerate(requests):
        alone = model.score([request], [_answers(together, number)])[0]
        assert scores[number] == pytest.approx(alone, abs=1e-4)


def _answers(replies: list[Reply], number: int) -> list[tuple[int, ...]]:
    """A request's own answer, then its neighbour's."""
    return [replies[number].token_ids, replies[number - 1].token_ids]
