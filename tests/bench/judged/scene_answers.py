"""Answers about one scene of the pocket world, true and false, for judges that know the truth."""

from __future__ import annotations

from pathlib import Path

from builders import Flags, write_run
from burnish.pocket.world import Scene, scene_to_json
from burnish.pocket.world.scene import Thing
from burnish.records import Facts, Prediction

RED = Thing(shape="circle", color="red", size="small", cell=0)
FACTS: Facts = {
    "task": "description",
    "options": [],
    "scene": scene_to_json(Scene(kind="things", background="white", things=(RED,))),
}
TRUE, FALSE = "There is a small red circle at the top left.", "There is a small blue circle at the top left."
ASKED = {"question": "Describe all objects.", "reference": TRUE}


def answers_run(folder: Path, texts: list[str], temperatures: tuple[float, ...] = (0.0,)) -> Path:
    """A run of answers, all about the one scene; text i is drawn at temperature i of these, in turn."""
    rounds = len(temperatures)
    answers = [
        Prediction(
            id=f"q{number // rounds}",
            image="scene",
            question=ASKED["question"],
            answer=TRUE,
            text=text,
            source="description",
            n_tokens=len(text.split()),
            facts={**FACTS, "temperature": temperatures[number % rounds]},
        )
        for number, text in enumerate(texts)
    ]
    return write_run(folder, answers, kind="answers", config=Flags(model="m"), fingerprints={}).path
