"""What the templates are given: a case as it stands before one rater, and nothing that the rater must not know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from burnish.review.asks import RatingScale, RatingTask
from burnish.review.cases import Passage, kind_of
from burnish.review.study import Rater, RaterProgress, ShownCase


class RadioButton(NamedTuple):
    """A radio button."""

    value: str
    label: str
    checked: bool


class RadioGroup(NamedTuple):
    """The radio buttons of one item."""

    item: str
    kind: str
    rubric: RatingScale
    choices: tuple[RadioButton, ...]


class RatedPassage(NamedTuple):
    """A passage, and the buttons below it if it is rated."""

    passage: Passage
    group: RadioGroup | None


class CaseView(NamedTuple):
    """One page."""

    rater: Rater
    position: int
    progress: RaterProgress
    question: str
    pictures: int
    """How many the question is about."""
    truth: str | None
    passages: tuple[RatedPassage, ...]
    """In the order of this rater: what stands as A comes first."""
    groups: tuple[RadioGroup, ...]
    rubrics: tuple[RatingScale, ...]


def case_view(ask: RatingTask, rater: Rater, position: int, shown: ShownCase, progress: RaterProgress) -> CaseView:
    """The page of a case."""
    case = shown.case
    groups = {item: _group(ask, item, shown) for item in case.items}
    passages = case.passages[::-1] if shown.swapped and ask.level == "nominal" else case.passages
    return CaseView(
        rater=rater,
        position=position,
        progress=progress,
        question=case.question,
        pictures=len(case.images),
        truth=case.truth,
        passages=tuple(RatedPassage(passage, groups.get(passage.item)) for passage in passages),
        groups=tuple(groups.values()),
        rubrics=tuple(ask.rubrics.values()),
    )


def to_store(ask: RatingTask, shown: ShownCase, given: Mapping[str, str]) -> dict[str, str]:
    """What the store keeps of the page's values, by item. Raises ValueError for what the page does not offer."""
    if strange := set(given) - set(shown.case.items):
        raise ValueError(f"{min(strange)!r} is not rated in this case")
    meant = {option.shown: option.value(swapped=shown.swapped) for option in ask.options}
    if wrong := set(given.values()) - set(meant):
        raise ValueError(f"{min(wrong)!r} is not one of {', '.join(meant)}")
    return {item: meant[value] for item, value in given.items()}


def _group(ask: RatingTask, item: str, shown: ShownCase) -> RadioGroup:
    given = shown.values.get(item)
    choices = (
        RadioButton(option.shown, option.label, option.value(swapped=shown.swapped) == given) for option in ask.options
    )
    return RadioGroup(item, kind_of(item), ask.rubrics[kind_of(item)], tuple(choices))
