"""Training from end to end: what it leaves, how it goes on after a kill, and what it refuses."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForImageTextToText, AutoProcessor

import tiny_models
from burnish.errors import ConfigChanged, ConfigError, RunError
from burnish.models import ModelOptions
from burnish.models.local import LocalModel
from burnish.train.callbacks import read_log
from burnish.train.config import DPOConfig
from burnish.train.output import Output
from burnish.train.session import train_dpo
from patience import HANG_S

SMALL = {"lora_rank": 4, "lr": 1e-2, "batch_size": 4, "per_device": 2, "device": "cpu"}


@pytest.fixture(scope="module")
def run(write_run, tmp_path_factory) -> Path:
    return write_run(tmp_path_factory.mktemp("pairs") / "run", negatives=[1, 2, 1, 3, 2, 1, 1, 1])


@pytest.fixture(scope="module")
def config(run, base, tmp_path_factory) -> DPOConfig:
    """Eight pairs in batches of four, three passes: six steps."""
    out = tmp_path_factory.mktemp("trained") / "out"
    return DPOConfig(run=str(run), model=str(base), out=str(out), epochs=3, merge=True, **SMALL)


@pytest.fixture(scope="module")
def trained(config: DPOConfig) -> Path:
    return train_dpo(config).checkpoint


def logits(model, processor) -> torch.Tensor:
    prompt = "<s>USER: <image>\nWhat is it? ASSISTANT:"
    inputs = processor(text=prompt, images=tiny_models.picture(3), add_special_tokens=False, return_tensors="pt")
    with torch.no_grad():
        return model.eval()(**inputs).logits


def test_it_leaves_an_adapter_its_processor_and_its_history_alone(trained: Path) -> None:
    names = {path.name for path in trained.iterdir()}
    processor = {"chat_template.jinja", "processor_config.json", "tokenizer.json", "tokenizer_config.json"}
    own = {"manifest.json", "done.json", "log.jsonl", "lock", "burnish_base.json", "merged"}
    assert names == {"adapter_config.json", "adapter_model.safetensors"} | processor | own


def test_it_loads_in_plain_transformers_and_peft(trained: Path, base: Path) -> None:
    plain = AutoModelForImageTextToText.from_pretrained(base)
    processor = AutoProcessor.from_pretrained(trained)
    before = logits(plain, processor)
    after = logits(PeftModel.from_pretrained(plain, trained), processor)
    assert (after - before).abs().max() > 1e-2
    # Burnish's own way to the same model
    again = LocalModel.open(ModelOptions(model=str(base), adapter=str(trained), device="cpu"))
    torch.testing.assert_close(logits(again.model, again.processor), after)
    named = json.loads((trained / "adapter_config.json").read_text())["base_model_name_or_path"]
    assert Path(named) == base.resolve()


def test_the_merged_model_needs_no_peft(trained: Path, base: Path) -> None:
    merged = AutoModelForImageTextToText.from_pretrained(trained / "merged")
    processor = AutoProcessor.from_pretrained(trained / "merged")
    with_adapter = PeftModel.from_pretrained(AutoModelForImageTextToText.from_pretrained(base), trained)
    torch.testing.assert_close(logits(merged, processor), logits(with_adapter, processor), atol=1e-5, rtol=1e-4)
    assert not (trained / "merged" / "adapter_config.json").exists()


def test_with_encoded_pictures_kept_on_disk_it_learns_the_same(trained: Path, config: DPOConfig, tmp_path) -> None:
    cached = replace(config, vision_cache=str(tmp_path / "cache"), merge=False)
    weights = load_file(trained / "adapter_model.safetensors")
    for out in ("first", "second"):  # one fills the cache, one finds it full
        again = load_file(train_dpo(replace(cached, out=str(tmp_path / out))).checkpoint / "adapter_model.safetensors")
        torch.testing.assert_close(again, weights, atol=1e-5, rtol=1e-4)
    assert len(list((tmp_path / "cache").rglob("*.safetensors"))) == 8


def test_it_learns_to_prefer(trained: Path) -> None:
    steps = read_log(trained / "log.jsonl")
    assert [line["step"] for line in steps] == [1, 2, 3, 4, 5, 6]
    assert steps[0]["rewards/margins"] == 0
    assert steps[-1]["rewards/margins"] > 0.1
    assert steps[-1]["loss"] < steps[0]["loss"]
    summary = json.loads((trained / "done.json").read_text())
    assert summary["steps"] == 6
    assert (summary["examples"], summary["answers"], summary["cut"], summary["left_out"]) == (8, 20, 0, {})
    assert summary["last_step"] == steps[-1]


def test_the_log_tells_rate_and_speed(trained: Path) -> None:
    steps = read_log(trained / "log.jsonl")
    assert steps[0]["learning_rate"] == 0 < steps[-1]["learning_rate"] < steps[1]["learning_rate"]  # after the warm-up
    seen = [line["num_input_tokens_seen"] for line in steps]
    assert (seen[3], seen[5]) == (2 * seen[1], 3 * seen[1])  # each pass has two steps and the same tokens
    for before, line in pairwise(steps):
        tokens, seconds = (line[name] - before[name] for name in ("num_input_tokens_seen", "seconds"))
        assert line["tokens_per_second"] == pytest.approx(tokens / seconds, abs=1, rel=0.002 / seconds)


def test_a_finished_training_is_not_done_again(trained: Path, config: DPOConfig) -> None:
    before = {path: path.stat().st_mtime_ns for path in trained.rglob("*") if path.name != "lock"}
    result = train_dpo(config)
    assert result.summary["steps"] == 6
    assert {path: path.stat().st_mtime_ns for path in trained.rglob("*") if path.name != "lock"} == before


def test_a_changed_configuration_is_refused_by_name(trained: Path, config: DPOConfig) -> None:
    with pytest.raises(ConfigChanged, match=r"beta was 0\.1 and is now 0\.2"):
        train_dpo(replace(config, beta=0.2))
    # speed and place may change
    assert train_dpo(replace(config, per_device=4, save_steps=7)).summary["steps"] == 6


def adapter(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "adapter_model.safetensors")


def test_speed_and_memory_options_change_no_weight(config: DPOConfig, trained: Path, tmp_path: Path) -> None:
    other = {"per_device": 1, "activation_checkpointing": "selective", "workers": 1, "report_to": ("tensorboard",)}
    out = train_dpo(replace(config, out=str(tmp_path / "out"), merge=False, **other)).checkpoint
    torch.testing.assert_close(adapter(out), adapter(trained), atol=1e-5, rtol=1e-4)
    assert list((out / "tensorboard").glob("events.out.tfevents.*"))


def test_bfloat16_trains_an_adapter_of_full_precision(config: DPOConfig, trained: Path, tmp_path: Path) -> None:
    out = train_dpo(replace(config, out=str(tmp_path / "out"), merge=False, dtype="bfloat16")).checkpoint
    assert {tensor.dtype for tensor in adapter(out).values()} == {torch.float32}
    full, half = (read_log(folder / "log.jsonl")[-1]["rewards/margins"] for folder in (trained, out))
    # eight bits of mantissa: log-probabilities of about -70 are off by some tenths, their tenfold weighted ratios less
    assert half == pytest.approx(full, abs=0.1)


def test_an_adapter_is_gone_on_from(config: DPOConfig, trained: Path, base: Path, tmp_path: Path) -> None:
    """A second round starts where the first ended, keeps the adapter's shape, and belongs to the same model."""
    flags = {"adapter": str(trained), "epochs": 1, "merge": False, "lora_rank": 8}
    more = train_dpo(replace(config, out=str(tmp_path / "out"), **flags)).checkpoint
    steps = read_log(more / "log.jsonl")
    assert steps[0]["rewards/margins"] == pytest.approx(0, abs=1e-5)
    moved = steps[0]["logps/chosen"] - read_log(trained / "log.jsonl")[0]["logps/chosen"]
    assert abs(moved) > 1e-3  # it begins as the trained model, not as the plain one
    before, after = adapter(trained), adapter(more)
    assert {name: tensor.shape for name, tensor in after.items()} == {n: t.shape for n, t in before.items()}
    assert any((after[name] - before[name]).abs().max() > 1e-4 for name in after)
    opened = LocalModel.open(ModelOptions(model=str(base), adapter=str(more), device="cpu"))
    assert opened.model.peft_config["default"].r == 4
    with pytest.raises(ConfigError, match="give the new adapter a folder of its own"):
        replace(config, adapter=config.out)


