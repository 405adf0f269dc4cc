"""A small LLaVA on disk, and runs of hand-written preference pairs about random pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from dialogue_words import PICTURES
from training_words import CHOSEN, QUESTIONS, REJECTED

import tiny_models
from builders import begin
from burnish.images import encode_png
from burnish.models import ModelOptions, Request
from burnish.models.local import LocalModel
from burnish.records import Answer, Dialogue, Dropped, PreferencePair, Rejected
from burnish.train.encode import conversation


@dataclass(frozen=True, kw_only=True)
class HandWritten:
    """Stands for the configuration of a run that no model made."""

    pad_to_square: bool = False


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny LLaVA."""
    return tiny_models.tiny_llava(tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="session")
def opened(base: Path) -> LocalModel:
    """The tiny LLaVA as models are opened for answering; tests must leave it as it is."""
    return LocalModel.open(ModelOptions(model=str(base), device="cpu"))


@pytest.fixture(scope="session")
def write_run(opened: LocalModel) -> Callable[..., Path]:
    """Writes a finished run: `negatives[i]` rejected answers for pair i, each with its tokens and end token.

    `weighed`: with its log-probability too, as `burnish pairs` stores it. `sources` are those of the pairs, in turn.
    """

    def answer(text: str) -> Answer:
        tokenizer = opened.processor.tokenizer
        ids = tokenizer(f" {text}", add_special_tokens=False)["input_ids"]
        return Answer(text=text, token_ids=(*ids, tokenizer.eos_token_id))

    def weigh(pair: PreferencePair, image: bytes) -> PreferencePair:
        answers = [pair.chosen, *(one.answer for one in pair.rejected)]
        request = Request(messages=tuple(conversation(pair.question, image)))
        [logps] = opened.score([request], [[one.token_ids for one in answers]])
        chosen, *rejected = (replace(one, ref_logp=logp) for one, logp in zip(answers, logps, strict=True))
        negatives = (replace(one, answer=new) for one, new in zip(pair.rejected, rejected, strict=True))
        return replace(pair, chosen=chosen, rejected=tuple(negatives))

    def write(
        path: Path,
        negatives: Sequence[int] = (1, 1, 1, 1, 1, 1, 1, 1),
        *,
        weighed: bool = False,
        sources: Sequence[str] = ("test",),
    ) -> Path:
        with begin(path, "pairs", HandWritten(), fingerprints={"model": opened.fingerprint}) as run:
            for i, count in enumerate(negatives):
                rejected = [
                    Rejected(distortion=f"noise:{k}", seed=k, answer=answer(REJECTED[(i + k) % len(REJECTED)]))
                    for k in range(count)
                ]
                image = encode_png(tiny_models.picture(i))
                pair = PreferencePair(
                    id=str(i),
                    image=run.add_image(image),
                    question=QUESTIONS[i % len(QUESTIONS)],
                    chosen=answer(CHOSEN[i % len(CHOSEN)]),
                    rejected=tuple(rejected),
                    source=sources[i % len(sources)],
                    answer=CHOSEN[i % len(CHOSEN)],
                )
                run.append([weigh(pair, image) if weighed else pair])
            run.finish({})
        return path

    return write


@pytest.fixture(scope="session")
def write_dialogues() -> Callable[..., Path]:
    """Writes a finished run of dialogues, whose `image` names one of the tests' pictures."""

    def write(path: Path, records: Sequence[Dialogue | Dropped]) -> Path:
        with begin(path, "compose", HandWritten()) as run:
            keys = {name: run.add_image(image) for name, image in PICTURES.items()}
            run.append([replace(one, image=keys[one.image]) if isinstance(one, Dialogue) else one for one in records])
            run.finish({})
        return path

    return write
