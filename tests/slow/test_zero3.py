"""DPO by DeepSpeed's ZeRO-3 on two CPU processes, where DeepSpeed is installed. `make test-slow` runs this."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from patience import HANG_S

pytestmark = [
    pytest.mark.skipif("BURNISH_SLOW" not in os.environ, reason="minutes: `make test-slow` runs it"),
    pytest.mark.skipif(find_spec("deepspeed") is None, reason="DS_BUILD_OPS=0 pip install deepspeed"),
]
SCRIPT = Path(__file__).parent / "zero3_steps.py"


def test_steps_on_shared_out_weights_are_those_on_whole_ones(tmp_path: Path) -> None:
    start = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(SCRIPT)]
    paths = os.pathsep.join([str(SCRIPT.parents[1]), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "DS_ACCELERATOR": "cpu"}
    done = subprocess.run(
        [*start, str(tmp_path)], check=False, timeout=HANG_S, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    for rank in (0, 1):
        said = json.loads((tmp_path / f"{rank}.json").read_text())
        assert (said["engine"], said["stage"], said["here"]) == ("DeepSpeedEngine", 3, 0)
        whole, shared = said["losses"]
        assert shared == pytest.approx(whole, abs=1e-4)
        assert len({round(loss, 3) for loss in whole}) == 3  # every step moves it
        assert said["apart"] < 1e-4
