"""Random dialogues on a random model in LLaVA-1.5's shape, as long as FIRE's, with prompts as long as the paper's."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

from burnish.pocket.vocabulary import words as vocabulary
from burnish.prompts import StudentPrompt, TeacherPrompt, load, save
from burnish.records import Dialogue, Feedback, Response, Turn
from burnish.store import Run, new_manifest
from dpo_pairs import Origin, model_folder, picture
from llava_shaped import Shape
from llava_shaped import save as save_model

Role: TypeAlias = Literal["student", "teacher"]
PROMPTS: dict[Role, type[StudentPrompt | TeacherPrompt]] = {"student": StudentPrompt, "teacher": TeacherPrompt}


@dataclass(frozen=True)
class Words:
    """Shortest and longest text in words, each of which is a token: a tenth of FIRE's human-rated texts are shorter,
    and a tenth are longer."""

    question: tuple[int, int] = (5, 30)
    answer: tuple[int, int] = (3, 20)
    response: tuple[int, int] = (21, 58)
    feedback: tuple[int, int] = (17, 63)


def run_folder(home: Path) -> Path:
    """Where the dialogues are."""
    return home / "dialogues"


def prompt_file(home: Path, role: Role) -> Path:
    """Where the role's prompt is."""
    return home / f"{role}.yaml"


def write_dialogues(home: Path, width: int, layers: int, dialogues: int, turns: int) -> None:
    """Save the model, the prompts, and a run with so many dialogues."""
    save_model(Shape(out=str(model_folder(home)), width=width, layers=layers))
    draw, known = random.Random(0), _known_words()
    for role, kind in PROMPTS.items():
        prompt: StudentPrompt | TeacherPrompt = load(kind, f"fire-{role}")
        said: dict[str, Any] = {
            name: _reworded(getattr(prompt, name), draw, known) for name in ("system", "question", "again")
        }
        save(replace(prompt, **said), prompt_file(home, role))
    with Run.begin(run_folder(home), new_manifest("compose", Origin(), seed=0, fingerprints={})) as run:
        run.append(_dialogues(run, draw, known, dialogues, turns))
        run.finish({})


def _dialogues(run: Run, draw: random.Random, known: list[str], count: int, turns: int) -> Iterator[Dialogue]:
    def said(bounds: tuple[int, int]) -> str:
        return " ".join(draw.choices(known, k=draw.randint(*bounds)))

    words = Words()
    for number in range(count):
        yield Dialogue(
            id=str(number),
            image=run.add_image(picture(draw)),
            question=said(words.question),
            answer=said(words.answer),
            turns=tuple(_turn(said, words) for _ in range(turns)),
            source="random",
        )


def _turn(said: Callable[[tuple[int, int]], str], words: Words) -> Turn:
    response, comment = said(words.response), said(words.feedback)
    return Turn(
        response=Response(text=response, thought="", answer=response),
        feedback=Feedback(text=comment, score=5, comment=comment),
    )


def _known_words() -> list[str]:
    return [word.strip() for word in vocabulary() if word.startswith(" ") and word.strip().isalpha()]


def _reworded(template: str, draw: random.Random, known: list[str]) -> str:
    """As many words, but of those that the small tokenizer has, so that a prompt has its usual length."""
    return re.sub(r"(?<!\{)\b[A-Za-z]+\b(?!\})", lambda _: draw.choice(known), template)
