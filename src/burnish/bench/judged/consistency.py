"""How consistent sampled answers are: with their questions, and with the answers without sampling (SeVa, section 4.3).

Figure 8's judge sees two answers to a question, here the one at temperature 0 and one at a higher temperature, and
gives A1 and A2, how well each fits the question, and A3, how well the second fits the first: table 5's Q-consistency is
A2 and its A-consistency A3, `overall`. The figure lists wording, sentiment and content, but its output has wording,
content, sentiment, overall: that is the order in which replies are read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from burnish.bench.judged.answers import ModelAnswers, read_answers, read_sampled
from burnish.bench.judged.configs import ConsistencyConfig
from burnish.bench.judged.judge_counts import judging, readable
from burnish.bench.judged.judge_run import JudgeQuestion, ToJudge
from burnish.bench.judged.kappa import TwoRatings
from burnish.bench.judged.pairs import both, name_apart, read_questions
from burnish.bench.standard.numbers import MEAN, AnswerValue, part
from burnish.errors import ConfigError, RunError
from burnish.records import Judgement
from burnish.scores import Consistency, ConsistencyJudged
from burnish.store import Run

ASPECTS = ("wording", "content", "sentiment", "overall")
"""In the order of the output."""
LINES = ("A1", "A2", "A3")
_NUMBER = r"[ \t\[(*]*(\d+)[ \t\])*]*"
_LINE = re.compile(rf"^[^\w\n]*(A[123])[^\w\n,]*{4 * f',{_NUMBER}'}\.?\s*$", re.MULTILINE)


def consistency_to_judge(config: ConsistencyConfig) -> ToJudge:
    """Answers beside those without sampling. Raises a BurnishError."""
    greedy = read_answers(config.answers)
    others = [read_answers(path) for path in config.others]
    greedy, *others = name_apart([greedy, *others]) if others else [greedy, *_sampled(config.answers)]
    asked = read_questions(config)
    questions = [
        JudgeQuestion(
            id=one.first.id,
            source=one.first.source,
            values={"question": one.asked.text, "first": one.first.text, "second": one.second.text},
            facts={"picture": one.asked.image},
            part=other.name,
            image=one.asked.image,
        )
        for other in others
        for one in both(greedy, other, asked)
        if one.first.text.strip() and one.second.text.strip()  # nothing can be said of no answer
    ]

    def score(run: Run) -> ConsistencyJudged:
        judgements = list(run.records(Judgement))
        rows = dict.fromkeys(judgement.part for judgement in judgements)
        return ConsistencyJudged(
            judging=judging(run, judgements, reads),
            model=greedy.name,
            rows={name: _row([one for one in judgements if one.part == name]) for name in rows},
        )

    return ToJudge(questions, reads, score, lambda image: greedy.pictures(image, config.images))


def _sampled(path: str) -> list[ModelAnswers]:
    """The answers of a run at each temperature above 0. Raises ConfigError or RunError where there are none."""
    if not Path(path).is_dir():
        raise ConfigError(f"--answers {path} is a file without temperatures: give --others to compare it with.")
    drawn = [answers for temperature, answers in read_sampled(path).items() if temperature > 0]
    if not drawn:
        raise RunError(f"{path} has no answers at a temperature above 0: make it with `burnish bench sampled`.")
    return drawn


def reads(_asked: Mapping[str, str], reply: str) -> bool:
    """All three lines are there, with four numbers each."""
    return reading(reply) is not None


def reading(reply: str) -> Mapping[str, Sequence[int]] | None:
    """The numbers of A1, A2 and A3 in the order of ASPECTS; None unless each has exactly four from 1 to 10.

    A line may come twice, as figure 8 asks for the numbers in two forms, if it says the same; other lines are passed
    over.
    """
    found: dict[str, list[int]] = {}
    for name, *numbers in _LINE.findall(reply):
        values = [int(number) for number in numbers]
        if found.setdefault(name, values) != values or not all(1 <= value <= 10 for value in values):
            return None
    return found if len(found) == len(LINES) else None


def numbers(reply: str) -> list[TwoRatings | None]:
    """All numbers of a reply that can be read, line by line."""
    found = reading(reply) or {}
    return [value for name in LINES for value in found.get(name, ())]


def _row(judgements: Sequence[Judgement]) -> Consistency:
    read = [
        (str(judgement.facts["picture"]), numbers)
        for judgement in judgements
        if (reply := readable(judgement, reads)) is not None and (numbers := reading(reply)) is not None
    ]
    greedy, question, answer = (
        {
            aspect: part([AnswerValue(picture, numbers[name][place]) for picture, numbers in read], MEAN)
            for place, aspect in enumerate(ASPECTS)
            if read
        }
        for name in LINES
    )
    return Consistency(n=len(read), question=question, answer=answer, greedy=greedy)
