#!/usr/bin/env bash
# lmms-eval 0.7.3: OCRBench's accuracy is out of 1,000 questions however many were asked, and a second evaluation adds the first.
#
# The task sums the right answers in a table of its module, which nothing empties, and divides by 1,000.
#   evaluated in one Python process             accuracy
#   20 questions (`--limit 20`), all right      0.02
#   the same 20 of a second model, half right   0.03   (the first model's 20, and 10 of its own)
#   20 of a third model, none right             0.03
# So a partial run looks like a model that cannot read, and of a model before and after a training, evaluated by one script,
# the second always looks better. Take the mean of the samples' scores, or a process for each model.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-deps lmms_eval==0.7.3 loguru==0.7.3
cd "$folder"
LOGURU_LEVEL=ERROR venv/bin/python - <<'PYTHON'
import importlib.util
import sys
from importlib.metadata import distribution
from types import SimpleNamespace

package = distribution("lmms_eval")


def module(name):
    """One file of the package, alone: what the package imports itself wants torch."""
    path = package.locate_file(f"{name.replace('.', '/')}.py")
    spec = importlib.util.spec_from_file_location(name, str(path))
    made = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


for name in ("lmms_eval", "lmms_eval.tasks", "lmms_eval.tasks._task_utils"):
    sys.modules[name] = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, None))
module("lmms_eval.tasks._task_utils.file_utils")
ocrbench = module("lmms_eval.tasks.ocrbench.utils")
DOC = {"answer": "EXIT", "dataset": "IIIT5K", "question_type": "Regular Text Recognition"}


def accuracy(replies):
    """The task's total for these replies, as one evaluation computes it."""
    scored = [ocrbench.ocrbench_process_results(DOC, [reply])["ocrbench_accuracy"] for reply in replies]
    return ocrbench.ocrbench_aggregate_accuracy(scored, SimpleNamespace(output_path=".")), [one["score"] for one in scored]


print(f"lmms-eval {package.version}")
found = [accuracy(replies) for replies in (["Exit"] * 20, ["Exit", "Stop"] * 10, ["Stop"] * 20)]
for total, scores in found:
    print(f"{sum(scores)} of {len(scores)} right: ocrbench_accuracy {total}")
assert [total for total, _ in found] == [0.02, 0.03, 0.03], "the task counts otherwise now"
PYTHON