@pytest.mark.parametrize("variant", ["dora", "rslora"])
def test_variants_of_lora_are_trained_and_loaded(config: DPOConfig, base: Path, tmp_path: Path, variant: str) -> None:
    changes = {"epochs": 1, "merge": False, "scheduler": "linear", "optimizer": "sgd", "lora_variant": variant}
    out = train_dpo(replace(config, out=str(tmp_path / "out"), **changes)).checkpoint
    opened = LocalModel.open(ModelOptions(model=str(base), adapter=str(out), device="cpu"))
    own = opened.model.peft_config["default"]
    assert (own.use_dora, own.use_rslora) == (variant == "dora", variant == "rslora")
    assert any("magnitude" in name for name in adapter(out)) == (variant == "dora")


def test_unknown_names_are_refused_with_those_there_are(config: DPOConfig, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"--scheduler cosin is not one of transformers': choose from linear, cosine"):
        train_dpo(replace(config, out=str(tmp_path / "out"), scheduler="cosin"))
    with pytest.raises(ConfigError, match="--optimizer adamw is not one of"):
        train_dpo(replace(config, out=str(tmp_path / "out"), optimizer="adamw"))
    with pytest.raises(ConfigError, match="--lora-variant dora is not available with --experts"):
        replace(config, lora_variant="dora", experts=True)


