"""The pocket world: draws small pictures, faint and noisy, and knows the truth about them.

It has habits: shapes usually look and stand so and so, and some come together. Sixteen tasks, no torch, no files.
"""

from burnish.pocket.world.answers import (
    DescriptionCheck,
    asked_about,
    chance,
    check_description,
    matches,
    named_objects,
    normalise,
)
from burnish.pocket.world.draw import draw
from burnish.pocket.world.habits import USUAL, is_usual
from burnish.pocket.world.leaning import Leaning, leaning
from burnish.pocket.world.questions import SPLITS, Question, Split, Variant, make, question_at, split_of, tasks_of
from burnish.pocket.world.scene import Bar, Glyph, Scene, Thing, scene_from_json, scene_to_json
from burnish.pocket.world.tasks import BY_NAME, NEW, SEEN, TASKS, WorldTask

__all__ = [
    "BY_NAME",
    "NEW",
    "SEEN",
    "SPLITS",
    "TASKS",
    "USUAL",
    "Bar",
    "DescriptionCheck",
    "Glyph",
    "Leaning",
    "Question",
    "Scene",
    "Split",
    "Thing",
    "Variant",
    "WorldTask",
    "asked_about",
    "chance",
    "check_description",
    "draw",
    "is_usual",
    "leaning",
    "make",
    "matches",
    "named_objects",
    "normalise",
    "question_at",
    "scene_from_json",
    "scene_to_json",
    "split_of",
    "tasks_of",
]
