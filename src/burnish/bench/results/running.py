"""`burnish bench lmms`: tasks run by lmms-eval, in its own environment, by its own command line."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from burnish.bench.results.configs import LmmsConfig
from burnish.bench.results.importing import KIND, fill, together
from burnish.bench.results.lmms_samples import NAME, read_samples
from burnish.errors import RunError
from burnish.generation.runs import begin_run
from burnish.scores import StandardResult
from burnish.store import Run

FOLDER, LOG, DONE = "lmms", "log.txt", "done"
_COLOURS = re.compile(r"\x1b\[[\d;]*m")
_EXCEPTION = re.compile(r"[\w.]*(?:Error|Exception|Interrupt)\b")
"""The line that ends a traceback."""
_WEIGHS = "messages is used for generation only"
"""What lmms-eval 0.7.3 says of a task that scores given answers, where it uses conversations."""
_VERSION = "from importlib.metadata import version; import burnish; print(version('lmms_eval'))"


def bench_lmms(config: LmmsConfig) -> StandardResult:
    """Have lmms-eval run the tasks, and fill the run `config.out` with its samples; a finished run is scored anew.

    Raises RunError where lmms-eval is not there or fails.
    """
    version = _version(config.lmms_python)
    with begin_run(KIND, config, {"lmms-eval": version}, seed=0) as run:
        folder = run.path / FOLDER
        if not (folder / DONE).exists():
            _evaluate(config, folder)
        return fill(run, together([read_samples(str(path)) for path in _samples(folder)]), _model(run))


def _version(python: str) -> str:
    """Of the lmms-eval in an environment that has Burnish too."""
    try:
        found = subprocess.run([python, "-c", _VERSION], capture_output=True, text=True, check=False)
    except OSError as error:
        raise RunError(f"--lmms-python {python} cannot be run: {error.strerror}.") from error
    if found.returncode:
        last = (found.stderr.strip().splitlines() or ["it printed nothing"])[-1]
        raise RunError(
            f"--lmms-python {python} has no lmms-eval beside Burnish ({last}): give `{python} -m pip install "
            "'burnish[lmms]'`."
        )
    return found.stdout.strip()


def _evaluate(config: LmmsConfig, folder: Path) -> None:
    """Run lmms-eval; what it says goes into a file beside its samples."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.rglob("*.json*"):  # of a call that was killed
        left.unlink()
    command = [
        *(config.lmms_python, "-m", "burnish.bench.lmms"),
        *("--model", "burnish", "--model_args", ",".join(config.arguments)),
        *("--tasks", ",".join(config.tasks), "--batch_size", str(config.batch_size)),
        *("--log_samples", "--output_path", str(folder)),
        *(("--limit", str(config.limit)) if config.limit is not None else ()),
        *(("--include_path", config.include_path) if config.include_path else ()),
        *(("--force_simple",) if config.force_simple else ()),
    ]
    with (folder / LOG).open("w", encoding="utf-8") as log:
        code = subprocess.run(command, stdout=log, stderr=subprocess.STDOUT, check=False).returncode
    if code or not _samples(folder):  # it exits with 0 where a task failed, too
        fault = _fault((folder / LOG).read_text(encoding="utf-8", errors="replace")) or f"exit code {code}, no samples"
        mend = "add --force-simple for a task that scores given answers" if _WEIGHS in fault else f"see {folder / LOG}"
        raise RunError(f"lmms-eval failed ({fault}): {mend}.")
    (folder / DONE).touch()


def _fault(log: str) -> str:
    """The last exception that the log tells, else its last line without colours."""
    lines = _COLOURS.sub("", log).strip().splitlines()
    return next((line for line in reversed(lines) if _EXCEPTION.match(line)), lines[-1] if lines else "").strip()


def _samples(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*.jsonl") if NAME.fullmatch(path.name))


def _model(run: Run) -> str:
    config = run.manifest.config
    return " + ".join(str(config[name]) for name in ("model", "adapter") if config.get(name))
