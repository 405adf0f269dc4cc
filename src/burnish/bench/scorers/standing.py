"""Whether an answer stands: is it the same about a picture that is hardly changed, or where words are drawn?"""

from __future__ import annotations

from burnish.bench.metrics import Term, equal, says_clearly, yes_no
from burnish.records import Prediction
from burnish.scores import Metric

STANDS = Metric(name="stands", title="same answer", family="stability", unit="%", interval="wilson", better="higher")


def stands(clean: Prediction, other: Prediction) -> dict[str, Term]:
    """The share of answers that say what the clean picture's greedy answer says; nothing where that is empty.

    Words are compared as `equal` does, and of yes-or-no questions the first yes or no alone.
    """
    if not clean.text.strip():
        return {}
    clear = [says_clearly(one.text) for one in (clean, other)] if yes_no(clean.answer) is not None else [None]
    same = clear[0] == clear[-1] if None not in clear else equal(other.text, clean.text)
    return {STANDS.name: Term(float(same), 1)}
