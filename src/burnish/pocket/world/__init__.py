"""The pocket world: draws small pictures and knows the truth about them. Sixteen tasks, no torch, no files."""

from burnish.pocket.world.answers import DescriptionCheck, chance, check_description, matches, normalise
from burnish.pocket.world.draw import draw
from burnish.pocket.world.questions import SPLITS, Question, Split, make, question_at, split_of, tasks_of
from burnish.pocket.world.scene import Bar, Glyph, Scene, Thing, scene_from_json, scene_to_json
from burnish.pocket.world.tasks import BY_NAME, NEW, SEEN, TASKS, Task

__all__ = [
    "BY_NAME",
    "NEW",
    "SEEN",
    "SPLITS",
    "TASKS",
    "Bar",
    "DescriptionCheck",
    "Glyph",
    "Question",
    "Scene",
    "Split",
    "Task",
    "Thing",
    "chance",
    "check_description",
    "draw",
    "make",
    "matches",
    "normalise",
    "question_at",
    "scene_from_json",
    "scene_to_json",
    "split_of",
    "tasks_of",
]
