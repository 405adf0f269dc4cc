"""How fast are records written as lines and read back, against the build of another commit?

    python benchmarks/store_codec.py [--against 391f94b] [--json FILE]

Both builds run the same code in turns, each in processes of its own, the other one from `git archive`; printed are the
CPU times a record (median over the turns) and their ratio. The lines of both must be equal, byte for byte.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from builds import THIS, environment, source_of
from burnish.records import Answer, Dialogue, Feedback, Prediction, PreferencePair, Record, Rejected, Response, Turn
from burnish.store.codec import from_line, to_line

HERE = Path(__file__).resolve()
TURNS = 5
REPEATS = 2_000


def records() -> dict[str, Record]:
    """What runs mostly hold: a pair with answers of 64 tokens, a prediction, and a dialogue of three turns."""
    words = "A large red circle stands left of two small squares, one of them green, the other one blue. " * 3
    answers = [
        Answer(text=words, token_ids=tuple((7919 * i) % 32_000 for i in range(64)), ref_logp=-41.25),
        Answer(text=words[:200], token_ids=tuple((104_729 * i) % 32_000 for i in range(64)), ref_logp=-57.5),
    ]
    key, about = hashlib.sha256(b"picture").hexdigest(), {"task": "describing", "group": "open"}
    pair = PreferencePair(
        id="shapes/1",
        image=key,
        question="What is in the picture?",
        chosen=answers[0],
        rejected=(Rejected(distortion="noise:800", seed=81, answer=answers[1]),),
        source="shapes",
        facts=about,
    )
    prediction = Prediction(
        id="shapes/1", image=key, question="How many?", answer="3", text=words, source="shapes", n_tokens=64
    )
    turn = Turn(
        response=Response(text=words, thought="", answer=words),
        feedback=Feedback(text=f"Score: 4.\nFeedback: {words}", score=4.0, comment=words),
    )
    dialogue = Dialogue(
        id="shapes/1", image=key, question="How many?", answer="3", turns=(turn, turn, turn), source="shapes"
    )
    return {"pair": pair, "prediction": prediction, "dialogue": dialogue}


def measure() -> dict[str, dict[str, object]]:
    """CPU microseconds a record, of the build that this process imports."""
    measured: dict[str, dict[str, object]] = {}
    for name, record in records().items():
        line = to_line(record)
        if from_line(line) != record:
            raise SystemExit(f"The {name} does not come back as it went.")
        measured[name] = {
            "write": _took(partial(to_line, record)),
            "read": _took(partial(from_line, line)),
            "line": hashlib.sha256(line).hexdigest(),
        }
    return measured


def _took(call: Callable[[], object]) -> float:
    began = time.process_time()
    for _ in range(REPEATS):
        call()
    return 1e6 * (time.process_time() - began) / REPEATS


def _in_process(source: Path) -> dict[str, dict[str, object]]:
    command = [sys.executable, str(HERE), "--measure"]
    done = subprocess.run(command, env=environment(source), check=True, capture_output=True)
    found: dict[str, dict[str, object]] = json.loads(done.stdout)
    return found


def compare(against: str) -> dict[str, dict[str, float]]:
    """Median CPU times of both builds and their ratios. Exits where the lines differ."""
    turns = []
    with tempfile.TemporaryDirectory(prefix="burnish-codec-") as folder:
        other = source_of(against, Path(folder))
        for _ in range(TURNS):
            turns.append((_in_process(other), _in_process(THIS)))
    rows: dict[str, dict[str, float]] = {}
    for name in records():
        if any(old[name]["line"] != new[name]["line"] for old, new in turns):
            raise SystemExit(f"The two builds write another line for a {name}.")
        for way in ("write", "read"):
            before, now = (statistics.median(float(str(turn[i][name][way])) for turn in turns) for i in (0, 1))
            rows[f"{way} a {name}"] = {"before_us": before, "now_us": now, "times": before / now}
    return rows


def table(rows: dict[str, dict[str, float]], against: str) -> str:
    """A line for each way and kind of record."""
    lines = [f"{'CPU us a record':22} {against:>10} {'now':>8} {'times':>6}"]
    for name, row in rows.items():
        lines.append(f"{name:22} {row['before_us']:>10.1f} {row['now_us']:>8.1f} {row['times']:>6.2f}")
    return "\n".join(lines)


def main() -> None:
    """Compare, print, and write JSON where asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", default="391f94b", help="the other build's commit (default: %(default)s)")
    parser.add_argument("--json", type=Path, help="write the numbers to this file too")
    parser.add_argument("--measure", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure()))
        return
    rows = compare(arguments.against)
    print(table(rows, arguments.against))
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
