"""Predictions for recorded dialogues as a run: resumed at any reply, and read back to be scored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple, final

from burnish.bench.fixed_metrics import fixed_scores
from burnish.bench.fixed_references import ROLES, AlignedText, Matched, TextKey, places
from burnish.dialogue.loaders import DialogueSet
from burnish.errors import ImageError, RunError
from burnish.generation import Life, fill
from burnish.generation.replicas import ReplicaTask
from burnish.models import Reply
from burnish.records import Dialogue, Dropped, Example, Prediction
from burnish.roles import Case, Partner, RoleName
from burnish.scores import FixedScores
from burnish.sources.sharding import Shard
from burnish.store import Run
from burnish.store.codec import dump
from burnish.store.disk import explained, write_whole

BATCH = 512
"""Texts that a local model is asked for together: many full batches, and few pictures in memory."""
PREDICTIONS = "predictions.jsonl"


class _TextRequest(NamedTuple):
    """One text to predict."""

    place: TextKey
    dialogue: Dialogue
    recorded: str


class FixedRun(NamedTuple):
    """The predictions of a run, and what has none."""

    path: Path
    pairs: Mapping[TextKey, AlignedText]
    dropped: Mapping[str, int]


class Taken(NamedTuple):
    """Which texts a run is about: those of so many dialogues, and of these a shard's."""

    limit: int | None
    shard: Shard | None


def ask(
    run: Run, dialogues: DialogueSet, roles: Mapping[RoleName, Partner], taken: Taken, replicas: ReplicaTask
) -> None:
    """Append one Prediction or Dropped for every text that the run does not hold yet: responses, then feedback."""
    asked = _all(dialogues, tuple(roles), taken.limit)
    if taken.shard:
        part = taken.shard.range_of(len(asked), BATCH)
        asked = asked[part.start : part.stop]

    def live(position: int, example: Example) -> Life:
        one = asked[position]
        [reply] = yield [roles[one.place.role].ask("reply 1", _case(one, example))]
        return [_record(run, one, example, reply)]

    models = [model for role in roles.values() for model in role.models]
    texts = _Texts(asked, dialogues)
    fill(run, texts, live, models, label="texts", unit="texts", batch=BATCH, replicas=replicas)


@final
@dataclass(frozen=True)
class _Texts:
    """Texts to predict, as inputs: the examples that they are about."""

    asked: Sequence[_TextRequest]
    dialogues: DialogueSet

    def __len__(self) -> int:
        return len(self.asked)

    def from_index(self, start: int) -> Iterator[Example | Dropped]:
        """Pictures are opened when they are reached."""
        for one in self.asked[start:]:
            try:
                yield _example(one.dialogue, self.dialogues.picture(one.dialogue.image))
            except ImageError as error:
                yield _dropped(one, error.reason, str(error))


def _all(dialogues: DialogueSet, roles: Sequence[RoleName], limit: int | None) -> list[_TextRequest]:
    """Role by role, so that an adapter is put on once and batches hold requests of one kind."""
    asked = [
        _TextRequest(place, outcome, text)
        for item, outcome in enumerate(islice(dialogues, limit))
        if isinstance(outcome, Dialogue)
        for place, text in places(item, outcome)
    ]
    return [one for role in roles for one in asked if one.place.role == role]


def _example(dialogue: Dialogue, picture: bytes) -> Example:
    return Example(
        id=dialogue.id,
        image=picture,
        question=dialogue.question,
        answer=dialogue.answer,
        source=dialogue.source,
        facts=dialogue.facts,
    )


def _case(one: _TextRequest, example: Example) -> Case:
    turn = one.place.turn - 1
    latest = one.dialogue.turns[turn].response.text if one.place.role == "teacher" else ""
    return Case(example, one.dialogue.turns[:turn], latest)


def _record(run: Run, one: _TextRequest, example: Example, reply: Reply) -> Prediction | Dropped:
    if reply.finish == "error":
        return replace(_dropped(one, "refused", reply.error), replies=(reply.end,))
    return Prediction(
        id=one.dialogue.id,
        image=run.add_image(example.image),
        question=example.question,
        answer=one.recorded,
        text=reply.text,
        source=one.dialogue.source,
        n_tokens=len(reply.token_ids) or reply.completion_tokens,
        facts=one.place._asdict(),
        thinking=reply.thinking,
        replies=(reply.end,),
    )


def _dropped(one: _TextRequest, reason: str, detail: str) -> Dropped:
    where = f"{one.place.role}, turn {one.place.turn}"
    return Dropped(id=one.dialogue.id, source=one.dialogue.source, reason=reason, detail=f"{where}: {detail}")


def read_run(run: Run) -> FixedRun:
    """What a run of `burnish bench fixed` holds. Raises RunError for another kind of run, or one without a text."""
    if run.manifest.kind != "fixed":
        raise RunError(f"{run.path} holds {run.manifest.kind}: give a run of `burnish bench fixed`.")
    pairs: dict[TextKey, AlignedText] = {}
    dropped = Counter[str]()
    for record in run:
        if isinstance(record, Prediction):
            pairs[place_of(record)] = AlignedText(record.image, record.text, record.answer)
        elif isinstance(record, Dropped):
            dropped[record.reason] += 1
    if not pairs:
        raise RunError(f"{run.path} holds no prediction to score ({', '.join(dropped) or 'it has no record yet'}).")
    return FixedRun(run.path, pairs, dict(dropped.most_common()))


def scores_of(run: FixedRun, baseline: FixedRun | None, names: Mapping[str, str]) -> FixedScores:
    """The run's scores; raises RunError for a baseline that predicted other texts."""
    before: Mapping[TextKey, AlignedText] = {}
    if baseline:
        before = {
            place: pair
            for place, pair in baseline.pairs.items()
            if place in run.pairs and run.pairs[place].reference == pair.reference
        }
        if not before:
            raise RunError(f"--baseline {baseline.path} predicted other texts: make both runs from the same dialogues.")
        names = {**names, "baseline": baseline.path.name}
    return fixed_scores(Matched(run.pairs, {}), baseline=before, names=names, dropped=run.dropped)


def write_predictions(run: Run) -> None:
    """The run's predictions as JSON lines, as `burnish score fixed` reads them."""
    lines = [
        dump({"id": place.item, "turn": place.turn, "role": place.role, "text": record.text})
        for record in run.records(Prediction)
        for place in [place_of(record)]
    ]
    path = run.path / PREDICTIONS
    with explained(path, "written"):
        write_whole(path, "".join(f"{line}\n" for line in lines).encode(), sync=False)


def place_of(record: Prediction) -> TextKey:
    """Which text a record predicts."""
    facts = record.facts
    role = next(known for known in ROLES if known == facts["role"])
    return TextKey(int(str(facts["item"])), int(str(facts["turn"])), role)
