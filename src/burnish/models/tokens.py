"""How many tokens a text has for a model, without its weights."""

from __future__ import annotations

from collections.abc import Callable

from burnish.errors import ModelError
from burnish.models.loading import find


def token_counter(name: str) -> Callable[[str], int]:
    """Counts the tokens of a text, as the model at this path or of this name splits it, without marks around it.

    Raises ModelError for a model without a tokenizer.
    """
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(find(name))
    except (OSError, ValueError) as error:
        raise ModelError(f"{name} has no tokenizer that can be loaded ({str(error).splitlines()[0]}).") from error
    return lambda text: len(tokenizer(text, add_special_tokens=False)["input_ids"])
