"""Does every verb that asks a model make the same records as another commit's build, byte for byte?

    python benchmarks/equal_records.py [--against 391f94b] [--only answers] [--json FILE]

Each verb runs in both builds, with one checkpoint here (this build's pocket VLM) and through a loopback endpoint, whose
replies its words decide, on questions and pictures that are written here, of which one cannot be opened. Compared are
the records and the names of the pictures of all runs. What is said of a verb is one of

    equal                      the same bytes
    equal but for …            the same bytes in all other fields of both builds' records; these are new ones, the words
                               (`detail`) that say why an example was dropped, or the last digits of log-probabilities
    other inputs               the questions differ: the pocket world is another in that build
    new verb                   that build has no such verb
    DIFFERENT                  anything else, with what the builds said where they failed

Each of the 46 commands takes about ten seconds of a quiet core, so all of it takes eight minutes; `--only WORDS` runs
those whose name has these words in it, and what they need.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import io
import json
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image

from builds import THIS, command, environment, source_of
from loopback import listen
from server import Seen, answering, write_questions
from unequal import say

NUMBER = 12
CHECKPOINT = THIS / "burnish" / "pocket" / "weights"
GENERAL: Mapping[str, tuple[str, ...]] = {
    "pairs": ("pairs", "--model", "{model}", "--distort", "{noise}", "--distort", "flip", "--per-image", "9"),
    "answers": ("bench", "answers", "--model", "{model}", "--distort", "flip"),
    "sampled": ("bench", "sampled", "--model", "{model}", "--temperatures", "0", "0.7", "--per-image", "9"),
    "teacher": ("bench", "teacher", "--teacher", "{model}"),
    "simulate": ("simulate", "--student", "{model}", "--teacher", "{model}"),
    "free": ("bench", "free", "--student", "{model}", "--teacher", "{model}"),
}
"""On a folder's questions."""
ORACLE = ("--judge", "oracle")
POCKET: Mapping[str, tuple[str, ...]] = {
    "simulate by the oracle": ("simulate", "{world}", "--student", "pocket", "--teacher", "oracle", "--limit", "12"),
    "compose by the oracle": ("compose", "{world}", "--model", "oracle", "--limit", "12"),
    "answers of the world": ("bench", "answers", "{world}", "--model", "pocket", "--limit", "12"),
    "grades by the oracle": (
        "bench",
        "judged",
        "grades",
        "--answers",
        "{runs}/answers of the world",
        "--judge",
        "oracle",
    ),
}
SERVED: Mapping[str, tuple[str, ...]] = {
    "compose": ("compose", "{questions}", "--model", "{model}"),
    "import": ("import", "{fire}"),
    "fixed": ("bench", "fixed", "{fire}", "--student", "{model}", "--teacher", "{model}"),
    "standard": ("bench", "standard", "pope", "--data", "{pope}", "--splits", "random", "--model", "{model}"),
    "grades": ("bench", "judged", "grades", "--answers", "{runs}/served answers", "--judge", "{model}"),
}
NEEDS: Mapping[str, str] = {"served grades": "served answers", "grades by the oracle": "answers of the world"}
"""Whose run is read by which."""
NOWHERE = dict.fromkeys(("questions", "fire", "pope", "world", "runs"), "")
"""For the names alone."""
SHORT = ("--max-new-tokens", "8")
WORLD = "pocket:heldout/attribute+counting#per_task=8"


def commands(places: Mapping[str, str], address: str) -> dict[str, list[str]]:
    """What is run, by name."""
    local = {**places, "model": str(CHECKPOINT), "noise": "noise:800"}
    served = {**places, "model": f"{address}#words", "noise": "imagenoise:800"}
    found = {}
    for name, flags in GENERAL.items():
        found[f"local {name}"] = [*_filled((*flags, "{questions}"), local), *SHORT, "--device", "cpu"]
        found[f"served {name}"] = _filled((*flags, "{questions}"), served)
    for name, flags in POCKET.items():
        found[name] = _filled(flags, local)
    for name, flags in SERVED.items():
        found[f"served {name}"] = _filled(flags, served)
    for name in ("fixed", "standard"):
        found[f"local {name}"] = [*_filled(SERVED[name], local), *SHORT, "--device", "cpu"]
    return found


