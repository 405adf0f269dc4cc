"""The oracle as a composer: a whole dialogue in one go, in the form that FIRE's figure A10 asks GPT-4V for."""

from __future__ import annotations

from random import Random

from burnish.fire.texts import write_feedback, write_response
from burnish.ids import stable_seed
from burnish.pocket.oracle.mistakes import mistakes
from burnish.pocket.oracle.question import Known, QuestionKind
from burnish.pocket.oracle.verdict import verdict
from burnish.records import Facts

FIRST_THOUGHT = "I look at the picture."
_THOUGHTS: dict[QuestionKind, str] = {
    "description": "I check that again.",
    "number": "I count again.",
    "text": "I read it again.",
    "character": "I read it again.",
}
_THOUGHT = "I look again."


def compose(facts: Facts, question: str, answer: str, seed: int) -> str:
    """The text of a dialogue about an example. Raises SourceError for a question of another world."""
    known = Known.of(facts, question, answer)
    rng = Random(stable_seed("compose", seed, question, answer, known.scene.key))
    rounds = []
    for number, response in enumerate([*mistakes(known, rng), known.answer], start=1):
        found = verdict(known, response)
        thought = FIRST_THOUGHT if number == 1 else _THOUGHTS.get(known.kind, _THOUGHT)
        rounds.append(
            f"# Round {number}\n"
            f"## Student's response\n{write_response(thought, response)}\n"
            f"## Teacher's feedback\n{write_feedback(found.score, found.comment)}"
        )
    return "\n".join(rounds)
