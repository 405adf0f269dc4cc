"""A run with all that makes exports go wrong: several negatives, other alphabets, newlines, tags, dropped examples."""

from __future__ import annotations

import io
from dataclasses import dataclass

from PIL import Image

from burnish.records import Answer, Dropped, PreferencePair, Rejected
from burnish.store import Run

COLOURS = ("red", "green", "blue")


@dataclass(frozen=True)
class MakerConfig:
    """As much of a maker's configuration as a card tells of."""

    model: str = "pocket"
    source: str = "folder:questions.jsonl"
    distort: tuple[str, ...] = ("noise:800", "moco")


def picture(colour: str, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (24, 16), colour).save(buffer, format=kind)
    return buffer.getvalue()


def rejected(text: str, distortion: str = "noise:800") -> Rejected:
    return Rejected(distortion=distortion, seed=2**62, answer=Answer(text=text, token_ids=(5, 2), ref_logp=-9.5))


def fill(run: Run) -> None:
    """Three pairs (1, 2 and 1 negatives), one with a tag in an answer, and two dropped examples."""
    keys = [run.add_image(picture("red")), run.add_image(picture("green", "JPEG")), run.add_image(picture("blue"))]

    def pair(number: int, key: str, question: str, chosen: str, *negatives: Rejected) -> PreferencePair:
        answer = Answer(text=chosen, token_ids=(4, 7, 2), ref_logp=-1.25)
        return PreferencePair(
            id=str(number),
            image=key,
            question=question,
            chosen=answer,
            rejected=negatives,
            source="ocr",
            answer=None if number else "red",
            facts={"task": "colour", "options": [1, None]},
        )

    run.append(
        [
            pair(0, keys[0], "Which colour?", "Red.\nIt is red.", rejected("Grün — 猫 «?»")),
            Dropped(id="1", source="ocr", reason="equal answers", detail="Red."),
            pair(2, keys[1], "<image>\nAnd here?", "A", rejected("B"), rejected("C\n\nD", "moco")),
            Dropped(id="3", source="ocr", reason="equal answers"),
            pair(4, keys[0], "Which file?", "See <image> 1", rejected("None")),
            pair(5, keys[2], "Again?", "E", rejected("F", "moco")),
        ]
    )
    run.finish({"made": 6, "kept": 4})


WANTED = [
    ("Which colour?", "Red.\nIt is red.", "Grün — 猫 «?»", "red"),
    ("And here?", "A", "B", "green"),
    ("And here?", "A", "C\n\nD", "green"),
    ("Again?", "E", "F", "blue"),
]
"""Question, chosen, rejected and colour of the rows that formats of one negative per row have."""


def colour_of(image: Image.Image) -> str:
    """The name of a picture's colour (JPEG is not exact)."""
    pixel = image.convert("RGB").getpixel((3, 3))
    assert isinstance(pixel, tuple)
    return "red" if pixel[0] > 200 else "blue" if pixel[2] > 200 else "green"
