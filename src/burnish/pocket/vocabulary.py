"""The words that the pocket VLM knows as single tokens; all other text is spelled in bytes."""

from __future__ import annotations

PAD, BOS, EOS, IMAGE = "<pad>", "<s>", "</s>", "<image>"
USER, ASSISTANT, SYSTEM = "<|user|>", "<|assistant|>", "<|system|>"
SPECIAL_TOKENS = (PAD, BOS, EOS, IMAGE, USER, ASSISTANT, SYSTEM)

_WORLD = """
what where is the a an there how many are does do have seen from of at and or in with no yes
color colors shape shapes size sizes object objects thing things corner corners picture image describe
red green blue yellow purple orange white gray black
circle circles square squares triangle triangles diamond diamonds cross crosses
small large left right above below top bottom center
text say says character characters letter letters number numbers digit digits first second third fourth last
bar bars chart show shows tall taller tallest short shorter shortest high higher
row column table cell line next between beside only all both each same other another than
"""

_DIALOGUE = """
thought thoughts answer answers score scores feedback question questions hint hints comment comments
wrong right not correct incorrect partly almost nearly true false good better best bad worse perfect
try again look looks looking check count counted counting read reading compare describe described think see
missing missed mistake mistakes extra hallucinated exist exists complete incomplete close closer closely
your you my me i it its this that these those they them we was were be been being can could should would will
may might must need needs give gives gave given say said tell tells use uses used make makes made find found
one two three four five six seven eight nine ten zero none some any more most less few fewer fewest many much
please careful carefully improve improved improvement keep change changed instead also but because so then
now still already part parts rest whole out only once more too low high here
for to on by as if about into near far side middle corner position place
student teacher refine refined response responses turn turns statement statements sentence sentences
name word words single phrase option options choose choice letter following using short detail detailed
"""

_CAPITALISED = """
what where is there how describe the a yes no thought answer score feedback look try check count read think
your you i it this that not wrong right correct incorrect almost good question hint please in compare one all
"""


def special_id(token: str) -> int:
    """The id of a special token: they stand first in the tokenizer's vocabulary."""
    return SPECIAL_TOKENS.index(token)


def words() -> list[str]:
    """Every word in the spellings that get a token of their own: bare and behind a space."""
    lower = [*_WORLD.split(), *_DIALOGUE.split()]
    bare = [*lower, *(word.capitalize() for word in _CAPITALISED.split()), "10"]
    spaced = [f" {word}" for word in (*bare, *"0123456789", "10")]
    return list(dict.fromkeys([*bare, *spaced]))
