"""Which objects a text names: words and pairs of words, in the singular, by a list of names and their synonyms."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import final

from burnish.bench.standard.coco_names import SYNONYMS
from burnish.bench.standard.files import text_lines
from burnish.errors import SourceError

FORM = (
    "give one line a kind of object, its name first and then other words for it between commas, as data/synonyms.txt "
    "of github.com/LisaAnne/Hallucination has them"
)
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_IRREGULAR = {
    **{"men": "man", "women": "woman", "children": "child", "mice": "mouse", "geese": "goose", "teeth": "tooth"},
    **{"feet": "foot", "oxen": "ox", "calves": "calf", "knives": "knife", "loaves": "loaf", "shelves": "shelf"},
    **{"wolves": "wolf", "leaves": "leaf", "scarves": "scarf", "halves": "half", "wives": "wife", "lives": "life"},
}
_ENDINGS = (("ies", "y"), ("es", ""), ("s", ""))
_ANIMALS = frozenset(
    ["animal", "cub", "bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe"]
)
_QUALIFIERS = {"baby": _ANIMALS, "adult": _ANIMALS, "passenger": frozenset(("jet", "train"))}
"""Words that name no object of their own before these: a baby elephant is no person."""
_PARTS = frozenset((("toilet", "seat"),))
"""Of these two words the first alone names an object."""


@final
@dataclass(frozen=True)
class ObjectWords:
    """Finds objects in texts."""

    name_of: Mapping[str, str]
    """From a word, or two, to the object's name."""

    @classmethod
    def of(cls, groups: Mapping[str, Sequence[str]]) -> ObjectWords:
        """By names with their synonyms; the first of two equal words counts."""
        found: dict[str, str] = {}
        for name, synonyms in groups.items():
            for word in (name, *synonyms):
                found.setdefault(word.lower(), name)
        return cls(found)

    def mentions(self, text: str) -> list[str]:
        """The name of each object that is mentioned, once a mention, in order; of two words, both before one."""
        words, found, place = [word.lower() for word in _WORD.findall(text)], list[str](), 0
        while place < len(words):
            pair = words[place : place + 2]
            named = self._known(pair) if len(pair) == 2 else None
            place += 2 if named or tuple(pair) in _PARTS else 1
            named = named or (None if _qualifies(pair) else self._known(pair[:1]))
            found += [named] if named else []
        return found

    def _known(self, words: Sequence[str]) -> str | None:
        before = " ".join(words[:-1])
        forms = (f"{before} {form}".strip() for form in singulars(words[-1]))
        return next((self.name_of[form] for form in forms if form in self.name_of), None)


def _qualifies(pair: Sequence[str]) -> bool:
    """Whether the first of two words only says which kind of the second is meant."""
    of = _QUALIFIERS.get(pair[0], frozenset())
    return len(pair) == 2 and any(form in of for form in singulars(pair[1]))


def singulars(word: str) -> Iterator[str]:
    """The word, and what it may be the plural of."""
    yield word
    if word in _IRREGULAR:
        yield _IRREGULAR[word]
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) > len(ending) + 1:
            yield word.removesuffix(ending) + instead


def own_words(names: Sequence[str]) -> ObjectWords:
    """For these names of objects, with the synonyms that Burnish knows."""
    return ObjectWords.of({name: SYNONYMS.get(name.lower(), ()) for name in names})


def read_words(path: str, names: Sequence[str]) -> ObjectWords:
    """The synonyms of a file. Raises SourceError where it lacks one of the objects that are annotated."""
    groups: dict[str, list[str]] = {}
    for where, line in text_lines(path, FORM):
        name, *synonyms = [word.strip() for word in line.split(",")]
        if not name:
            raise SourceError(f"{where}, names no object: {FORM}.")
        groups.setdefault(name, []).extend(synonyms)
    words = ObjectWords.of(groups)
    missing = [name for name in names if name.lower() not in words.name_of]
    if missing:
        raise SourceError(f"{path} has no line for {missing[0]!r}, which the annotations name: {FORM}.")
    return words
