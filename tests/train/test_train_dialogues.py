"""Students and teachers trained from end to end: what they leave, what they learn, and how a kill changes nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from dialogue_words import dialogue, example
from safetensors.torch import load_file

import tiny_models
from builders import begin
from burnish.errors import ConfigChanged, ModelError
from burnish.fire.parser import read_rounds
from burnish.models import Decoding, ModelOptions
from burnish.models.local import LocalModel
from burnish.pocket.oracle import compose
from burnish.prompts import OWN, StudentPrompt, TeacherPrompt, choose, load, save
from burnish.records import Dialogue
from burnish.report import ReportConfig
from burnish.report.pages import write_report
from burnish.roles import Case, student_role
from burnish.sources import Sampling, stream
from burnish.train.callbacks import read_log
from burnish.train.dialogue_config import StudentConfig, TeacherConfig
from burnish.train.dialogue_data import teacher_material
from burnish.train.lora_targets import targets
from burnish.train.output import Output
from burnish.train.prepare import open_table
from burnish.train.session import train_student, train_teacher
from patience import HANG_S

REAL = Path(__file__).resolve().parents[3] / "shared/data/fire-human-rated/dialogues.json"
SMALL = {"lora_rank": 4, "lora_alpha": 8, "lr": 1e-2, "batch_size": 4, "per_device": 2, "device": "cpu"}


@pytest.fixture(scope="module")
def run(write_dialogues, tmp_path_factory) -> Path:
    """Eight dialogues of two and three turns."""
    records = [dialogue(i % 2, id=str(i)) for i in range(8)]
    return write_dialogues(tmp_path_factory.mktemp("dialogues") / "run", records)


@pytest.fixture(scope="module")
def config(run: Path, base: Path, tmp_path_factory) -> TeacherConfig:
    """Eight dialogues in batches of four, three passes: six steps."""
    out = tmp_path_factory.mktemp("trained") / "out"
    return TeacherConfig(
        runs=(str(run),), model=str(base), out=str(out), prompt="pocket-teacher", epochs=3, merge=True, **SMALL
    )


@pytest.fixture(scope="module")
def trained(config: TeacherConfig) -> Path:
    return train_teacher(config).checkpoint


def adapter(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "adapter_model.safetensors")


def test_it_leaves_an_adapter_on_queries_and_keys_with_its_prompt(trained: Path, config: TeacherConfig) -> None:
    assert {name.rsplit(".", 3)[-3] for name in adapter(trained)} == {"q_proj", "k_proj"}
    made = json.loads((trained / "adapter_config.json").read_text())
    assert (made["r"], made["lora_alpha"]) == (4, 8)
    own = load(TeacherPrompt, "pocket-teacher")
    assert load(TeacherPrompt, str(trained / OWN)) == load(TeacherPrompt, str(trained / "merged" / OWN)) == own
    assert choose(TeacherPrompt, given=None, model=config.model, adapter=str(trained)) == own
    summary = json.loads((trained / "done.json").read_text())
    # four dialogues of two turns and four of three, all of which branch: the teacher sees the latest response alone
    assert (summary["dialogues"], summary["turns"], summary["branched"], summary["general"]) == (8, 20, 8, 0)
    assert summary["steps"] == 6
    manifest = json.loads((trained / "manifest.json").read_text())
    assert manifest["kind"] == "teacher"
    assert manifest["fingerprints"]["prompt"] == own.fingerprint


def test_its_loss_falls_and_is_drawn(trained: Path) -> None:
    steps = read_log(trained / "log.jsonl")
    assert [line["step"] for line in steps] == [1, 2, 3, 4, 5, 6]
    # four queries and keys of a random model: little to learn with, but each pass over the same eight is better
    passes = [steps[i]["loss"] + steps[i + 1]["loss"] for i in (0, 2, 4)]
    assert passes[0] > passes[1] > passes[2]
    report = write_report(ReportConfig(runs=(str(trained),), out=str(trained.parent / "report")))
    assert {file.name for file in report.files} == {"index.html", "tables.md", "training.png", "training.svg"}


def test_a_finished_training_is_not_done_again_and_a_changed_one_is_refused(
    trained: Path, config: TeacherConfig, tmp_path: Path
) -> None:
    before = adapter(trained)
    assert train_teacher(config).summary["steps"] == 6
    torch.testing.assert_close(adapter(trained), before, atol=0, rtol=0)
    with pytest.raises(ConfigChanged, match='sees was null and is now "history"'):
        train_teacher(replace(config, sees="history"))
    with pytest.raises(ConfigChanged):
        train_student(StudentConfig(runs=config.runs, model=config.model, out=config.out))


def test_a_prompt_whose_words_changed_is_refused(config: TeacherConfig, tmp_path: Path) -> None:
    prompt = tmp_path / "mine.yaml"
    save(load(TeacherPrompt, "pocket-teacher"), prompt)
    mine = replace(config, prompt=str(prompt), out=str(tmp_path / "out"), max_steps=1, merge=False)
    train_teacher(mine)
    prompt.write_text(prompt.read_text().replace("Your feedback", "Your verdict"))
    with pytest.raises(ConfigChanged, match="the fingerprint of the prompt was"):
        train_teacher(mine)


def test_speed_and_memory_options_change_no_weight(config: TeacherConfig, trained: Path, tmp_path: Path) -> None:
    other = {"per_device": 1, "activation_checkpointing": "full", "workers": 1}
    out = train_teacher(replace(config, out=str(tmp_path / "out"), merge=False, **other)).checkpoint
    torch.testing.assert_close(adapter(out), adapter(trained), atol=1e-5, rtol=1e-3)


def test_branches_train_in_bfloat16(config: TeacherConfig, trained: Path, tmp_path: Path) -> None:
    out = train_teacher(replace(config, out=str(tmp_path / "out"), merge=False, dtype="bfloat16")).checkpoint
    assert {tensor.dtype for tensor in adapter(out).values()} == {torch.float32}
    full, half = ([line["loss"] for line in read_log(folder / "log.jsonl")] for folder in (trained, out))
    assert half == pytest.approx(full, rel=0.02)  # eight bits of mantissa


@pytest.mark.slow
def test_a_kill_changes_nothing(config: TeacherConfig, trained: Path, tmp_path: Path) -> None:
    """kill -9 at the first checkpoint; the same command then reaches the weights of an undisturbed training."""
    out = tmp_path / "out"
    flags = [
        *("--model", config.model, "--out", str(out), "--prompt", "pocket-teacher", "--epochs", "3"),
        *("--lora-rank", "4", "--lora-alpha", "8", "--lr", "1e-2", "--batch-size", "4", "--per-device", "2"),
        *("--device", "cpu", "--save-steps", "1"),
    ]
    command = [sys.executable, "-m", "burnish", "train", "teacher", *config.runs, *flags]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + HANG_S
    while Output(out).last_checkpoint() is None:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    interrupted = Output(out).last_checkpoint()
    assert Output(out).summary is None and interrupted is not None and interrupted.step < 6
    assert train_teacher(replace(config, out=str(out), save_steps=1, merge=False)).summary["steps"] == 6
    torch.testing.assert_close(adapter(out), adapter(trained), atol=1e-6, rtol=0)
    assert [line["step"] for line in read_log(out / "log.jsonl")] == [1, 2, 3, 4, 5, 6]


def test_a_student_says_in_the_loop_what_it_was_taught(base: Path, write_dialogues, tmp_path: Path) -> None:
    """Trained on three turns until it knows them: asked as the loop asks, it gives them word by word, and ends."""
    told = dialogue(1, [("two", "Too few."), ("three", "Score: 4.\nFeedback: One short."), ("four", "Score: 10.")])
    run = write_dialogues(tmp_path / "run", [told])
    config = StudentConfig(
        runs=(str(run),),
        model=str(base),
        out=str(tmp_path / "out"),
        prompt="pocket-student",
        lora_targets="all-linear",
        epochs=30,
        **(SMALL | {"lora_rank": 8, "lora_alpha": 16, "batch_size": 1}),
    )
    result = train_student(config)
    options = ModelOptions(model=str(base), adapter=str(result.checkpoint), device="cpu")
    prompt = choose(StudentPrompt, given=None, model=str(base), adapter=str(result.checkpoint))
    model, decoding = LocalModel.open(options), Decoding(max_new_tokens=12)
    student = student_role(model=model, prompt=prompt, decoding=decoding)
    requests = [student.request(Case(example(told), told.turns[:i])) for i in (1, 2)]
    assert [reply.text for reply in model.generate(requests, decoding)] == ["three", "four"]


@pytest.mark.slow
def test_two_epochs_teach_the_pocket_model(tmp_path: Path) -> None:
    """Dialogues by the oracle, with general questions of the same world beside them."""
    with begin(tmp_path / "run", "compose") as run:
        for asked in stream("pocket:train#per_task=8", Sampling(per_image=None, limit=48)):
            turns = read_rounds(compose(asked.facts, asked.question, asked.answer, seed=1))
            run.append(
                [
                    Dialogue(
                        id=asked.id,
                        image=run.add_image(asked.image),
                        question=asked.question,
                        answer=asked.answer,
                        turns=turns,
                        source=asked.source,
                    )
                ]
            )
        run.finish({})
    config = StudentConfig(
        runs=(str(tmp_path / "run"),),
        model="pocket",
        out=str(tmp_path / "out"),
        mix="pocket:train",
        lr=2e-3,
        batch_size=16,
        epochs=2,
        device="cpu",
    )
    result = train_student(config)
    assert result.summary["general"] == result.summary["dialogues"] > 30
    losses = [line["loss"] for line in read_log(result.checkpoint / "log.jsonl")]
    epoch = len(losses) // 2
    assert sum(losses[epoch:]) < 0.8 * sum(losses[:epoch])
    assert load(StudentPrompt, str(result.checkpoint / OWN)) == load(StudentPrompt, "pocket-student")


def test_a_model_that_cannot_read_branches_is_given_each_on_its_own(
    config: TeacherConfig, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, processor = tiny_models.qwen2_5_vl()
    model.config.text_config.rope_parameters = {"rope_type": "dynamic", "rope_theta": 1e4, "factor": 2.0}
    material = teacher_material(LocalModel(model, processor, fingerprint=lambda: ""), config)
    material.prepare(tmp_path / "table.arrow")
    said = "Each turn that branches off is read as a separate sequence: its positions"
    assert capsys.readouterr().err.count(said) == 1
    rows = open_table(tmp_path / "table.arrow")
    batch = material.collate([rows[0], rows[1]])
    # a dialogue of two turns and one of three: five sequences, with the pictures of each
    assert batch["attention_mask"].shape == batch["input_ids"].shape == batch["answer_mask_ST"].shape
    assert len(batch["input_ids"]) == len(batch["image_grid_thw"]) == 5
    assert "position_ids" not in batch


def test_a_model_without_the_papers_layers_is_refused_in_one_sentence(config: TeacherConfig, tmp_path: Path) -> None:
    model, _ = tiny_models.llava()
    for layer in model.model.language_model.layers:
        layer.self_attn.qkv_proj = layer.self_attn.q_proj
        del layer.self_attn.q_proj
    with pytest.raises(ModelError, match=r"has .*qkv_proj.* and no q_proj: take --lora-targets all-linear"):
        targets(model, config.lora_layers)


@pytest.mark.slow
@pytest.mark.skipif(not REAL.exists(), reason="shared/data/fire-human-rated is not here")
@pytest.mark.parametrize("role", ["student", "teacher"])
def test_real_dialogues_in_the_papers_prompts(role: str, base: Path, tmp_path: Path) -> None:
    """FIRE's own file, with the paper's prompts, rank and length, on a random model that speaks bytes."""
    flags = {"runs": (str(REAL),), "model": str(base), "out": str(tmp_path / "out"), "max_steps": 1, "device": "cpu"}
    flags |= {"batch_size": 2, "per_device": 1}
    if role == "student":
        summary = train_student(StudentConfig(**flags)).summary
        assert summary["branched"] == 0
    else:
        summary = train_teacher(TeacherConfig(**flags)).summary
        # a dialogue of which one turn alone fits has nothing to branch
        assert 0 <= summary["dialogues"] - summary["branched"] <= sum(summary["turns_left_out"].values())
    assert summary["dialogues"] + sum(summary["left_out"].values()) == 137
    assert summary["turns"] >= summary["dialogues"] > 100
