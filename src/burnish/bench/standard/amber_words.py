"""How AMBER finds nouns in descriptions, and which words are alike: by NLTK and spaCy as its authors do, or plainly."""

from __future__ import annotations

import importlib
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any, Protocol, final

from burnish.bench.standard.object_words import singulars
from burnish.errors import ConfigError

VECTORS = "en_core_web_lg"
ALIKE = 0.8
"""Words whose vectors are more alike than this are near-synonyms to the authors."""
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


class Words(Protocol):
    """What a description's words are."""

    def nouns(self, text: str) -> list[str]:
        """Its nouns in the singular, in order, each mention."""
        ...

    def alike(self, one: str, other: str) -> bool:
        """Whether two words mean nearly the same."""
        ...


@final
@dataclass(frozen=True)
class PlainWords:
    """Every word that is known, and no near-synonyms but those that AMBER's lists have."""

    known: Collection[str]

    def nouns(self, text: str) -> list[str]:
        """Those words that are known, in the form that is."""
        forms = ([*singulars(word.lower())] for word in _WORD.findall(text))
        return [found for of in forms if (found := next((form for form in of if form in self.known), ""))]

    def alike(self, one: str, other: str) -> bool:
        """Equal ones."""
        return one == other


@final
@dataclass(frozen=True)
class OfficialWords:
    """NLTK's nouns and spaCy's vectors, of the user's own install."""

    nltk: Any
    lemmas: Any
    vectors: Any
    seen: dict[tuple[str, str], bool] = field(default_factory=dict)
    """Each pair is looked up once: spaCy takes milliseconds."""

    @classmethod
    def open(cls) -> OfficialWords:
        """Raises ConfigError, saying how, where a part of them is not installed."""
        nltk, spacy = _package("nltk", "pip install nltk"), _package("spacy", "pip install spacy")
        try:
            nltk.pos_tag(nltk.word_tokenize("A cat."))
            lemmas = nltk.stem.WordNetLemmatizer()
            lemmas.lemmatize("cats")
        except LookupError as error:
            raise _lacks(
                "NLTK's data", "python -m nltk.downloader punkt_tab averaged_perceptron_tagger_eng wordnet"
            ) from error
        try:
            return cls(nltk, lemmas, spacy.load(VECTORS))
        except OSError as error:
            raise _lacks(f"spaCy's {VECTORS}", f"python -m spacy download {VECTORS}") from error

    def nouns(self, text: str) -> list[str]:
        """By NLTK's tags, in WordNet's form."""
        tagged = self.nltk.pos_tag(self.nltk.word_tokenize(text))
        return [str(self.lemmas.lemmatize(word)) for word, tag in tagged if tag.startswith("NN")]

    def alike(self, one: str, other: str) -> bool:
        """By the cosine of their vectors."""
        if (one, other) not in self.seen:
            self.seen[one, other] = bool(self.vectors(one).similarity(self.vectors(other)) > ALIKE)
        return self.seen[one, other]


def _package(name: str, how: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise _lacks(f"the package {name}", how) from error


def _lacks(what: str, how: str) -> ConfigError:
    return ConfigError(
        f"AMBER's descriptions are read by NLTK and spaCy, and {what} is not installed: {how}, or give --words plain "
        "for numbers by plain words, which are not AMBER's."
    )