def _filled(flags: Sequence[str], places: Mapping[str, str]) -> list[str]:
    return [flag.format(**places) for flag in flags]


def write_inputs(folder: Path) -> dict[str, str]:
    """Questions, recorded dialogues and a benchmark's files."""
    folder.mkdir()
    questions = write_questions(folder, NUMBER)
    (folder / "broken.png").write_bytes(b"no picture")
    with (folder / "questions.jsonl").open("a") as file:
        file.write(json.dumps({"image": "broken.png", "question": "What is broken?", "answer": "a"}) + "\n")
    turns = [
        ("student", "response", "Thought: I look.\nAnswer: {}"),
        ("teacher", "feedback", "Score: {}.\nFeedback: on"),
    ]
    dialogues = [
        {
            "image": f"{number}.png",
            "question": {"role": "user", "value": f"What is in part {number}?"},
            "conversations": [
                {"role": role, "type": kind, "value": text.format(3 * turn)}
                for turn in (1, 2, 3)
                for role, kind, text in turns
            ],
            "groundtruth": {"role": "user", "value": "a"},
            "source": "made",
            "round": 3,
        }
        for number in range(6)
    ]
    (folder / "fire.json").write_text(json.dumps(dialogues))
    pope = folder / "pope"
    (pope / "val2014").mkdir(parents=True)
    lines = []
    for number in range(6):
        (pope / "val2014" / f"{number}.png").write_bytes((folder / f"{number}.png").read_bytes())
        line = {"question_id": number, "image": f"{number}.png", "text": f"Is there a {number}?", "label": "yes"}
        lines.append(json.dumps(line))
    (pope / "coco_pope_random.json").write_text("\n".join(lines) + "\n")
    return {"questions": questions, "fire": f"fire:{folder / 'fire.json'}", "pope": str(pope), "world": WORLD}


