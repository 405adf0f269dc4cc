"""FIRE-Bench in fixed dialogues (tables 2 and 3): how like the recorded texts the predicted ones are."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from statistics import median

import numpy as np

from burnish.bench.bleu import COLUMNS, bleu_of_sums, corpus_bleu, count_row, sentence_bleu
from burnish.bench.cider import CiderD
from burnish.bench.fixed_references import AlignedText, Matched, TextKey, of_role
from burnish.bench.metrics import Term
from burnish.bench.paired import change
from burnish.bench.standard.numbers import sums_by_picture
from burnish.bench.tokens import split_tokens, standard_tokens
from burnish.fire.texts import BEST, read_score
from burnish.scores import BETTER, Change, Direction, FixedScores, StudentScores, TeacherScores, TextScores
from burnish.uncertainty import (
    Floats,
    Interval,
    bootstrap_interval,
    difference_interval,
    percentiles,
    ratio,
    resampled_sums,
    swap_test,
)

NO_SCORE_ERROR = BEST
"""What a prediction without a score counts in MAE (section 3.4.1)."""
BLEU = ("bleu_1", "bleu_2", "bleu_3", "bleu_4")
NOTHING = Term(0.0, 0.0)


def fixed_scores(
    matched: Matched,
    *,
    baseline: Mapping[TextKey, AlignedText],
    names: Mapping[str, str],
    dropped: Mapping[str, int],
) -> FixedScores:
    """The scores of both roles, with their change from the baseline's where it predicted the same; it may be empty.

    `names` and `dropped` are told on. CIDEr's document frequencies are of the references that are compared with.
    """
    student = of_role(matched.pairs, "student")
    teacher = of_role(matched.pairs, "teacher")
    return FixedScores(
        student=_scores(student, matched.missing.get("student", 0), baseline) if student else None,
        teacher=_teacher_scores(teacher, matched.missing.get("teacher", 0), baseline) if teacher else None,
        names=names,
        dropped=dropped,
    )


def score_error(prediction: str, reference: str) -> Term:
    """A feedback's share of MAE; of none whose reference has no score."""
    truth, predicted = read_score(reference), read_score(prediction)
    if truth is None:
        return NOTHING
    return Term(NO_SCORE_ERROR if predicted is None else abs(truth - predicted), 1.0)


def _teacher_scores(
    pairs: Mapping[TextKey, AlignedText], missing: int, baseline: Mapping[TextKey, AlignedText]
) -> TeacherScores:
    common = _scores(pairs, missing, baseline)
    return TeacherScores(
        **{field.name: getattr(common, field.name) for field in dataclasses.fields(StudentScores)},
        mae=ratio(np.array([score_error(pair.prediction, pair.reference) for pair in pairs.values()])),
        unparsed=sum(read_score(pair.prediction) is None for pair in pairs.values()),
        references_unparsed=sum(read_score(pair.reference) is None for pair in pairs.values()),
        turns_mae=_turns_mae(pairs),
    )


def _turns_mae(pairs: Mapping[TextKey, AlignedText]) -> float | None:
    """MAE of giving each text the median score of the other texts of its turn, over those whose turn has others."""
    scores = defaultdict[int, list[float]](list)
    for place, pair in pairs.items():
        if (truth := read_score(pair.reference)) is not None:
            scores[place.turn].append(truth)
    errors, texts = 0.0, 0
    for of_turn in scores.values():
        for score, count in Counter(of_turn).items():
            others = [*of_turn]
            others.remove(score)
            if others:
                errors += count * abs(score - median(others))
                texts += count
    return errors / texts if texts else None


