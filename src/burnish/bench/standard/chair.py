"""CHAIR (Rohrbach et al., 2018): which objects of a description are not in its picture.

CHAIRi is the share of mentioned objects that are not there, CHAIRs that of descriptions with any. An object is there
where the detection annotations have it, or one of people's captions names it (`--captions`), as in the authors'
utils/chair.py (github.com/LisaAnne/Hallucination, 585f2d9). Theirs splits and singularises words by NLTK and
pattern.en, and has a longer list of synonyms; words are split and put into the singular by rules of our own here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

from burnish.bench.measures import measures
from burnish.bench.metrics import Term
from burnish.bench.standard.asking.base import AnsweredQuestion, OpenBenchmark
from burnish.bench.standard.asking.configs import AskConfig
from burnish.bench.standard.asking.data import Release, open_data
from burnish.bench.standard.asking.frames import BARE
from burnish.bench.standard.asking.written import write_answers
from burnish.bench.standard.benchmark import Benchmark, Way
from burnish.bench.standard.coco_names import SYNONYMS
from burnish.bench.standard.detections import RELEASE, DetectedPicture, read_detections
from burnish.bench.standard.files import Item, document, items, listed
from burnish.bench.standard.numbers import Scored, measured_scores
from burnish.bench.standard.object_words import ObjectWords, own_words, read_words
from burnish.bench.standard.predictions import FORM
from burnish.bench.standard.recorded_answers import TEXTS, recorded_answers, valued
from burnish.errors import ConfigError
from burnish.scores import MeasuredScores, Metric
from burnish.sources import Candidate

DESCRIBE = "Please describe this image in detail."
PICTURES = "COCO's pictures are in val2014.zip of cocodataset.org/#download"
CAPTIONS = "captions_val2014.json is in annotations_trainval2014.zip of cocodataset.org/#download"
IDS = ("image", "image_id", "question_id", "id")
OWN_WORDS = "Synonyms: Burnish's own short list. Give the authors' with --synonyms before comparing with papers."


def _share(name: str, title: str, *, better: bool = False) -> Metric:
    return Metric(
        name=name, title=title, family="objects", unit="%", interval="wilson", better="higher" if better else "lower"
    )


MEASURES = measures(
    _share("chair_s", "CHAIRs"), _share("chair_i", "CHAIRi"), _share("recall", "recall", better=True), flips="chair_s"
)


@dataclass(frozen=True, kw_only=True)
class ScoreChairConfig:
    """Score recorded descriptions by CHAIR: objects named that are not in the picture, for any COCO-form data."""

    benchmark: ClassVar[str] = "chair"
    annotations: str
    """Detection annotations in COCO's form, such as instances_val2014.json: COCO's own, or those of your pictures."""
    captions: str | None = None
    """People's captions of the same pictures in COCO's form, such as captions_val2014.json: objects that they name
    count as present too. The official numbers need them."""
    predictions: str
    """JSON lines or a JSON list with `image` (the file's name) or `image_id`, and `text` or `caption`."""
    synonyms: str | None = None
    """Other words for the objects, one line per kind, as in the authors' synonyms.txt. Default: a short list of
    Burnish's own for COCO's 80 names."""
    json: str | None = None
    """Also write the scores to this file."""


@dataclass(frozen=True, kw_only=True)
class AskChairConfig(AskConfig):
    """Ask for a description of each annotated picture, and score it by CHAIR."""

    benchmark = "chair"
    annotations: str = "instances_val2014.json"
    """Detection annotations under --data, in COCO's form."""
    captions: str | None = None
    """People's captions under --data, in COCO's form: objects that they name count as present too."""
    synonyms: str | None = None
    """Other words for the objects, one line per kind. Default: a short list of Burnish's own for COCO's 80 names."""
    max_new_tokens: int = 512
    """Longest description, in tokens."""


def score_files(config: ScoreChairConfig) -> Scored[MeasuredScores]:
    """The scores of recorded descriptions. Raises SourceError, naming file and item."""
    truth = read_truth(config.annotations, config.captions, config.synonyms)
    described = {_name(row, truth.files) for row in items(config.predictions, FORM)}
    questions = (_question(seen, truth) for seen in truth.seen if seen.picture in described)
    predictions = recorded_answers(
        questions,
        config.predictions,
        config.annotations,
        texts=("caption", *TEXTS),
        key_of=lambda row: _name(row, truth.files),
    )
    return score(predictions, truth.words, own=config.synonyms is None)


class PictureObjects(NamedTuple):
    """What is in each picture, and how it may be named."""

    seen: Sequence[DetectedPicture]
    files: Mapping[str, str]
    """From a picture's id, or its file's name, to that name."""
    words: ObjectWords
    kinds: Sequence[str]
    """That are annotated."""


def read_truth(annotations: str, captions: str | None, synonyms: str | None) -> PictureObjects:
    """Annotated objects, and those that people's captions name. Raises SourceError."""
    whole = document(annotations, RELEASE)
    kinds = [row.text("name").strip() for row in listed(whole, "categories")]
    ids = {row.text("file_name"): row.key("id") for row in listed(whole, "images")}
    words = own_words(_own(kinds)) if synonyms is None else read_words(synonyms, kinds)
    captioned = _captioned(captions, words) if captions else {}
    seen = [
        DetectedPicture(
            one.picture, tuple(dict.fromkeys([*_named(one.objects, words), *captioned.get(ids[one.picture], ())]))
        )
        for one in read_detections(annotations)
    ]
    files = {name: file for file, key in ids.items() for name in (key, file)}
    return PictureObjects(seen, files, words, kinds)


def _own(kinds: Sequence[str]) -> Sequence[str]:
    """COCO's kinds are looked for all, also those that a part of its annotations lacks."""
    return [*SYNONYMS] if set(kinds) <= SYNONYMS.keys() else kinds


def _named(objects: Sequence[str], words: ObjectWords) -> list[str]:
    """Annotated kinds under the names that the list of synonyms has for them."""
    return [words.name_of[name.lower()] for name in objects]


def _captioned(path: str, words: ObjectWords) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in listed(document(path, CAPTIONS), "annotations"):
        found.setdefault(row.key("image_id"), []).extend(words.mentions(row.text("caption")))
    return found


def score(predictions: Sequence[AnsweredQuestion], words: ObjectWords, *, own: bool) -> Scored[MeasuredScores]:
    """CHAIRs, CHAIRi, and the share of a picture's objects that are mentioned."""
    answers = [valued(one, chair_terms(words.mentions(one.text), _objects(one))) for one in predictions]
    silent = sum(not answer.terms["chair_i"].denominator for answer in answers)
    counts = {"descriptions that name no known object": silent}
    return measured_scores("CHAIR", answers, MEASURES, counts, OWN_WORDS if own else "")


def chair_terms(mentioned: Sequence[str], there: Sequence[str]) -> dict[str, Term]:
    """What one description adds: every mention counts for CHAIRi, each object once for recall."""
    absent = sum(name not in there for name in mentioned)
    covered = len(set(mentioned) & set(there))
    return {
        "chair_s": Term(absent > 0, 1),
        "chair_i": Term(absent, len(mentioned)),
        "recall": Term(covered, len(set(there))),
    }


def open_chair(config: AskChairConfig) -> OpenBenchmark:
    """CHAIR as it is asked. Raises SourceError."""
    data = open_data(config, ("val2014", "images", "."), PICTURES)
    if not isinstance(data, Release):
        raise ConfigError(
            "--data of CHAIR is a folder with detection annotations and pictures, not a table of the hub."
        )
    captions = str(data.root / config.captions) if config.captions else None
    truth = read_truth(str(data.root / config.annotations), captions, config.synonyms)

    def questions() -> Iterator[Candidate]:
        for seen in truth.seen:
            data.picture(Item(config.annotations, {"image": seen.picture}), lambda row: row.text("image"))
            yield _question(seen, truth)

    return OpenBenchmark(
        frame=BARE,
        questions=questions,
        pictures=data,
        write=write_answers,
        score=lambda predictions: score(predictions, truth.words, own=config.synonyms is None),
    )


def rescore(predictions: Sequence[AnsweredQuestion], flags: Mapping[str, object]) -> Scored[MeasuredScores]:
    """By the objects and synonyms that the run's records keep."""
    kinds = dict.fromkeys(str(kind) for one in predictions for kind in _listed(one, "kinds"))
    synonyms = flags.get("synonyms")
    words = read_words(str(synonyms), ()) if synonyms else own_words([*kinds] or [*SYNONYMS])
    return score(predictions, words, own=not synonyms)


def _name(row: Item, files: Mapping[str, str]) -> str:
    """The file of the picture that a prediction is for, which may be named by its number."""
    given = Path(row.key(*IDS)).name
    found = files.get(given) or files.get(given.lstrip("0"))
    if found is None:
        raise row.fault(f"is for the picture {given!r:.60}, which the annotations do not have")
    return found


def _question(seen: DetectedPicture, truth: PictureObjects) -> Candidate:
    return Candidate(
        id=seen.picture,
        image=seen.picture,
        question=DESCRIBE,
        answer=", ".join(seen.objects),
        source="chair",
        facts={
            "picture": seen.picture,
            "objects": [*seen.objects],
            "kinds": [] if set(truth.kinds) <= SYNONYMS.keys() else [*truth.kinds],  # COCO's need not be kept
        },
    )


def _objects(one: AnsweredQuestion) -> list[str]:
    return [str(name) for name in _listed(one, "objects")]


def _listed(one: AnsweredQuestion, name: str) -> list[object]:
    value = one.asked.facts[name]
    return [*value] if isinstance(value, list) else []


BENCHMARK = Benchmark(
    title="CHAIR",
    what="objects named that are not in the picture",
    score=Way(ScoreChairConfig, score_files),
    ask=Way(AskChairConfig, open_chair),
    measures=lambda _: MEASURES,
    rescore=rescore,
)
