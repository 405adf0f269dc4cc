"""The experiment's model opens like any other, and its oracle is a teacher and a composer to Burnish."""

from __future__ import annotations

import pytest
from PIL import Image

from burnish.cli import main
from burnish.models import Decoding, Message, ModelOptions, Request, open_model
from burnish.records import Dialogue
from burnish.store import Run
from real_lm_parts import SHOP, kinds, photos, start

from oracle import Oracle, serving  # isort: skip


def test_the_model_opens_like_any_other_and_looks_at_the_picture(tmp_path) -> None:
    model = open_model(ModelOptions(model=str(start(tmp_path)), device="cpu"))
    pictures = [Image.new("RGB", (60, 60), color) for *_, color in SHOP.values()]
    asked = [Request(messages=(Message(role="user", text=kinds.WHICH, images=(one,)),)) for one in pictures]
    replies = model.generate(asked, Decoding(max_new_tokens=8))
    assert len({reply.text for reply in replies}) > 1


@pytest.mark.parametrize(
    ("said", "score", "comment"),
    [
        ("Answer: red plum", 10, "That is right."),
        ("It is a Blue Plum.", 6, "It is not Blue Plum. The kind, Plum, is right, but it is another one."),
        ("Lime", 3, "It is not Lime. It is one of the fruit, and its name begins with R."),
        ("Oat Milk", 1, "It is not Oat Milk. It is one of the fruit, and its name begins with R."),
        ("a chair", 1, "That is no product of this shop. It is one of the fruit, and its name begins with R."),
    ],
    ids=["right", "alike", "same group", "other group", "nothing"],
)
def test_the_oracle_knows_how_near_an_answer_is(said: str, score: int, comment: str, tmp_path) -> None:
    oracle = Oracle(kinds.Catalogue(photos(tmp_path)))
    assert oracle.verdict(said, "Red Plum") == (score, comment)


def test_the_oracle_composes_dialogues_that_end_right_and_tell_nothing_before(tmp_path) -> None:
    catalogue = kinds.Catalogue(photos(tmp_path))
    table = kinds.write_questions(
        tmp_path / "asked.jsonl", [*catalogue.products.values()], ["product"], catalogue, seed=0
    )
    with serving(Oracle(catalogue)) as oracle:
        words = ["compose", f"folder:{table}", "--model", oracle, "--keep-secret", "--out", str(tmp_path / "run")]
        assert main(words) == 0
    dialogues = list(Run.open(tmp_path / "run").records(Dialogue))
    assert {one.answer for one in dialogues} == {*SHOP}
    for one in dialogues:
        scores = [turn.feedback.score for turn in one.turns]
        assert scores == sorted(scores)
        assert scores[-1] == 10 > scores[-2]
