"""The experiment with a real language model, with a tiny random one and drawn photos: every step is made, once."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image
from transformers import LlamaConfig, LlamaForCausalLM

from burnish.models import Decoding, Message, ModelOptions, Request, open_model
from tiny_models import OTHER_ENDS, byte_tokenizer, text_sizes

FOLDER = Path(__file__).parents[2] / "experiments" / "real_lm"
sys.path.insert(0, str(FOLDER))

import model as parts  # noqa: E402
import photos as kinds  # noqa: E402
import run as experiment  # noqa: E402
from oracle import Oracle  # noqa: E402

SHOP = {
    "Red Plum": ("Plum", "Fruit", (200, 20, 40)),
    "Blue Plum": ("Plum", "Fruit", (40, 20, 200)),
    "Lime": ("Lime", "Fruit", (60, 220, 40)),
    "Oat Milk": ("Milk", "Packages", (230, 230, 210)),
}
"""Category, group and colour of each product."""


def photos(root: Path) -> list[kinds.Photo]:
    """A folder of photos: five of each product to train on, one held out."""
    for split, count in (("train", 5), ("val", 1)):
        rows = [_photo(root, split, name, number) for name in SHOP for number in range(count)]
        (root / f"{split}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    return kinds.read_photos(root / "train.jsonl")


def _photo(root: Path, split: str, product: str, number: int) -> dict[str, str]:
    category, group, color = SHOP[product]
    image = f"{split}-{product}-{number}.png"
    Image.new("RGB", (48, 40), tuple(max(0, part - 9 * number) for part in color)).save(root / image)
    known = {"image": image, "product": product, "category": category, "group": group}
    return {**known, "description": f"{product} is good. It is sold by the piece."}


def start(folder: Path) -> Path:
    """The experiment's model with a tiny language model, all weights random, large enough for pictures to matter."""
    tokenizer = byte_tokenizer()
    torch.manual_seed(0)
    language = LlamaForCausalLM(LlamaConfig(**text_sizes(tokenizer), tie_word_embeddings=True, initializer_range=0.2))
    joined, processor = parts.join(language, tokenizer)
    with torch.no_grad():
        joined.get_input_embeddings().weight.mul_(0.1)  # or a word would answer with itself
        for seeing in (joined.model.vision_tower, joined.model.multi_modal_projector):
            for weight in seeing.parameters():
                if weight.dim() > 1:
                    weight.normal_(std=(2 / weight[0].numel()) ** 0.5)
    joined.generation_config.eos_token_id = [tokenizer.eos_token_id, *OTHER_ENDS]
    joined.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


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


@pytest.mark.slow
def test_all_steps_are_made_and_a_second_call_makes_none_again(tmp_path, capsys) -> None:
    (tmp_path / "photos").mkdir()
    photos(tmp_path / "photos")
    start(tmp_path / "work" / "start")
    size = experiment.Size(named=16, tested=4, asked=8, seeds=1, dialogues=4)
    config = experiment.Config(photos=tmp_path / "photos", work=tmp_path / "work", distort="noise:999", port=0)
    experiment.Experiment(config, size).run()
    table = (tmp_path / "work" / "results.md").read_text()
    for row in (
        "SeVa, seed 0 | product, exact match",
        "FIRE, with the oracle | turns",
        "FIRE, alone | existence, accuracy",
    ):
        assert row in table
    capsys.readouterr()
    experiment.Experiment(config, size).run()
    assert capsys.readouterr().out == f"{table}\n"