async def run_all(source: Path, runs: Path, inputs: Mapping[str, str], only: str) -> dict[str, str]:
    """All verbs of one build; what a verb that fails says, by its name."""
    failures = {}
    server, port = await listen(answering(Seen(), at_once))
    async with server:
        address = f"http://127.0.0.1:{port}/v1"
        for name, words in commands({**inputs, "runs": str(runs)}, address).items():
            if name not in chosen(only):
                continue
            process = await asyncio.create_subprocess_exec(
                *command([*words, "--out", str(runs / name)]),
                env=environment(source),
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
            _, errors = await process.communicate()
            print(f"{runs.name}: {name}", flush=True)
            if process.returncode:
                failures[name] = errors.decode().strip().splitlines()[-1].replace(str(runs), "RUNS")
    return failures


def chosen(only: str) -> set[str]:
    """The commands to run: those that have these words in their names, and what they need."""
    named = {name for name in commands(NOWHERE, "") if only in name}
    return named | {NEEDS[name] for name in named & NEEDS.keys()}


def at_once(number: int, body: bytes) -> tuple[float, str]:
    """The replies of `unequal.py`, without their delays, and each with what is to be seen."""
    pictures = [
        base64.b64decode(part["image_url"]["url"].partition(",")[2])
        for message in json.loads(body)["messages"]
        if not isinstance(message["content"], str)
        for part in message["content"]
        if part["type"] == "image_url"
    ]
    seen = b"".join(Image.open(io.BytesIO(data)).convert("RGB").tobytes() for data in pictures)
    return 0.0, f"{say(number, body)[1]} {hashlib.sha256(seen).hexdigest()[:4]}"


def contents(run: Path) -> dict[str, bytes]:
    """Records by their file, and the names of pictures."""
    records = {str(path.relative_to(run)): path.read_bytes() for path in run.glob("**/records/*.jsonl")}
    return records | {str(path.relative_to(run)): b"" for path in run.glob("**/images/*/*")}


LAST_DIGITS = 1e-4
"""Nats by which log-probabilities may differ: both builds compute them in float32, in other orders."""
SHOWN = 600
"""Characters of the first records that differ."""


def verdict(before: Mapping[str, bytes], now: Mapping[str, bytes], errors: Sequence[str]) -> str:
    """What is said of a verb whose runs hold this."""
    if "There is no verb" in errors[0]:
        return "new verb"
    if errors[0] != errors[1] or not any(now.values()):
        return f"DIFFERENT {' / '.join(error or 'no error' for error in errors)}"
    if before == now:
        return "equal"
    old, new = (_records(some) for some in (before, now))
    if _questions(old) != _questions(new):
        return "other inputs"
    added = set[str]()
    if len(old) != len(new):
        return f"DIFFERENT: {len(old)} and {len(new)} records"
    unlike = next((pair for pair in zip(old, new, strict=True) if not _alike(added, *pair)), None)
    if unlike:
        return f"DIFFERENT, first in {' / '.join(json.dumps(one)[:SHOWN] for one in unlike)}"
    return f"equal but for {', '.join(sorted(added))}"


def _records(files: Mapping[str, bytes]) -> list[Any]:
    return [json.loads(line) for _, data in sorted(files.items()) for line in data.splitlines()]


def _questions(records: Sequence[Any]) -> set[tuple[str, str]]:
    """Of those that have any."""
    return {(one["id"], one["question"]) for one in records if "question" in one}


def _alike(added: set[str], before: Any, now: Any) -> bool:
    """Whether all that was there before is there now, reasons in other words included; what is new is added."""
    if isinstance(before, dict) and isinstance(now, dict):
        added |= now.keys() - before.keys()
        if before.get("detail") != now.get("detail"):
            added.add("detail in other words")
        same = before.keys() - {"detail"}
        return before.keys() <= now.keys() and all(_alike(added, before[name], now[name]) for name in same)
    if isinstance(before, list) and isinstance(now, list):
        return len(before) == len(now) and all(map(partial(_alike, added), before, now))
    if isinstance(before, float) and isinstance(now, float) and before != now:
        added.add("last digits")
        return abs(before - now) < LAST_DIGITS
    return bool(before == now)


def main() -> None:
    """Run all, and tell what differs; exits with 1 where anything does."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", default="391f94b", help="the other build's commit (default: %(default)s)")
    parser.add_argument("--only", default="", help="verbs whose name has these words in it (default: all)")
    parser.add_argument("--json", type=Path, help="write what was found to this file too")
    given = parser.parse_args()
    found, began = dict[str, str](), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="burnish-equal-") as place:
        folder = Path(place)
        inputs = write_inputs(folder / "inputs")
        builds = {"before": source_of(given.against, folder / "build"), "now": THIS}
        said = {name: asyncio.run(run_all(build, folder / name, inputs, given.only)) for name, build in builds.items()}
        print(f"\n{'verb':28} records  against {given.against}")
        for name in (name for name in commands(NOWHERE, "") if name in chosen(given.only)):
            before, now = contents(folder / "before" / name), contents(folder / "now" / name)
            found[name] = verdict(before, now, [said[build].get(name, "") for build in builds])
            lines = sum(data.count(b"\n") for data in now.values())
            print(f"{name:28} {lines:7}  {found[name]}", flush=True)
    print(f"{len(found)} verbs in both builds took {time.monotonic() - began:.0f} s")
    if given.json:
        given.json.write_text(json.dumps(found, indent=2) + "\n")
    raise SystemExit(int(any(text.startswith("DIFFERENT") for text in found.values())))


if __name__ == "__main__":
    main()
