"""What people search by: whole words, of any script, their English endings aside.

FTS5 cuts texts at everything but letters and digits, and `porter` cuts "shapes" down to "shape", in records as in what
is searched for. Scripts that put no space between words are cut into characters.
"""

from __future__ import annotations

import re

TOKENIZER = "porter unicode61 remove_diacritics 2"
_ALONE = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


def indexed(text: str) -> str:
    """The text as the index is given it."""
    return _ALONE.sub(r" \g<0> ", text).encode(errors="replace").decode()


def expression(text: str) -> str:
    """FTS5's expression for texts that hold all these words, in any order; empty where there is no word.

    Each word stands in quotes, in which nothing has a meaning of its own: what is typed is never a syntax error.
    """
    words = text.replace("\0", " ").replace('"', " ").split()
    return " AND ".join(f'"{indexed(word)}"' for word in words if any(map(str.isalnum, word)))
