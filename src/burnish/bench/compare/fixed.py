"""The texts in a run of `burnish bench fixed`: a student's responses, a teacher's feedback, or both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from burnish.bench.compare.inputs import Only, Side, by_key, kept_picture
from burnish.bench.fixed_metrics import text_terms
from burnish.bench.fixed_references import ROLES, AlignedText, TextKey, of_role
from burnish.bench.fixed_run import place_of, read_run
from burnish.bench.measures import Measures
from burnish.bench.metrics import Term
from burnish.bench.naming import speaker
from burnish.bench.sample_scores import ALL, Asked, Key, ScoredAnswer
from burnish.records import Prediction
from burnish.scores import BETTER, Level, Metric
from burnish.store import Run
from burnish.store.codec import dump

MEASURES = Measures(
    {
        name: Metric(
            name=name,
            title=title,
            family="fixed",
            unit="%" if name.startswith("bleu") else "points",
            interval="bootstrap",
            better=BETTER[name],
        )
        for name, title in {
            "cider": "CIDEr",
            **{f"bleu_{n}": f"BLEU-{n}" for n in range(1, 5)},
            "mae": "MAE",
        }.items()
    },
    headline=("cider",),
    flips=("cider",),
)


def read_fixed(run: Run, only: Only) -> Side:
    """The texts of a run. CIDEr weighs words by the references, so that two runs are read over the same texts (`only`).

    Raises RunError for a run without any.
    """
    pairs = {place: pair for place, pair in read_run(run).pairs.items() if only is None or _key(place) in only}
    questions = {place_of(record): record for record in run.records(Prediction)}
    roles = [role for role in ROLES if of_role(pairs, role)]
    answers = [one for role in roles for one in _scored(of_role(pairs, role), questions, single=len(roles) == 1)]
    prints = run.manifest.fingerprints
    return Side(
        path=run.path,
        name=" and ".join(filter(None, (speaker(run.manifest.config, role) for role in ROLES))),
        benchmark="fixed",
        title="fixed dialogues",
        questions=str(run.manifest.settings.get("dialogues", "")),
        measures=MEASURES,
        answers=by_key(answers, run.path, only),
        asked=frozenset((role, f"all of the {role}'s texts") for role in roles),
        rules={name: prints[name] for name in prints if name.endswith("prompt") or name == "dialogues"}
        | {"limit": dump(run.manifest.config["limit"])},
        settings={name: dump(value) for name, value in run.manifest.config.items()},
        seed=run.manifest.seed,
        fingerprints=prints,
        version=run.manifest.version,
        picture_of=lambda answer: kept_picture([run], answer.picture),
    )


def _key(place: TextKey) -> Key:
    return Key(place.role, f"{place.item}, turn {place.turn}")


def _scored(
    pairs: Mapping[TextKey, AlignedText], records: Mapping[TextKey, Prediction], *, single: bool
) -> Iterator[ScoredAnswer]:
    """The texts of one role; of a single role, they are all there is."""
    terms = text_terms(pairs)
    for row, (place, pair) in enumerate(pairs.items()):
        everyone: tuple[tuple[Level, str], ...] = (("all", ALL),) if single else ()
        yield ScoredAnswer(
            key=_key(place),
            asked=Asked(pair.picture, records[place].question, pair.reference),
            groups=(("task", place.role), *everyone),
            terms={name: Term(*map(float, terms_N2[row])) for name, terms_N2 in terms.items()},
            text=pair.prediction,
        )
