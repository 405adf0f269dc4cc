"""Does every verb that asks a model make the same records as another commit's build, byte for byte?

    python benchmarks/equal_records.py [--against 391f94b] [--only answers] [--json FILE]

Each verb runs in both builds, with the pocket model here and through a loopback endpoint, whose replies its words
decide, on questions and pictures that are written here, of which one cannot be opened. Compared are the bytes of the
records, and the names of the pictures, of all runs.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import hashlib
import io
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image

from builds import THIS, command, environment, source_of
from loopback import listen
from server import Seen, answering, write_questions
from unequal import say

NUMBER = 12
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
SHORT = ("--max-new-tokens", "8")
WORLD = "pocket:heldout/attribute+counting#per_task=8"


def commands(places: Mapping[str, str], address: str) -> dict[str, list[str]]:
    """What is run, by name."""
    local = {**places, "model": "pocket", "noise": "noise:800"}
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
            if only not in name:
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


def main() -> None:
    """Run all, and tell what differs; exits with 1 where anything does."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", default="391f94b", help="the other build's commit (default: %(default)s)")
    parser.add_argument("--only", default="", help="verbs whose name has these words in it (default: all)")
    parser.add_argument("--json", type=Path, help="write what was found to this file too")
    given = parser.parse_args()
    found: dict[str, str] = {}
    with tempfile.TemporaryDirectory(prefix="burnish-equal-") as place:
        folder = Path(place)
        inputs = write_inputs(folder / "inputs")
        builds = {"before": source_of(given.against, folder / "build"), "now": THIS}
        said = {name: asyncio.run(run_all(build, folder / name, inputs, given.only)) for name, build in builds.items()}
        for name in commands({**inputs, "runs": ""}, ""):
            if given.only not in name:
                continue
            before, now = contents(folder / "before" / name), contents(folder / "now" / name)
            lines = sum(data.count(b"\n") for data in now.values())
            errors = [said[build].get(name, "") for build in ("before", "now")]
            alike = before == now and lines and errors[0] == errors[1]
            found[name] = "equal" if alike else f"different {' / '.join(errors)}"
            print(f"{name:24} {lines:4} records  {found[name]}", flush=True)
    if given.json:
        given.json.write_text(json.dumps(found, indent=2) + "\n")
    raise SystemExit(int(any(text != "equal" for text in found.values())))


if __name__ == "__main__":
    main()
