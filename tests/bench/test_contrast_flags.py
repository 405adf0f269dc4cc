"""`--contrast` in the verbs that ask a model: it reaches the model with its seed, is recorded, or refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from burnish.bench.answers import AnswersConfig, bench_answers
from burnish.bench.fixed import FixedConfig
from burnish.bench.free import FreeConfig, bench_free
from burnish.bench.sampled import SampledConfig, bench_sampled
from burnish.bench.standard.gqa import AskGqaConfig
from burnish.bench.standard.shr import AskShrConfig
from burnish.config import identity
from burnish.dialogue.roles_config import open_pair, open_roles, seeded
from burnish.dialogue.seeds import seed_folder
from burnish.distort import parse
from burnish.errors import ConfigChanged, ConfigError, DistortionError
from burnish.generation.questions import clean_request
from burnish.make.simulate import SimulateConfig
from burnish.models import Contrast, Decoding, ModelOptions, open_model
from burnish.records import Dialogue, Example, Prediction
from burnish.roles import Case, Role
from burnish.store import Run

SOURCE = "pocket:heldout/attribute+position+relation#per_task=6"
CONTRAST: dict[str, Any] = {"contrast": "noise:700", "contrast_alpha": 2.0, "contrast_beta": 0.05}


def contrast(seed: int = 0) -> Contrast:
    return Contrast(distortion=parse("noise:700"), alpha=2.0, beta=0.05, seed=seed)


def said(run: Path, decoding: Decoding) -> dict[str, str]:
    """What the pocket model says to the questions of a run, asked here."""
    opened = Run.open(run)
    predictions = list(opened.records(Prediction))
    examples = [
        Example(id=one.id, image=opened.image(one.image), question=one.question, source=one.source)
        for one in predictions
    ]
    model = open_model(ModelOptions(model="pocket", device="cpu"))
    replies = model.generate([clean_request(example) for example in examples], decoding)
    return {example.id: reply.text for example, reply in zip(examples, replies, strict=True)}


def answers(out: Path, **others: Any) -> AnswersConfig:
    given: dict[str, Any] = {"source": SOURCE, "model": "pocket", "device": "cpu", "max_new_tokens": 6, "seed": 3}
    return AnswersConfig(out=str(out), **{**given, **CONTRAST, **others})


def test_answers_are_chosen_by_contrast_and_the_run_says_so(tmp_path: Path) -> None:
    config = answers(tmp_path / "run")
    result = bench_answers(config)
    found = {record.id: record.text for record in Run.open(tmp_path / "run").records(Prediction)}
    assert len(found) == 18
    assert found == said(tmp_path / "run", Decoding(max_new_tokens=6, contrast=contrast(3)))
    assert found != said(tmp_path / "run", Decoding(max_new_tokens=6))
    assert result.model == "pocket + VCD noise:700"
    assert CONTRAST.items() <= Run.open(tmp_path / "run").manifest.config.items()
    with pytest.raises(ConfigChanged, match=r"contrast_alpha was 2\.0 and is now 1\.0"):
        bench_answers(replace(config, contrast_alpha=1.0))
    assert identity(config) != identity(replace(config, seed=4))


def test_drawn_answers_are_chosen_by_contrast(tmp_path: Path) -> None:
    given = {"source": SOURCE, "model": "pocket", "device": "cpu", "max_new_tokens": 6, "out": str(tmp_path / "run")}
    config = SampledConfig(temperatures=(0.0, 0.7), limit=6, **given, **CONTRAST)
    assert [one.contrast for one in config.decodings] == [contrast(), contrast()]
    bench_sampled(config)
    greedy = {r.id: r.text for r in Run.open(tmp_path / "run").records(Prediction) if r.facts["temperature"] == 0}
    assert greedy == said(tmp_path / "run", Decoding(max_new_tokens=6, contrast=contrast()))


def test_standard_benchmarks_are_asked_by_contrast() -> None:
    given: dict[str, Any] = {"data": "data", "model": "pocket", "out": "out", "seed": 5}
    assert AskGqaConfig(**given, **CONTRAST).decoding.contrast == contrast(5)
    assert AskShrConfig(beams=1, **given, **CONTRAST).decoding.contrast == contrast(5)
    assert AskGqaConfig(**given).decoding.contrast is None
    with pytest.raises(ConfigError, match="and --beams 5 searches: give --beams 1, or no --contrast"):
        AskShrConfig(**given, **CONTRAST)


def test_the_student_alone_speaks_by_contrast() -> None:
    given: dict[str, Any] = {"student": "pocket", "teacher": "pocket", "device": "cpu"}
    config = SimulateConfig(source=SOURCE, out="out", seed=7, **given, **CONTRAST)
    pair = seeded(open_pair(config), config, config.seed)
    assert isinstance(pair.student, Role)
    assert isinstance(pair.teacher, Role)
    assert (pair.student.decoding.contrast, pair.teacher.decoding.contrast) == (contrast(7), None)
    recorded = open_roles(FixedConfig(dialogues="dialogues", out="out", **given, **CONTRAST))
    assert isinstance(student := recorded["student"], Role)
    assert student.decoding.contrast == contrast(0)


def test_every_seed_of_free_dialogues_distorts_anew(tmp_path: Path) -> None:
    given: dict[str, Any] = {"student": "pocket", "teacher": "oracle", "device": "cpu", "max_new_tokens": 6}
    config = FreeConfig(source=SOURCE, out=str(tmp_path / "run"), seed=1, seeds=2, limit=6, **given, **CONTRAST)
    scores = bench_free(config)
    pair = open_pair(config)
    for seed in (1, 2):
        run = Run.open(seed_folder(tmp_path / "run", seed))
        student = seeded(pair, config, seed).student
        assert isinstance(student, Role)
        for dialogue in run.records(Dialogue):
            example = Example(
                id=dialogue.id, image=run.image(dialogue.image), question=dialogue.question, source=dialogue.source
            )
            [reply] = student.model.generate([student.request(Case(example, ()))], student.decoding)
            assert student.decoding.contrast == contrast(seed)
            assert dialogue.turns[0].response.text == reply.text
    assert scores.name == "pocket + VCD noise:700"


ENDPOINT = "http://127.0.0.1:9/v1#m"


@pytest.mark.parametrize(
    ("kind", "given", "sentence"),
    [
        (
            AnswersConfig,
            {"model": ENDPOINT},
            rf"--contrast noise:700 needs a model's scores .* --model {ENDPOINT} does not",
        ),
        (SampledConfig, {"model": ENDPOINT}, "which the endpoint of --model"),
        (FreeConfig, {"student": ENDPOINT, "teacher": "oracle"}, "which the endpoint of --student"),
        (SimulateConfig, {"student": ENDPOINT, "teacher": "oracle"}, "which the endpoint of --student"),
        (AnswersConfig, {"contrast_alpha": 0.0}, r"--contrast-alpha must be above 0, not 0\.0"),
        (AnswersConfig, {"contrast_beta": 1.0}, r"--contrast-beta must be 0 or above and below 1, not 1\.0"),
        (AnswersConfig, {"contrast": None}, r"--contrast-alpha 2\.0 needs a --contrast, such as --contrast noise:500"),
        (SampledConfig, {"contrast": None, "contrast_alpha": 1.0}, r"--contrast-beta 0\.05 needs a --contrast"),
    ],
)
def test_flags_that_cannot_work_are_one_sentence(kind: type[Any], given: dict[str, Any], sentence: str) -> None:
    model = {} if "student" in given else {"model": "pocket"}
    with pytest.raises(ConfigError, match=sentence):
        kind(**{"source": SOURCE, "out": "out", **model, **CONTRAST, **given})


def test_a_contrast_needs_somebody_and_a_distortion() -> None:
    with pytest.raises(ConfigError, match="--contrast noise:700 is for a student, and there is no --student"):
        FixedConfig(dialogues="d", out="out", teacher="oracle", **CONTRAST)
    with pytest.raises(DistortionError, match="did you mean noise"):
        answers(Path("out"), contrast="nois:700")
