"""How far does `imagenoise:T`, which a picture file can hold, agree with `noise:T`, which only a local model can take?

    python benchmarks/imagenoise.py FOLDER [--json FILE]

On the pocket VLM, with the habits world's own settings: questions about pictures of counter, each asked about the
clean picture and about distorted ones. Told are answers that are equal to those under `noise:T`, answers that differ
from the clean picture's (pairs kept), and what one training on 4,000 questions' pairs gains on existence questions of
counter. FOLDER keeps the runs; the same command goes on after a kill.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import burnish  # noqa: F401 - before any library imports torchvision
from burnish.cli import main as call
from burnish.records import Prediction
from burnish.store import Run

TRUE = ("noise:700", "noise:800")
NEAR = tuple(f"imagenoise:{steps},64" for steps in (500, 600, 700, 800, 900, 999))
"""With the pocket VLM's side, as a user gives the side of the model behind an endpoint."""
FINE = ("imagenoise:700",)
"""At the default side of 336 pixels, which the processor then averages down to 64."""
TRAINED = ("noise:700", "imagenoise:700,64")
PLACE = "pocket:counter-train/existence+description#negatives=random#per_task=8000"
BENCH = "pocket:counter/existence#per_task=800"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--questions", type=int, default=800, help="on which answers are compared")
    parser.add_argument("--pairs", type=int, default=4000, help="questions that pairs are made of")
    parser.add_argument("--trained", nargs="*", default=TRAINED, help="distortions to train with")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    found = {
        "agreement": agreement(given.folder / "answers", given.questions),
        "counter": {name: gain(given.folder, name, given.pairs) for name in ("", *given.trained)},
    }
    text = json.dumps(found, indent=2)
    print(text)
    if given.json:
        given.json.write_text(f"{text}\n")


def agreement(folder: Path, questions: int) -> dict[str, dict[str, float]]:
    """By distortion: the shares of answers that differ from the clean picture's, and that equal each true noise's."""
    distorted = [word for name in (*TRUE, *NEAR, *FINE) for word in ("--distort", name)]
    _burnish("bench", "answers", PLACE, "--limit", str(questions), "--out", str(folder), *distorted)
    texts: dict[str, dict[str, str]] = defaultdict(dict)
    for record in Run.open(folder).records(Prediction):
        texts[record.distortion][record.id] = record.text
    return {
        name: {"pairs kept": 1 - _equal(texts[name], texts[""]), **{t: _equal(texts[name], texts[t]) for t in TRUE}}
        for name in texts
        if name
    }


def _equal(some: Mapping[str, str], others: Mapping[str, str]) -> float:
    return sum(some[one] == others[one] for one in others) / len(others)


def gain(folder: Path, distortion: str, questions: int) -> Mapping[str, float]:
    """Accuracy (%) on counter's existence questions after a training on pairs of this distortion; of none without."""
    home = folder / (distortion.replace(":", "-").replace(",", "-") or "before")
    asked: tuple[str, ...] = ()
    pairs = 0
    if distortion:
        made, adapter = str(home / "pairs"), str(home / "adapter")
        _burnish("pairs", PLACE, "--distort", distortion, "--limit", str(questions), "--out", made)
        _burnish("train", "dpo", made, "--out", adapter)
        asked, pairs = ("--adapter", adapter), json.loads((home / "adapter" / "done.json").read_text())["examples"]
    told = home / "bench.json"
    _burnish("bench", "answers", BENCH, "--out", str(home / "bench"), "--json", str(told), *asked)
    scores = json.loads(told.read_text())["scores"]
    wanted = {"group": "existence", "metric": "existence_accuracy", "distortion": ""}
    score = next(one for one in scores if wanted.items() <= one.items())
    return {"pairs": pairs, "accuracy": 100 * score["estimate"]["value"]}


def _burnish(*words: str) -> None:
    size = () if words[0] == "train" else ("--max-new-tokens", "96", "--batch-size", "64")
    command: Sequence[str] = [*words, *size, "--model", "pocket"]
    if code := call(command):
        raise SystemExit(code)


if __name__ == "__main__":
    main()
