"""What tyro says of a wrong flag in a box of several paragraphs, in one sentence."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from itertools import takewhile

_EDGES = re.compile(r"[╭╮│╰╯]")
_RULE = re.compile(r"[─-]+")
_FLAG = re.compile(r"(--[a-z][\w-]*)(?: [A-Z\[{].*)?")
"""A flag as a line of its own, with what it takes; in a sentence other words follow."""
_PLACE = re.compile(r"[A-Z_]{2,}")
_TYPES = {"INT": ("a whole number", "whole numbers"), "FLOAT": ("a number", "numbers")}


def flag_error(box: str, prog: str, words: Sequence[str], places: Sequence[str]) -> str:
    """The sentence for what tyro printed: which flag, what is wrong with it, and where the flags are explained.

    `places` are the positional arguments' names; tyro names their types.
    """
    first, *others = _paragraphs(box)
    text = " ".join(first)
    if found := re.match(r"Unrecognized options: (.+)", text):
        wrong = _unknown(found[1].split(", "), _flags(others))
    elif found := re.match(r"Error parsing (--[\w-]+)", text):
        wrong = _unparsed(found[1], words, others)
    elif found := re.match(r"invalid choice .* argument '(--[\w-]+)'\. Expected one of \((.+)\)", text):
        wrong = f"{found[1]} is {value_of(found[1], words)}, but takes one of {found[2].replace(chr(39), '')}"
    elif found := re.match(r"Missing value for argument '(.+?)'", text):
        wrong = f"{_named(found[1])} has no value"
    elif text.startswith("Missing from"):
        wrong = _missing(first[1:], others, places)
    else:
        wrong = text.rstrip(".") or "A flag is wrong"
    return f"{wrong}: `{prog} --help` explains every flag."


def known_names(name: str, known: Iterable[str]) -> str:
    """What to give in place of an unknown name: "did you mean x?", or all that is known where nothing is near."""
    names = [*known]
    near = get_close_matches(name, names, n=1)
    return f"did you mean {near[0]}?" if near else f"choose from {', '.join(names)}."


def _paragraphs(box: str) -> list[list[str]]:
    """The lines between the box's rules, without its title and edges, which are plain where the terminal is."""
    lines = (_EDGES.sub("", line).strip() for line in box.splitlines())
    _title, *inner = filter(None, lines)
    parts: list[list[str]] = [[]]
    for line in inner:
        if _RULE.fullmatch(line):
            parts.append([])
        else:
            parts[-1].append(line)
    return [part for part in parts if part]


def _flags(paragraphs: Sequence[Sequence[str]]) -> list[str]:
    """The flags that paragraphs explain, each once."""
    found = (_FLAG.fullmatch(line) for lines in paragraphs for line in lines)
    return [*dict.fromkeys(flag[1] for flag in found if flag)]


def _unknown(unknown: Sequence[str], near: Sequence[str] = ()) -> str:
    """Of the words that tyro could not place the flags alone, where there are any: their values follow them."""
    flags = [word.partition("=")[0] for word in unknown if word.startswith("-")]
    wrong = f"There is no flag {' and '.join(flags)}" if flags else f"{' and '.join(unknown)} belongs to no flag"
    return f"{wrong} (did you mean {' or '.join(near)}?)" if near else wrong


def _missing(lines: Sequence[str], others: Sequence[Sequence[str]], places: Sequence[str]) -> str:
    """What must be given, and which flags are not known: one may be the other, mistyped."""
    missing = [*(places if any(map(_PLACE.fullmatch, lines)) else ()), *_flags([lines])]
    unknown = next((part[1:] for part in others if part[:1] == ["Unrecognized options:"]), ())
    known = _unknown(unknown) + ", and " if any(word.startswith("-") for word in unknown) else ""
    return f"{known}{' and '.join(map(_named, missing))} must be given"


def _unparsed(flag: str, words: Sequence[str], explained: Sequence[Sequence[str]]) -> str:
    """What a flag is, and what it takes: of `{None}|INT` a whole number, since None stands where it is left out."""
    usage = next((line for lines in explained for line in lines if line.startswith(f"{flag} ")), "")
    forms = usage.removeprefix(flag).strip(" []") or "another value"
    several = " [" in forms
    kinds = [kind for kind in forms.partition(" [")[0].split("|") if kind != "{None}"]
    wanted = " or ".join(_TYPES.get(kind, (kind, kind))[several] for kind in kinds)
    return f"{flag} is {value_of(flag, words, None if several else 1)}, but takes {wanted}"


def value_of(flag: str, words: Sequence[str], most: int | None = 1) -> str:
    """What a flag is given last, of at most as many words; empty where it is not given."""
    places = [number for number, word in enumerate(words) if word.partition("=")[0] == flag]
    if not places:
        return ""
    _, equals, value = words[places[-1]].partition("=")
    return value if equals else " ".join([*takewhile(lambda word: word[:2] != "--", words[places[-1] + 1 :])][:most])


def _named(argument: str) -> str:
    """A flag as it is typed, a place by its name in help."""
    return argument if argument.startswith("-") else argument.upper()
