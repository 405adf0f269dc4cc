#!/usr/bin/env bash
# lmms-eval 0.7.3: POPE's yes-ratio is that of the true answers, and "Yes." is wrong but lowers no recall.
#
# POPE's yes-ratio tells whether a model leans to yes. The task counts it over `ground_truth`, so each model gets the same.
# An answer counts only where it *is* yes or no: with a full stop or a sentence it is wrong, and as it is no "no" either, it
# is no false negative. POPE's own script takes every answer without a "no" as yes.
#   answers to 4 questions, yes yes no no     accuracy  precision  recall  F1    yes-ratio
#   yes  yes  yes  yes                        0.5       0.5        1.0     0.67  0.5   (the model's is 1.0)
#   no   no   no   no                         0.5       0          0       0     0.5   (0.0)
#   yes  Yes. no   no                         0.75      1.0        1.0     1.0   0.5   (by POPE's rule all four are right)
#   Yes. Yes. No.  No.                        0         0          0       0     0.5   (the same)
# The task's prompt asks for a single word, and a model trained to answer in sentences is measured by its full stops. Take
# the answers (--log_samples) and score them by POPE's rule.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-deps lmms_eval==0.7.3
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.util
from importlib.metadata import distribution

package = distribution("lmms_eval")
found = package.locate_file("lmms_eval/tasks/pope/utils.py")  # alone: the package's own imports want torch
spec = importlib.util.spec_from_file_location("pope", str(found))
pope = importlib.util.module_from_spec(spec)
spec.loader.exec_module(pope)

TRUTHS = ["yes", "yes", "no", "no"]
NAMES = ("accuracy", "precision", "recall", "f1_score", "yes_ratio")


def totals(answers: list[str]) -> dict[str, float]:
    """Each metric of the task, of four answers."""
    rows = [
        pope.pope_process_results({"question_id": i, "answer": truth}, [answer])
        for i, (truth, answer) in enumerate(zip(TRUTHS, answers, strict=True))
    ]
    return {
        name: round(getattr(pope, f"pope_aggregate_{name}")([row[f"pope_{name}"] for row in rows]), 2) for name in NAMES
    }


print(f"lmms-eval {package.version}, truths {TRUTHS}")
for answers, expected in (
    (["yes", "yes", "yes", "yes"], [0.5, 0.5, 1.0, 0.67, 0.5]),
    (["no", "no", "no", "no"], [0.5, 0, 0, 0, 0.5]),
    (["yes", "Yes.", "no", "no"], [0.75, 1.0, 1.0, 1.0, 0.5]),
    (["Yes.", "Yes.", "No.", "No."], [0, 0, 0, 0, 0.5]),
):
    print(answers, totals(answers))
    assert list(totals(answers).values()) == expected, "the task counts otherwise now"
PYTHON
