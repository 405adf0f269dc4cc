#!/usr/bin/env bash
# lmms-eval 0.7.3: five multiple-choice tasks read the same reply in four ways, and a reply that begins with "A ..." chooses A.
#
# MMStar and RealWorldQA share `extract_mcq_answer`, which puts a letter at the reply's beginning, the article "A" too, before
# everything else, and after "the answer is" takes the last capital A to D of the rest, those inside words too. SEED-Bench
# takes the reply's first character. ScienceQA knows "B" and "B. ...", AI2D the same and "B)", in any case.
#   reply to a question whose answer is B               MMStar  RealWorldQA  SEED-Bench  ScienceQA  AI2D
#   B                                                   right   right        right       right      right
#   b                                                   wrong   wrong        right       right      right
#   (B)                                                 right   right        wrong       wrong      right
#   B) a red ball                                       right   right        right       wrong      wrong
#   The answer is B.                                    right   right        wrong       wrong      wrong
#   The answer is B: Dogs chase it.                     wrong   wrong        wrong       wrong      wrong
#   A dog chases it, so the answer is (B), a red ball.  wrong   wrong        wrong       wrong      wrong
# A training that changes how a model answers (longer, in sentences) changes these scores without changing what it knows.
# Take the replies (--log_samples) and read the letters by one rule.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --no-deps lmms_eval==0.7.3 loguru==0.7.3 pillow
"$folder/venv/bin/python" - <<'PYTHON'
import importlib.util
import string
import sys
from importlib.metadata import distribution

package = distribution("lmms_eval")


def module(name):
    """One file of the package, alone: what the package imports itself wants torch."""
    path = package.locate_file(f"{name.replace('.', '/')}.py")
    spec = importlib.util.spec_from_file_location(name, str(path))
    made = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


class Filter:
    """What AI2D's and RealWorldQA's filters are made of, which does nothing here."""

    def __init__(self, *args, **kwargs):
        pass


for name in ("lmms_eval", "lmms_eval.tasks", "lmms_eval.tasks._task_utils", "lmms_eval.filters"):
    sys.modules[name] = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, None))
for name, cls in (("extraction", "ExtendedRegexFilter"), ("transformation", "MapFilter")):
    filters = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, None))
    setattr(filters, cls, Filter)
    sys.modules[f"lmms_eval.filters.{name}"] = filters
module("lmms_eval.tasks._task_utils.mcq_extract")
mmstar, realworldqa, seed, scienceqa, ai2d = (
    module(f"lmms_eval.tasks.{task}.utils") for task in ("mmstar", "realworldqa", "seedbench", "scienceqa", "ai2d")
)
CHOICES = ["a dog", "a red ball", "a cat", "a tree"]


def by_ai2d(reply):
    """Its filter, then exact match without case and punctuation, as its file says."""
    (taken,) = ai2d.MultiChoiceRegexFilter().apply([[reply]], [{}])
    plain = str.maketrans("", "", string.punctuation)
    return taken.lower().translate(plain) == "b"


def by_seed(reply):
    result = seed.seed_process_result({"answer": "B", "data_type": 1, "question_id": 0}, [reply])["seed_all"]
    return seed.seed_aggregation_result([result]) == 1


def by_mmstar(reply):
    doc = {"answer": "B", "category": "c", "l2_category": "d", "index": 0}
    return mmstar.mmstar_process_results(doc, [reply])["average"]["score"] == 1


TASKS = {
    "MMStar": by_mmstar,
    "RealWorldQA": lambda reply: realworldqa.realworldqa_process_results({"answer": "B"}, [reply])["exact_match"] == 1,
    "SEED-Bench": by_seed,
    "ScienceQA": lambda reply: scienceqa.sqa_process_results({"choices": CHOICES, "answer": 1}, [reply])["exact_match"] == 1,
    "AI2D": by_ai2d,
}
EXPECTED = {
    "B": (True, True, True, True, True),
    "b": (False, False, True, True, True),
    "(B)": (True, True, False, False, True),
    "B) a red ball": (True, True, True, False, False),
    "The answer is B.": (True, True, False, False, False),
    "The answer is B: Dogs chase it.": (False, False, False, False, False),
    "A dog chases it, so the answer is (B), a red ball.": (False, False, False, False, False),
}
print(f"lmms-eval {package.version}, the answer is B: {', '.join(TASKS)}")
found = {reply: tuple(score(reply) for score in TASKS.values()) for reply in EXPECTED}
for reply, right in found.items():
    print(f"{reply:52}", *("right" if one else "wrong" for one in right))
extract = sys.modules["lmms_eval.tasks._task_utils.mcq_extract"].extract_mcq_answer
print("MMStar reads", {reply: extract(reply, list("ABCD")) for reply in [*EXPECTED][-2:]})
assert found == EXPECTED, "the tasks read replies otherwise now"
PYTHON
