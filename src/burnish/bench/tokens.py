"""Words as text metrics compare them, in two ways: as FIRE's benchmark splits them, and as machine translation does."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

Tokens: TypeAlias = list[str]
Tokenise: TypeAlias = Callable[[str], Tokens]

_ENTITIES = (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"))
_SIGN = re.compile(r"""([!"#$%&()*+/:;<=>?@\[\\\]^_`{|}~])""")
_STOP_AFTER_WORD = re.compile(r"([^0-9])([.,])")
_STOP_BEFORE_WORD = re.compile(r"([.,])([^0-9])")
_DASH_AFTER_DIGIT = re.compile(r"([0-9])(-)")


def split_tokens(text: str) -> Tokens:
    """What stands between white space, upper and lower case and punctuation as they are: FIRE's own tokens."""
    return text.split()


def standard_tokens(text: str) -> Tokens:
    """The tokens of NIST's mteval-v13a (sacreBLEU's `13a`), lower-cased as captioning's toolkits do.

    Signs stand alone, and so do full stop and comma outside a number and a dash behind a digit: "1,000 km." gives
    ["1,000", "km", "."].
    """
    joined = text.lower().replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    for entity, sign in _ENTITIES:
        joined = joined.replace(entity, sign)
    line = _SIGN.sub(r" \1 ", f" {joined} ")
    line = _STOP_AFTER_WORD.sub(r"\1 \2 ", line)
    line = _STOP_BEFORE_WORD.sub(r" \1 \2", line)
    return _DASH_AFTER_DIGIT.sub(r"\1 \2 ", line).split()
