"""What is not comparable: results of two benchmarks, of two question sets, prompts, scoring rules or judges."""

from __future__ import annotations

from collections.abc import Collection

from burnish.bench.compare.inputs import Side
from burnish.errors import ConfigError, RunError

_DIGITS = 12
_SHOWN = 40


def refuse_unlike(before: Side, after: Side, may_differ: Collection[str]) -> None:
    """Raises RunError, in one sentence that names what differs, and ConfigError for a name in `may_differ` that no
    rule has."""
    if before.benchmark != after.benchmark:
        raise RunError(
            f"{before.path} is of {before.benchmark}, {after.path} of {after.benchmark}: compare two results of one "
            "benchmark."
        )
    rules = sorted(before.rules.keys() | after.rules.keys())
    if unknown := [name for name in may_differ if name not in rules]:
        raise ConfigError(
            f"--may-differ {unknown[0]} is not a setting of {before.benchmark}: {', '.join(rules) or 'none'}."
        )
    for name in rules:
        old, new = before.rules.get(name, ""), after.rules.get(name, "")
        if old != new and old and new and name not in may_differ:
            raise RunError(
                f"{before.path} and {after.path} differ in their {name} ({_short(old)} and {_short(new)}), so that "
                f"they do not compare models: make both with the same, or give --may-differ '{name}'."
            )
    _refuse_other_questions(before, after)


def _short(value: str) -> str:
    digest = len(value) == 64 and set(value) <= set("0123456789abcdef")
    return f"fingerprint {value[:_DIGITS]}" if digest else f"{value:.{_SHOWN}}"


def _refuse_other_questions(before: Side, after: Side) -> None:
    other = before.asked ^ after.asked
    if other:
        _, example = min(other)
        raise RunError(
            f"{before.path} and {after.path} have different question sets: {len(other):,} questions are in one only, "
            f"such as {example!r}; ask both models the same."
        )
    for key, answer in after.answers.items():
        if key not in before.answers:
            continue
        for name, old, new in zip(answer.asked._fields, before.answers[key].asked, answer.asked, strict=True):
            if old and new and not (_alike(old, new) if name == "question" else old == new):
                raise RunError(
                    f"{before.path} and {after.path} have different question sets: the {name} of question "
                    f"{key.id!r} is {_short(old)!r} in one and {_short(new)!r} in the other."
                )


def _alike(question: str, other: str) -> bool:
    """Whether both are one question: official files have it bare, runs with the prompt's words behind it."""
    return question.startswith(other) or other.startswith(question)
