"""The two classes that lmms-eval knows a Burnish model by: one takes conversations, the other also weighs answers."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any, ClassVar, NamedTuple, final

from lmms_eval.api.instance import GenerationResult, Instance, TokenCounts
from lmms_eval.api.model import lmms

from burnish.bench.lmms.conversation import Wish, options_of, request_of_context, request_of_messages, wish_of
from burnish.errors import ModelError
from burnish.models import Decoding, Model, Reply, Request, open_model
from burnish.progress import Progress
from burnish.records import ReplyEnd
from burnish.replies import count_ends

log = logging.getLogger(__name__)
CHUNK = 64
"""Requests whose pictures are open at once: several full batches."""


class LmmsRequest(NamedTuple):
    """One of lmms-eval's requests for an answer."""

    build: Callable[[], Request]
    wish: Wish
    key: tuple[Any, Any]
    """What lmms-eval's cache knows it by."""


class _BurnishLmms(lmms):  # type: ignore[misc]  # lmms-eval is not there when types are checked
    """What both classes share; abstract, as neither way of asking is here."""

    def __init__(self, **arguments: Any) -> None:
        """`arguments` are the flags of a model: `model`, `adapter`, `batch_size` …, as `--model_args` gives them."""
        super().__init__()
        self.model: Model = open_model(options_of(arguments))

    def generate_until_multi_round(self, requests: Sequence[Instance]) -> list[str]:  # noqa: ARG002 - lmms-eval's
        """Not possible: raises ModelError."""
        raise ModelError("Burnish does not support multi-round tasks in lmms-eval: choose another task.")

    def _answers(self, questions: Sequence[LmmsRequest]) -> list[GenerationResult]:
        """An answer each; a refused request is an empty one, and told of."""
        results, ends = [], list[ReplyEnd]()
        with Progress("lmms-eval", len(questions), unit="requests") as progress:
            for chunk in _chunks(questions):
                replies = self.model.generate([one.build() for one in chunk], chunk[0].wish.decoding)
                for question, reply in zip(chunk, replies, strict=True):
                    results.append(self._result(question, reply))
                    ends.append(reply.end)
                progress.advance(len(chunk))
        if warning := count_ends(ends).warning():
            log.warning("%s", warning)
        return results

    def _result(self, question: LmmsRequest, reply: Reply) -> GenerationResult:
        if reply.finish == "error":
            log.warning("A request is refused, and counts as an empty answer: %s", reply.error)
        text = question.wish.cut(reply.text)
        self.cache_hook.add_partial("generate_until", question.key, text)
        count = len(reply.token_ids) or reply.completion_tokens
        return GenerationResult(text, TokenCounts(input_tokens=reply.prompt_tokens, output_tokens=count))

    def _document(self, task: str, split: str, number: int) -> Any:
        return self.task_dict[task][split][number]


@final
class Chat(_BurnishLmms):
    """Takes lmms-eval's conversations: what it uses unless --force_simple is given."""

    is_simple: ClassVar[bool] = False

    def generate_until(self, requests: Sequence[Instance]) -> list[GenerationResult]:
        """One answer for each request."""
        return self._answers([self._question(request) for request in requests])

    def loglikelihood(self, requests: Sequence[Instance]) -> list[tuple[float, bool]]:  # noqa: ARG002 - lmms-eval's
        """Not possible in a conversation: raises ModelError."""
        raise ModelError("The task scores given answers: add --force_simple.")

    def _question(self, instance: Instance) -> LmmsRequest:
        context, messages_of, generation, number, task, split = instance.args

        def build() -> Request:
            return request_of_messages(messages_of(self._document(task, split, number)), seed=number)

        return LmmsRequest(build, wish_of(generation), (context, generation))


@final
class Simple(_BurnishLmms):
    """Takes a question with its pictures, and scores given answers (--force_simple)."""

    is_simple: ClassVar[bool] = True

    def generate_until(self, requests: Sequence[Instance]) -> list[GenerationResult]:
        """One answer for each request."""
        return self._answers([self._question(request) for request in requests])

    def loglikelihood(self, requests: Sequence[Instance]) -> list[GenerationResult]:
        """For each answer its loss, and whether the model would say it itself.

        As with lmms-eval's own models, the loss is the mean over the answer's tokens and its end (nats): its tasks take
        the smallest. Raises ModelError for a model at an endpoint.
        """
        from burnish.models.local import LocalModel

        if not isinstance(self.model, LocalModel):
            raise ModelError("The task scores given answers, which an endpoint cannot do: give a local model.")
        tokenizer, end = self.model.processor.tokenizer, self.model.end_token_ids[0]
        results = []
        with Progress("lmms-eval", len(requests), unit="answers") as progress:
            for start in range(0, len(requests), CHUNK):
                chunk = [self._scored(request) for request in requests[start : start + CHUNK]]
                asked = [request for request, _ in chunk]
                ids = [(*tokenizer(text, add_special_tokens=False)["input_ids"], end) for _, text in chunk]
                sums = self.model.score(asked, [[one] for one in ids])
                replies = self.model.generate(asked, Decoding(max_new_tokens=max(map(len, ids))))
                for one, (total,), reply in zip(ids, sums, replies, strict=True):
                    # lmms-eval 0.7.3 makes a text of a bare pair, and its own tasks then fail on it
                    results.append(GenerationResult((-total / len(one), reply.token_ids == one)))
                progress.advance(len(chunk))
        return results

    def _question(self, instance: Instance) -> LmmsRequest:
        context, generation, visuals_of, number, task, split = instance.args

        def build() -> Request:
            return request_of_context(context, _flat(visuals_of(self._document(task, split, number))), seed=number)

        return LmmsRequest(build, wish_of(generation), (context, generation))

    def _scored(self, instance: Instance) -> tuple[Request, str]:
        context, target, visuals_of, number, task, split = instance.args
        document = self._document(task, split, number)
        text = target if isinstance(target, str) else str(target(document))
        return request_of_context(context, _flat(visuals_of(document)), seed=number), text.strip()


def _chunks(questions: Sequence[LmmsRequest]) -> Iterator[list[LmmsRequest]]:
    """At most CHUNK neighbours that are to be generated alike."""
    for _, group in groupby(enumerate(questions), key=lambda pair: (pair[1].wish.decoding, pair[0] // CHUNK)):
        yield [question for _, question in group]


def _flat(visuals: Any) -> list[object]:
    """A task's pictures: one, several, or none."""
    return [] if visuals is None else list(visuals) if isinstance(visuals, list | tuple) else [visuals]
