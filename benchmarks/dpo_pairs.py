"""Random preference pairs on a random model of a family's shape, as `burnish pairs` would leave them."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image

from burnish.generation.questions import conversation
from burnish.models import ModelOptions, Request
from burnish.models.local import LocalModel
from burnish.pocket.vocabulary import words as vocabulary
from burnish.records import Answer, PreferencePair, Rejected
from burnish.store import Run, new_manifest
from shapes import IMAGE_TOKENS, Shape, save


@dataclass(frozen=True)
class Words:
    """Lengths in words, each of which is a token."""

    question: int = 30
    answer: tuple[int, int] = (40, 80)
    """Shortest and longest."""
    picture: int = IMAGE_TOKENS


@dataclass(frozen=True)
class Origin:
    """Stands for the configuration of a run that nobody asked a model for."""

    pad_to_square: bool = False


def model_folder(home: Path) -> Path:
    """Where the model is."""
    return home / "model"


def run_folder(home: Path, negatives: int) -> Path:
    """Where the pairs with so many negatives are."""
    return home / f"pairs-{negatives}"


def write_pairs(
    home: Path, shape: Shape, pairs: dict[int, int], words: Words, device: Literal["auto", "cpu"] = "cpu"
) -> None:
    """Save the model, and for each number of negatives a run with so many pairs, weighed by the model."""
    save(shape)
    model = LocalModel.open(ModelOptions(model=str(model_folder(home)), device=device, dtype="float32"))
    for negatives, count in pairs.items():
        manifest = new_manifest("pairs", Origin(), seed=0, fingerprints={"model": model.fingerprint})
        with Run.begin(run_folder(home, negatives), manifest) as run:
            run.append([_weighed(model, pair, image) for pair, image in _pairs(run, negatives, count, words)])
            run.finish({})


def _pairs(run: Run, negatives: int, count: int, words: Words) -> Iterator[tuple[PreferencePair, bytes]]:
    draw = random.Random(negatives)
    known = [word.strip() for word in vocabulary() if word.startswith(" ") and word.strip().isalpha()]

    def said(length: int) -> str:
        return " ".join(draw.choices(known, k=length))

    for number in range(count):
        image = picture(draw)
        answers = [Answer(text=said(draw.randint(*words.answer))) for _ in range(negatives + 1)]
        pair = PreferencePair(
            id=str(number),
            image=run.add_image(image),
            question=said(words.question),
            chosen=answers[0],
            rejected=tuple(Rejected(distortion=f"noise:{k}", seed=k, answer=one) for k, one in enumerate(answers[1:])),
            source="random",
        )
        yield pair, image


def _weighed(model: LocalModel, pair: PreferencePair, image: bytes) -> PreferencePair:
    """The pair with tokens and log-probabilities."""
    tokenizer = model.processor.tokenizer
    said: Sequence[Answer] = [pair.chosen, *(one.answer for one in pair.rejected)]
    ids = [(*tokenizer(one.text, add_special_tokens=False)["input_ids"], tokenizer.eos_token_id) for one in said]
    [logps] = model.score([Request(messages=tuple(conversation(pair.question, image)))], [ids])
    chosen, *rejected = (
        Answer(text=one.text, token_ids=tokens, ref_logp=logp)
        for one, tokens, logp in zip(said, ids, logps, strict=True)
    )
    return PreferencePair(
        id=pair.id,
        image=pair.image,
        question=pair.question,
        chosen=chosen,
        rejected=tuple(
            Rejected(distortion=one.distortion, seed=one.seed, answer=answer)
            for one, answer in zip(pair.rejected, rejected, strict=True)
        ),
        source=pair.source,
    )


def picture(draw: random.Random) -> bytes:
    """Blots of colour in 336 x 336 pixels."""
    small = Image.frombytes("RGB", (8, 8), draw.randbytes(8 * 8 * 3))
    file = io.BytesIO()
    small.resize((336, 336)).save(file, format="PNG")
    return file.getvalue()
