"""BLEU and CIDEr against captioning's own toolkit, on the texts of the real dialogues: to 1e-6 on the same tokens."""

import random
from collections.abc import Callable

import numpy as np
import pytest

from burnish.bench.bleu import corpus_bleu, count_row, sentence_bleu
from burnish.bench.cider import cider_d
from burnish.bench.tokens import Tokens, split_tokens, standard_tokens
from fire_items import real_items


@pytest.fixture(scope="module")
def texts() -> tuple[list[str], list[str]]:
    """All texts of the dialogues, and each with words lost, or cut to a few, or quite another one."""
    references = [message["value"] for item in real_items() for message in item["conversations"]]
    draw = random.Random(0)

    def spoilt(text: str) -> str:
        if draw.random() < 0.2:
            return draw.choice(references)
        words = [word for word in text.split(" ") if draw.random() > 0.15]
        return " ".join(words[: draw.choice((0, 1, 2, 3)) if draw.random() < 0.1 else None])

    return [spoilt(text) for text in references], references


@pytest.mark.parametrize("tokenise", [split_tokens, standard_tokens])
def test_both_metrics_equal_the_toolkits(texts: tuple[list[str], list[str]], tokenise: Callable[[str], Tokens]) -> None:
    bleu = pytest.importorskip("pycocoevalcap.bleu.bleu", reason="pycocoevalcap is not installed")
    cider = pytest.importorskip("pycocoevalcap.cider.cider")
    predictions, references = ([tokenise(text) for text in side] for side in texts)
    gts = {i: [" ".join(tokens)] for i, tokens in enumerate(references)}
    res = {i: [" ".join(tokens)] for i, tokens in enumerate(predictions)}
    corpus, by_sentence = bleu.Bleu(4).compute_score(gts, res, verbose=0)
    _, ciders = cider.Cider().compute_score(gts, res)
    ours = [sentence_bleu(*pair) for pair in zip(predictions, references, strict=True)]
    assert len(ours) > 600
    for n in range(4):
        assert [scores[n] for scores in ours] == pytest.approx(by_sentence[n], abs=1e-6)
    rows_NK = np.array([count_row(*pair) for pair in zip(predictions, references, strict=True)])
    assert corpus_bleu(rows_NK) == pytest.approx(corpus, abs=1e-6)
    assert cider_d(predictions, references) == pytest.approx(list(ciders), abs=1e-6)
    assert 1 < sum(ciders) / len(ciders) < 9
