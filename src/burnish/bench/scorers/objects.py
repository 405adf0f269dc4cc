"""Which objects descriptions of the pocket world name: CHAIR (Rohrbach et al., 2018) and AMBER's Cover, exactly.

An object is a color and a shape. Where benchmarks on photographs know some kinds of objects by their annotations, the
world knows all that is in a picture, and no list of synonyms is needed.
"""

from __future__ import annotations

from burnish.bench.metrics import Term
from burnish.bench.scorers.base import Scorer
from burnish.bench.scorers.description import scene_of
from burnish.pocket.world import asked_about, named_objects
from burnish.records import Prediction
from burnish.scores import Metric

CHAIR_S = Metric(name="chair_s", title="CHAIRs", family="objects", unit="%", interval="wilson", better="lower")
CHAIR_I = Metric(name="chair_i", title="CHAIRi", family="objects", unit="%", interval="wilson", better="lower")
COVER = Metric(name="cover", title="Cover", family="objects", unit="%", interval="wilson", better="higher")


def score_objects(prediction: Prediction) -> dict[str, Term]:
    """Mentions of what is nowhere in the picture, and objects asked about that are named at all."""
    scene = scene_of(prediction)
    named = named_objects(prediction.text)
    there = {(thing.color, thing.shape) for thing in scene.things}
    wanted = {(thing.color, thing.shape) for thing in asked_about(scene, prediction.question)}
    absent = sum(one not in there for one in named)
    return {
        CHAIR_S.name: Term(absent > 0, 1),
        CHAIR_I.name: Term(absent, len(named)),
        COVER.name: Term(len(wanted & {*named}), len(wanted)),
    }


OBJECTS = Scorer((CHAIR_S, CHAIR_I, COVER), score_objects)