def _scores(
    pairs: Mapping[TextKey, AlignedText], missing: int, baseline: Mapping[TextKey, AlignedText]
) -> StudentScores:
    texts = list(pairs.values())
    terms = text_terms(pairs)
    sums = {name: _sums(texts, column_N2) for name, column_N2 in terms.items()}
    values = {name: ratio(terms_P2) for name, terms_P2 in sums.items()}
    intervals = {name: bootstrap_interval(terms_P2) for name, terms_P2 in sums.items()}
    standard, of_standard = _standard(texts)
    intervals |= of_standard
    return StudentScores(
        paper=TextScores(
            bleu=tuple(values[name] or 0.0 for name in BLEU),
            cider=values["cider"] or 0.0,
            tokens="split at white space",
            form="mean of sentence BLEU",
        ),
        standard=standard,
        n=len(texts),
        missing=missing,
        # Texts that are all alike do not tell how others would differ.
        intervals={name: tuple(both) for name, both in intervals.items() if both and both.low < both.high},
        changes=_changes(pairs, terms, baseline),
    )


def _standard(texts: Sequence[AlignedText]) -> tuple[TextScores, dict[str, Interval | None]]:
    """The literature's variant, and its intervals: for corpus BLEU, n-grams are added up anew in every draw."""
    cider = CiderD(standard_tokens(text.reference) for text in texts)
    rows_NK = np.zeros((len(texts), COLUMNS))
    ciders_N2 = np.ones((len(texts), 2))
    for row, text in enumerate(texts):  # one text's tokens at a time
        prediction, reference = standard_tokens(text.prediction), standard_tokens(text.reference)
        rows_NK[row] = count_row(prediction, reference)
        ciders_N2[row, 0] = cider.score(prediction, reference)
    rows_PK = sums_by_picture([text.picture for text in texts], rows_NK)
    drawn_R4 = bleu_of_sums(resampled_sums(rows_PK)) if len(rows_PK) > 1 else np.zeros((0, len(BLEU)))
    intervals = {f"standard_{name}": percentiles(drawn_R4[:, n]) for n, name in enumerate(BLEU)}
    intervals["standard_cider"] = bootstrap_interval(_sums(texts, ciders_N2))
    mean = float(ciders_N2[:, 0].mean())
    scores = TextScores(bleu=corpus_bleu(rows_NK), cider=mean, tokens="13a, lower-cased", form="corpus BLEU")
    return scores, intervals


def text_terms(pairs: Mapping[TextKey, AlignedText]) -> dict[str, Floats]:
    """By metric, numerator and denominator of each text (N x 2); MAE only of feedback that can have one."""
    cider = CiderD(split_tokens(pair.reference) for pair in pairs.values())
    names = (*BLEU, "cider")
    terms = {name: np.ones((len(pairs), 2)) for name in names}
    errors_N2 = np.zeros((len(pairs), 2))
    for row, (place, pair) in enumerate(pairs.items()):  # one text's tokens at a time
        prediction, reference = split_tokens(pair.prediction), split_tokens(pair.reference)
        values = (*sentence_bleu(prediction, reference), cider.score(prediction, reference))
        for name, value in zip(names, values, strict=True):
            terms[name][row, 0] = value
        if place.role == "teacher":
            errors_N2[row] = score_error(pair.prediction, pair.reference)
    return terms | ({"mae": errors_N2} if errors_N2[:, 1].any() else {})


def _sums(texts: Sequence[AlignedText], terms_N2: Floats) -> Floats:
    """P x 2."""
    return sums_by_picture([text.picture for text in texts], terms_N2)


def _changes(
    pairs: Mapping[TextKey, AlignedText], terms: Mapping[str, Floats], baseline: Mapping[TextKey, AlignedText]
) -> dict[str, Change]:
    """On the places that both predicted; `terms` are those of `pairs`."""
    after = {place: pair for place, pair in pairs.items() if place in baseline}
    before = {place: baseline[place] for place in after}
    if not after:
        return {}
    new = terms if len(after) == len(pairs) else text_terms(after)
    old = text_terms(before)
    return {
        name: _change(BETTER[name], _sums(list(before.values()), old[name]), _sums(list(after.values()), new[name]))
        for name in new
    }


def _change(better: Direction, before_P2: Floats, after_P2: Floats) -> Change:
    before, after = ratio(before_P2) or 0.0, ratio(after_P2) or 0.0
    interval = difference_interval(before_P2, after_P2)
    return change(better, before, after, interval, swap_test(before_P2, after_P2))
