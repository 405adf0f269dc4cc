"""Results of answers for tests: a few scores by hand, alone and with a baseline."""

from dataclasses import replace

from burnish.scores import AnswersResult, BaselineComparison, Estimate, Metric, PairedScore, Score

EXACT = Metric(name="exact_match", title="exact match", family="answers", unit="%", interval="wilson", better="higher")


def _estimate(value: float | None) -> Estimate:
    bounds = (None, None) if value is None else (value - 0.1, value + 0.1)
    return Estimate(value=value, low=bounds[0], high=bounds[1], n=10)


def _score(group: str, value: float | None, distortion: str = "") -> Score:
    level = "all" if group == "all questions" else "task"
    return Score(metric="exact_match", group=group, level=level, distortion=distortion, estimate=_estimate(value))


RESULT = AnswersResult(
    model="m",
    questions=20,
    answers=40,
    dropped={},
    distortions=("", "noise:500"),
    metrics=(EXACT,),
    scores=(
        _score("counting", 0.5),
        _score("naming", None),
        _score("all questions", 0.6),
        _score("all questions", 0.2, "noise:500"),
    ),
)
PAIRED = PairedScore(
    metric="exact_match",
    group="counting",
    level="task",
    distortion="",
    before=_estimate(0.3),
    after=_estimate(0.5),
    difference=_estimate(0.2),
    wins=2,
    losses=0,
    p_value=0.5,
    test="mcnemar",
    verdict="undecided",
)
COMPARED = replace(
    RESULT, comparison=BaselineComparison(baseline="runs/old", baseline_model="m", unpaired=0, scores=(PAIRED,))
)
