"""Real runs of lmms-eval on local Parquet tasks (`make test-lmms`, in an environment of its own)."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

lmms_eval = pytest.importorskip("lmms_eval", reason="lmms-eval is not installed: `make test-lmms` installs it")

from burnish import pocket  # noqa: E402
from burnish.cli import main  # noqa: E402
from burnish.generation.questions import clean_request  # noqa: E402
from burnish.models import Decoding, ModelOptions, open_model  # noqa: E402
from burnish.models.local import LocalModel  # noqa: E402
from burnish.pocket.world import make  # noqa: E402
from burnish.records import Prediction  # noqa: E402
from burnish.scores import MeasuredScores, StandardResult  # noqa: E402
from burnish.store import Run  # noqa: E402
from burnish.store.codec import from_json  # noqa: E402

EXAMPLES = [make("heldout", number, "existence") for number in range(12)]
TOKENS = 8
STUDENT = Path(pocket.__file__).parent / "adapters" / "student"
FUNCTIONS = """
from PIL import Image


def visual(doc):
    return [doc["image"].convert("RGB")]


def text(doc, lmms_eval_specific_kwargs=None):
    return doc["question"]
"""
COMMON = """
dataset_path: parquet
dataset_kwargs:
  data_files:
    test: {file}
test_split: test
doc_to_visual: !function functions.visual
doc_to_text: !function functions.text
"""
GENERATE = """
task: burnish_existence
output_type: generate_until
doc_to_target: answer
generation_kwargs:
  max_new_tokens: 8
  temperature: 0
metric_list:
  - metric: exact_match
    aggregation: mean
    higher_is_better: true
"""
CHOOSE = """
task: burnish_choice
output_type: multiple_choice
doc_to_target: number
doc_to_choice: choices
metric_list:
  - metric: acc
    aggregation: mean
    higher_is_better: true
"""


@pytest.fixture
def tasks(tmp_path: Path) -> Path:
    """A folder with two tasks over one Parquet file of the pocket world's questions."""
    from datasets import Dataset, Features, Image, List, Value

    choices = ["yes", "no"]
    rows = [
        {
            "image": {"bytes": example.image, "path": None},
            "question": example.question,
            "answer": example.answer,
            "choices": choices,
            "number": choices.index(str(example.answer)),
        }
        for example in EXAMPLES
    ]
    texts = {"question": Value("string"), "answer": Value("string"), "number": Value("int64")}
    features = Features({"image": Image(), "choices": List(Value("string")), **texts})
    file = tmp_path / "test.parquet"
    Dataset.from_list(rows, features=features).to_parquet(file)
    folder = tmp_path / "tasks"
    folder.mkdir()
    (folder / "functions.py").write_text(FUNCTIONS)
    for name, own in (("existence", GENERATE), ("choice", CHOOSE)):
        (folder / f"{name}.yaml").write_text(own + COMMON.format(file=file))
    return folder


def _evaluate(folder: Path, task: str, *, force_simple: bool = False) -> dict[str, Any]:
    from lmms_eval import evaluator
    from lmms_eval.tasks import TaskManager

    results = evaluator.simple_evaluate(
        model="burnish",
        model_args="model=pocket,device=cpu",
        batch_size=4,
        tasks=[task],
        force_simple=force_simple,
        task_manager=TaskManager(include_path=str(folder), model_name="burnish"),
        bootstrap_iters=0,
    )
    assert results is not None
    return dict(results["results"][task])


def _own_answers() -> list[str]:
    model = open_model(ModelOptions(model="pocket", device="cpu"))
    requests = [clean_request(example) for example in EXAMPLES]
    return [reply.text for reply in model.generate(requests, Decoding(max_new_tokens=TOKENS))]


@pytest.mark.parametrize("force_simple", [False, True])
def test_answers_are_burnishs_own(tasks: Path, force_simple: bool) -> None:
    found = _evaluate(tasks, "burnish_existence", force_simple=force_simple)
    right = sum(said == example.answer for said, example in zip(_own_answers(), EXAMPLES, strict=True))
    assert right and found["exact_match,none"] == pytest.approx(right / len(EXAMPLES))


def test_the_likelier_answer_is_chosen(tasks: Path) -> None:
    found = _evaluate(tasks, "burnish_choice", force_simple=True)
    model = open_model(ModelOptions(model="pocket", device="cpu"))
    assert isinstance(model, LocalModel)
    end = model.end_token_ids[0]
    words = ("yes", "no")
    ids = [(*model.processor.tokenizer(word, add_special_tokens=False)["input_ids"], end) for word in words]
    sums = model.score([clean_request(example) for example in EXAMPLES], [ids] * len(EXAMPLES))
    means = [[total / len(one) for total, one in zip(row, ids, strict=True)] for row in sums]
    right = [words[row.index(max(row))] == example.answer for row, example in zip(means, EXAMPLES, strict=True)]
    assert found["acc,none"] == pytest.approx(sum(right) / len(EXAMPLES))


@pytest.fixture
def verb(tasks: Path, tmp_path: Path) -> Callable[..., tuple[int, Path]]:
    """`burnish bench lmms` in an environment of its own: here the one that runs the tests."""

    def call(name: str, task: str, *words: str) -> tuple[int, Path]:
        own = ["--model-args", "device=cpu", "--include-path", str(tasks), "--batch-size", "4"]
        python = ["--lmms-python", sys.executable]
        out = tmp_path / name
        return main(["bench", "lmms", task, "--model", "pocket", *own, *python, "--out", str(out), *words]), out

    return call


def test_the_verb_brings_the_answers_back(verb: Callable[..., tuple[int, Path]], tmp_path: Path) -> None:
    """Of two models, which are then compared and reported."""
    code, out = verb("base", "burnish_existence")
    run = Run.open(out)
    said = [record.text for record in run.records(Prediction)]
    assert code == 0 and said == _own_answers()
    right = sum(one == example.answer for one, example in zip(said, EXAMPLES, strict=True))
    assert run.summary is not None
    scores = from_json(MeasuredScores, from_json(StandardResult, run.summary).scores)  # type: ignore[arg-type]
    assert scores.whole["exact_match"].value == pytest.approx(right / len(EXAMPLES))
    assert "lmms-eval's own totals of burnish_existence: exact_match" in scores.note
    code, other = verb("student", "burnish_existence", "--adapter", str(STUDENT))
    assert code == 0
    found = tmp_path / "compared.json"
    assert main(["compare", str(out), str(other), "--json", str(found)]) == 0
    assert json.loads(found.read_text())["n"] == len(EXAMPLES)
    assert main(["report", str(out), str(other), "--out", str(tmp_path / "page")]) == 0


def test_a_task_that_fails_says_why(verb: Callable[..., tuple[int, Path]], capsys: pytest.CaptureFixture[str]) -> None:
    """lmms-eval itself ends with exit code 0 there."""
    code, _ = verb("failed", "burnish_choice")
    assert code == 2 and "add --force-simple for a task that scores given answers." in capsys.readouterr().err
