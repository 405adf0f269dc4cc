"""What a life is: a generator that yields what it needs, is sent the replies, and returns its records.

    def life(position: int, example: Example) -> Life:
        [answer] = yield [student.ask("student 1", Case(example, ()))]
        [feedback] = yield [teacher.ask("teacher 1", Case(example, (), answer.text))]
        return [record_of(example, answer, feedback)]

A life that a kill ends is begun again, and sent the replies that came before: so it must do the same again.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import TypeAlias, TypeVar

from burnish.generation.requests import Ask, KnownReply
from burnish.models import Reply
from burnish.records import Example, Record

R = TypeVar("R")
Records: TypeAlias = Sequence[Record]
"""Of one example: as many for every example of a run."""
LifePart: TypeAlias = Generator[Sequence[Ask | KnownReply], Sequence[Reply], R]
"""A part of a life: it yields what it needs next, is sent the replies in that order, and returns what it found."""
Life: TypeAlias = LifePart[Records]
"""The whole of it returns the example's records."""
Begin: TypeAlias = Callable[[int, Example], Life]
"""Begins the life of an example, whose first number is its place among the inputs, from 0."""