def test_restart_begins_anew(config: DPOConfig, tmp_path: Path) -> None:
    short = replace(config, out=str(tmp_path / "out"), epochs=1, merge=False)
    first = train_dpo(short)
    (tmp_path / "out" / "left-over").write_text("of an earlier training")
    second = train_dpo(replace(short, lr=1e-3, restart=True))
    assert not (tmp_path / "out" / "left-over").exists()
    assert first.summary["steps"] == second.summary["steps"] == 2
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["config"]["lr"] == 1e-3


def test_a_torn_checkpoint_is_passed_over(config: DPOConfig, trained: Path, tmp_path: Path) -> None:
    """As a kill leaves them: a whole checkpoint, then one that some process had not finished, and a torn log line."""
    out = tmp_path / "out"
    whole = train_dpo(replace(config, out=str(out), save_steps=2, keep_checkpoints=True, merge=False))
    assert [c.name for c in sorted(Output(out).checkpoints.glob("checkpoint-*"))] == ["checkpoint-4", "checkpoint-6"]
    torn = Output(out).checkpoints / "checkpoint-6"
    for name in ("complete", "optimizer.pt", "trainer_state.json"):
        (torn / name).unlink()
    for name in ("done.json", "adapter_model.safetensors"):
        (out / name).unlink()
    with (out / "log.jsonl").open("a") as log:
        log.write('{"step": 7, "lo')
    again = train_dpo(replace(config, out=str(out), save_steps=2, merge=False))
    assert again.summary["steps"] == whole.summary["steps"] == 6
    torch.testing.assert_close(adapter(out), adapter(trained), atol=1e-6, rtol=0)
    assert [line["step"] for line in read_log(out / "log.jsonl")] == [1, 2, 3, 4, 5, 6]
    assert not Output(out).checkpoints.exists()


def test_a_kill_changes_nothing(config: DPOConfig, trained: Path, tmp_path: Path) -> None:
    """kill -9 at the first checkpoint; the same command then reaches the weights of an undisturbed training."""
    out = tmp_path / "out"
    flags = [
        *("--model", config.model, "--out", str(out), "--lora-rank", "4", "--lr", "1e-2", "--batch-size", "4"),
        *("--epochs", "3", "--per-device", "2", "--device", "cpu", "--save-steps", "1"),
    ]
    command = [sys.executable, str(Path(__file__).with_name("train_command.py")), config.run, *flags]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + HANG_S
    while Output(out).last_checkpoint() is None:
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    interrupted = Output(out).last_checkpoint()
    assert Output(out).summary is None and interrupted is not None and interrupted.step < 6
    result = train_dpo(replace(config, out=str(out), save_steps=1, merge=False))
    assert result.summary["steps"] == 6
    torch.testing.assert_close(adapter(out), adapter(trained), atol=1e-6, rtol=0)
    undisturbed, resumed = read_log(trained / "log.jsonl"), read_log(out / "log.jsonl")
    for line, expected in zip(resumed, undisturbed, strict=True):
        for clock in ("seconds", "tokens_per_second"):
            del line[clock], expected[clock]
        assert line == pytest.approx(expected, abs=1e-5)


