"""How far the judge behind a number can be trusted, in sentences that stand wherever its numbers do."""

from __future__ import annotations

from collections.abc import Iterable

from burnish.scores import Judging, TogetherRow

UNCALIBRATED = "Not calibrated against people (`burnish bench judged calibrate`, then --calibration)."
SHORT_UNCALIBRATED, SHORT_CALIBRATED = "not calibrated", "calibrated"
ORACLE = "oracle"
"""The judge that is never wrong, and needs no calibration."""


def trust(judging: Judging) -> tuple[str, ...]:
    """The judge's calibration, or that it has none, and whether it judges itself or a relative."""
    calibration = judging.calibration or ("" if judging.judge == ORACLE else UNCALIBRATED)
    itself = "The judge is one of the models that it judges: judges prefer their own words."
    kin = f"The judge and a model that it judges are both of the family {judging.family}: judges prefer relatives."
    doubts = (calibration, itself if judging.relative else "", kin if judging.family else "")
    return tuple(filter(None, doubts))


def trust_of_rows(rows: Iterable[TogetherRow]) -> list[str]:
    """The same of all benchmarks that were judged, each under its name."""
    doubts_by_row = {f"{row.benchmark}: {doubts}": None for row in rows if row.judging for doubts in trust(row.judging)}
    return [*doubts_by_row]


def short_trust(judging: Judging) -> str:
    """One word or two, for figures; empty for the oracle."""
    if judging.judge == ORACLE:
        return ""
    return SHORT_CALIBRATED if judging.calibration else SHORT_UNCALIBRATED
