"""All four trainings on a model that FSDP2 or DeepSpeed's ZeRO-3 (where it is installed) shares out between two CPU
processes. `make test-slow` runs this.

What this cannot show on a CPU is Trainer making the engine from `--deepspeed FILE`: accelerate 1.15 takes DeepSpeed
only where it is not told `cpu` (`AcceleratorState`), and shards by FSDP on accelerators alone. The script therefore
shares the model out itself.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from sharded_training import CONFIGS

from burnish.cli import main
from burnish.models import ModelOptions
from burnish.models.local import LocalModel
from burnish.records import Dialogue, PreferencePair
from burnish.store import Run
from burnish.train import session
from burnish.train.callbacks import read_log
from patience import HANG_S

pytestmark = pytest.mark.skipif("BURNISH_SLOW" not in os.environ, reason="minutes: `make test-slow` runs it")
SCRIPT = Path(__file__).parent / "sharded_training.py"
STEPS = 3
SHARED: dict[str, Any] = {
    "model": "pocket",
    "lora_rank": 4,
    "lr": 1e-2,
    "batch_size": 4,
    "per_device": 2,
    "device": "cpu",
}
SHARED |= {"max_steps": STEPS, "epochs": 1}
ENGINES = {"fsdp2": "FSDPPeftModelForCausalLM", "zero3": "DeepSpeedEngine, stage 3"}
needs_deepspeed = pytest.mark.skipif(find_spec("deepspeed") is None, reason="DS_BUILD_OPS=0 pip install deepspeed")
TRAIN = {"dpo": session.train_dpo, "sft": session.train_sft, "student": session.train_student}
TRAIN |= {"teacher": session.train_teacher}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """By verb, what it trains on: pairs with one or two negatives, several of a picture, some with stored references
    and some without; dialogues of different lengths."""
    folder = tmp_path_factory.mktemp("data")
    pairs, trl, others, composed = (str(folder / name) for name in ("pairs", "trl", "others", "composed"))
    distort = ("--distort", "flip:1", "--distort", "noise:800", "--max-new-tokens", "24", "--keep-cut")
    for words in (
        ("pairs", "pocket:counter-train/description#per_task=9", "--model", "pocket", "--out", pairs, *distort),
        ("export", pairs, "--to", "trl", "--out", trl),
        ("import", "pairs", f"trl:{trl}", "--out", others),
        ("compose", "pocket:train#per_task=3", "--model", "oracle", "--limit", "20", "--out", composed),
    ):
        assert main(words) == 0
    made = [Run.open(Path(run)) for run in (pairs, others)]
    assert [all(one.chosen.ref_logp for one in run.records(PreferencePair)) for run in made] == [True, False]
    assert {len(one.rejected) for one in made[0].records(PreferencePair)} == {1, 2}
    assert len({len(one.turns) for one in Run.open(Path(composed)).records(Dialogue)}) > 1
    return {
        "dpo": {"run": pairs, "more_runs": [others], "loss": ["softmax=0.9", "sft=0.1"]},
        "sft": {"source": "pocket:train#per_task=4"},
        "student": {"runs": [composed]},
        "teacher": {"runs": [composed]},
    }


def _start(verb: str, flags: dict[str, Any], *words: str) -> subprocess.CompletedProcess[str]:
    start = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(SCRIPT)]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "DS_ACCELERATOR": "cpu"}
    command = [*start, verb, json.dumps(flags), *words]
    return subprocess.run(command, check=False, timeout=HANG_S, env=environment, capture_output=True, text=True)


@pytest.mark.parametrize("by", [pytest.param("fsdp2"), pytest.param("zero3", marks=needs_deepspeed)])
@pytest.mark.parametrize("verb", CONFIGS)
def test_a_shared_out_model_trains_as_a_whole_one_and_goes_on_after_a_kill(
    verb: str, by: str, data: dict[str, dict[str, Any]], alone: Callable[[str], Path], tmp_path: Path
) -> None:
    flags = {**SHARED, **data[verb], "out": str(tmp_path / "shared")}
    killed = _start(verb, flags, "--by", by, "--kill", "2")
    assert killed.returncode != 0
    assert "Signal 9" in killed.stderr, killed.stderr
    assert not (tmp_path / "shared" / "said.json").exists()
    done = _start(verb, flags, "--by", by)
    assert done.returncode == 0, done.stderr
    said = json.loads((tmp_path / "shared" / "said.json").read_text())
    assert (said["engine"], said["whole"], said["earlier"]) == (ENGINES[by], 0, 2)
    assert said["parameters"] > 100
    log = read_log(alone(verb) / "log.jsonl")
    assert said["losses"] == pytest.approx([line["loss"] for line in log], abs=1e-4)
    whole = [load_file(folder / "adapter_model.safetensors") for folder in (alone(verb), tmp_path / "shared")]
    # a tenth of a step: Adam shows the rounding of gradients near zero
    torch.testing.assert_close(*whole, atol=0.1 * SHARED["lr"], rtol=0.0)
    LocalModel.open(ModelOptions(model="pocket", adapter=flags["out"], device="cpu"))


@pytest.fixture(scope="module")
def alone(data: dict[str, dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Where one process has done a verb's training with the whole model."""

    @cache
    def trained(verb: str) -> Path:
        out = tmp_path_factory.mktemp("alone") / verb
        TRAIN[verb](CONFIGS[verb](**_tuples({**SHARED, **data[verb]}), out=str(out)))
        return out

    return trained


def _tuples(flags: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in flags.items()}
