"""Photos of products with names, and the questions that are asked about them.

A folder of photos holds `train.jsonl` and `val.jsonl`, a line a photo: `image` (a path in the folder), `product`,
`category`, `group` and `description`, as in the Grocery Store Dataset (Klasson et al., 2019).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

NAMED_SHARE = 0.6
"""Of the photos to train on, those whose names the model is shown; the names of the others it never sees."""
LONGEST = 20
"""Words of a product's sentence, above which its description does without it."""

WHICH = "Which product is this?"
KIND = "What kind of product is this?"
DESCRIBE = "Describe this picture."
SHOWS = "Does this picture show {name}?"


@dataclass(frozen=True)
class Photo:
    """One photo and what is known of it."""

    image: str
    product: str
    category: str
    group: str
    description: str


@dataclass(frozen=True)
class Asked:
    """A question about a photo, with its answer."""

    task: str
    question: str
    answer: str


def read_photos(table: Path) -> list[Photo]:
    """The photos of a table, in its order."""
    rows = (json.loads(line) for line in table.read_text(encoding="utf-8").splitlines())
    return [Photo(**{name: row[name] for name in Photo.__dataclass_fields__}) for row in rows]


def split_named(photos: Sequence[Photo], seed: int) -> tuple[list[Photo], list[Photo]]:
    """The photos whose names are shown, then the others: of every product the same share, by the seed."""
    named, others = [], []
    for product in dict.fromkeys(photo.product for photo in photos):
        its = [photo for photo in photos if photo.product == product]
        Random(f"{seed} {product}").shuffle(its)
        cut = round(NAMED_SHARE * len(its))
        named += its[:cut]
        others += its[cut:]
    return named, others


def which(photo: Photo, _catalogue: Catalogue, _rng: Random) -> Asked:
    """The product's name."""
    return Asked("product", WHICH, photo.product)


def kind(photo: Photo, _catalogue: Catalogue, _rng: Random) -> Asked:
    """The category, such as Apple."""
    return Asked("category", KIND, photo.category)


def shows(photo: Photo, catalogue: Catalogue, rng: Random) -> Asked:
    """Whether a product is there: in half of the questions the right one, else an alike one or any other."""
    if rng.random() < 0.5:
        return Asked("existence", SHOWS.format(name=photo.product), "Yes")
    others = catalogue.alike(photo.product) if rng.random() < 0.5 else catalogue.others(photo.product)
    return Asked("existence", SHOWS.format(name=rng.choice(others)), "No")


def describe(photo: Photo, _catalogue: Catalogue, _rng: Random) -> Asked:
    """Name, category and group, and the first sentence that the shop has about it."""
    kin = "" if photo.category == photo.product else f", a kind of {photo.category}"
    sentence = photo.description.split(". ")[0].rstrip(".")
    known = f" {sentence}." if len(sentence.split()) <= LONGEST else ""
    return Asked("description", DESCRIBE, f"This is {photo.product}{kin}, of the {photo.group.lower()}.{known}")


TASKS: dict[str, Callable[[Photo, Catalogue, Random], Asked]] = {
    "product": which,
    "category": kind,
    "existence": shows,
    "description": describe,
}


class Catalogue:
    """All products, by name."""

    def __init__(self, photos: Iterable[Photo]) -> None:
        """Of the photos that show them. Raises ValueError for fewer than two products: nothing could be mistaken."""
        self.products = {photo.product: photo for photo in photos}
        if len(self.products) < 2:
            raise ValueError("The photos show fewer than two products: give a folder with photos of more.")

    def alike(self, product: str) -> list[str]:
        """Other products of the same category; where it has no other, of the same group, else all."""
        one, others = self.products[product], self.others(product)
        same = [name for name in others if self.products[name].category == one.category]
        return same or [name for name in others if self.products[name].group == one.group] or others

    def others(self, product: str) -> list[str]:
        """All products but this one."""
        return [name for name in self.products if name != product]


def write_questions(
    out: Path, photos: Sequence[Photo], tasks: Sequence[str], catalogue: Catalogue, *, seed: int, answers: bool = True
) -> Path:
    """A table for the source `folder:`, one question of each task about every photo; a task may be named twice.

    Each task is a source name of its own, so that scores are told apart; without `answers` nobody can learn from them.
    """
    rows = []
    for photo in photos:
        for number, task in enumerate(tasks):
            asked = TASKS[task](photo, catalogue, Random(f"{seed} {photo.image} {number}"))
            row = {"id": f"{photo.image} {task} {number}", "image": photo.image, "source": asked.task}
            rows.append(row | {"question": asked.question} | ({"answer": asked.answer} if answers else {}))
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return out
