"""A release gate: whether a comparison lets the second result pass."""

from __future__ import annotations

from collections.abc import Mapping

from burnish.scores import Compared, Gate, GateRule, Verdict

_MEANINGS: Mapping[Verdict, str] = {
    "better": "the second result is better",
    "worse": "the second result is worse",
    "undecided": "nothing is decided",
}


def gate(rule: GateRule, compared: Compared) -> Gate:
    """Worse fails on a verdict of worse alone; not-better on any but better, so also where nothing says which is."""
    verdict = compared.verdict
    passed = verdict == "better" if rule == "not-better" else verdict != "worse"
    (metric,) = (metric for metric in compared.metrics if metric.name == compared.headline.metric)
    meaning = _MEANINGS.get(verdict, f"the second result is {verdict}, which is neither better nor worse")
    return Gate(rule=rule, passed=passed, why=f"On {metric.title}, {meaning}.")
