"""Each stop rule by hand, at its edge and in the order in which the rules apply."""

from __future__ import annotations

import pytest

from burnish.dialogue.stopping import StopRules
from burnish.errors import ConfigError
from burnish.records import Ending, Feedback, Response, Turn


def turns(*scores: float | None) -> list[Turn]:
    said = Response(text="a cat", thought="", answer="a cat")
    return [Turn(response=said, feedback=Feedback(text="…", score=score, comment="…")) for score in scores]


MADE = StopRules()
"""FIRE-1M: 8 ends a dialogue, and so does turn 3."""
FREE = StopRules(max_turns=5, must_rise=True)
"""FIRE-Bench."""


@pytest.mark.parametrize(
    ("rules", "scores", "ending"),
    [
        (MADE, [8.0], "satisfied"),  # at the threshold, in the first turn
        (MADE, [7.9], None),
        (MADE, [3.0, 3.0], None),  # need not rise
        (MADE, [5.0, 2.0], None),
        (MADE, [3.0, 5.0, 10.0], "satisfied"),  # in the last turn it is still a success
        (MADE, [3.0, 5.0, 7.9], "longest"),
        (MADE, [None], "no score"),
        (MADE, [3.0, 5.0, None], "no score"),  # rather than "longest"
        (FREE, [4.0], None),  # nothing yet that it could be above
        (FREE, [4.0, 5.0], None),
        (FREE, [4.0, 4.0], "no rise"),  # equal is no rise
        (FREE, [4.0, 6.0, 5.0], "no rise"),  # compared with the one before, not with the first
        (FREE, [0.0, 0.0], "no rise"),
        (FREE, [9.0, 8.0], "satisfied"),  # enough is enough, though it fell
        (FREE, [1.0, 2.0, 3.0, 4.0], None),
        (FREE, [1.0, 2.0, 3.0, 4.0, 5.0], "longest"),
        (FREE, [1.0, 2.0, 3.0, 4.0, 4.0], "no rise"),  # the reason that would have ended a shorter one too
        (StopRules(threshold=10, max_turns=2), [9.9], None),
        (StopRules(threshold=10, max_turns=2), [9.9, 9.9], "longest"),
        (StopRules(max_turns=1), [1.0], "longest"),
    ],
)
def test_why_a_dialogue_ends(rules: StopRules, scores: list[float | None], ending: Ending | None) -> None:
    assert rules.ending(turns(*scores)) == ending


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"threshold": 0.0}, "--threshold must be above 0 and at most 10, not 0"),
        ({"threshold": 10.5}, "--threshold must be above 0 and at most 10, not 10.5"),
        ({"max_turns": 0}, "--max-turns must be at least 1, not 0"),
    ],
)
def test_rules_that_cannot_be(fields: dict[str, float], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        StopRules(**fields)  # type: ignore[arg-type]