def test_max_steps_ends_the_schedule(config: DPOConfig, tmp_path: Path) -> None:
    result = train_dpo(replace(config, out=str(tmp_path / "out"), max_steps=3, merge=False, keep_checkpoints=True))
    assert result.summary["steps"] == 3
    steps = read_log(tmp_path / "out" / "log.jsonl")
    # warm-up takes the first of three steps, then a cosine falls over two: 1, then (1 + cos(pi / 2)) / 2 of the rate
    assert [line["learning_rate"] for line in steps] == pytest.approx([0, 1e-2, 5e-3])
    # a kill between the last step and the end: nothing more is trained
    (tmp_path / "out" / "done.json").unlink()
    before = adapter(tmp_path / "out")
    train_dpo(replace(config, out=str(tmp_path / "out"), max_steps=3, merge=False))
    torch.testing.assert_close(adapter(tmp_path / "out"), before, atol=0, rtol=0)
    assert read_log(tmp_path / "out" / "log.jsonl") == steps


def test_several_losses_train_on_pairs_with_many_negatives(config: DPOConfig, trained: Path, tmp_path: Path) -> None:
    losses = {"loss": ("sigmoid_norm", "sft=0.5"), "out": str(tmp_path / "out"), "merge": False}
    out = train_dpo(replace(config, **losses)).checkpoint
    steps = read_log(out / "log.jsonl")
    for line in steps:
        assert line["loss"] == pytest.approx(line["loss/sigmoid_norm"] + 0.5 * line["loss/sft"], abs=1e-3)
    assert steps[-1]["loss/sft"] < steps[0]["loss/sft"]
    assert json.loads((out / "manifest.json").read_text())["config"]["loss"] == ["sigmoid_norm", "sft=0.5"]
    with pytest.raises(ConfigChanged, match=r'loss was \["sigmoid_norm", "sft=0\.5"\] and is now \["sigmoid_norm"\]'):
        train_dpo(replace(config, **losses | {"loss": ("sigmoid_norm",)}))


def test_pairs_of_another_model_are_read_as_text(config: DPOConfig, tmp_path: Path) -> None:
    model, processor = tiny_models.llava()
    with torch.no_grad():
        model.get_output_embeddings().weight.mul_(1.1)
    tiny_models.saved((model, processor), tmp_path / "other")
    result = train_dpo(
        replace(config, model=str(tmp_path / "other"), out=str(tmp_path / "out"), max_steps=1, merge=False)
    )
    assert result.summary["answers"] == 20


def test_folders_of_something_else_are_refused(config: DPOConfig, run: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("…")
    with pytest.raises(RunError, match=r"not a training's folder, and thesis\.tex is in it"):
        train_dpo(replace(config, out=str(tmp_path)))
    with pytest.raises(RunError, match="holds pairs, not a training"):
        train_dpo(replace(config, out=str(run)))
    with pytest.raises(RunError, match="is not a run"):
        train_dpo(replace(config, run=str(tmp_path), out=str(tmp_path / "out")))


def test_runs_that_do_not_fit_the_flags_are_refused(config: DPOConfig, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="was made without --pad-to-square"):
        train_dpo(replace(config, pad_to_square=True, out=str(tmp_path / "out")))
    with pytest.raises(ConfigError, match="--thinking needs a chat template with a switch"):
        train_dpo(replace(config, thinking="off", out=str(tmp_path / "out")))
    thought = tmp_path / "thought"
    shutil.copytree(config.run, thought)
    manifest = json.loads((thought / "manifest.json").read_text())
    manifest["config"]["thinking"] = "off"
    (thought / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(ConfigError, match="was made with --thinking off: train as its answers were made"):
        train_dpo(replace(config, run=str(thought), out=str(tmp_path / "out")))
    unfinished = tmp_path / "unfinished"
    unfinished.mkdir()
    (unfinished / "manifest.json").write_text((Path(config.run) / "manifest.json").read_text())
    with pytest.raises(RunError, match="is not finished"):
        train_dpo(replace(config, run=str(unfinished), out=str(tmp_path / "out")))
    (unfinished / "done.json").write_text("{}")
    with pytest.raises(RunError, match=r"kept no pair of its 0 questions: .* a stronger --distort\."):
        train_dpo(replace(config, run=str(unfinished), out=str(tmp_path / "out")))
    assert not (tmp_path / "out").exists()
