"""What do blocks of whole dialogues cost a local model, beside one window over all of them?

    python benchmarks/blocks.py [--dialogues 320] [--blocks 64 256] [--repeats 3] [--json FILE]

Local models hold `BATCH` dialogues together to their end, so that records depend on no kill, no number of replicas and
no division into shards; towards the end of a block few dialogues are left to be asked about at once. Each block size,
and one block of all dialogues, holds the same ones, in turns in this process, with the pocket VLM as student and
teacher. Seconds are CPU time of this process.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import generate_dialogues
from burnish.dialogue import talk
from burnish.dialogue.roles_config import open_pair
from burnish.make.simulate import SimulateConfig
from burnish.records import Dialogue


def hold(config: SimulateConfig, pair: talk.Pair, block: int) -> tuple[float, list[list[str]]]:
    """CPU seconds, and what was said in each dialogue."""
    talk.BATCH = block
    held = generate_dialogues.talk(config, pair)
    kept = (one for one in held.records if isinstance(one, Dialogue))
    return held.cpu_seconds, [[turn.response.answer for turn in one.turns] for one in kept]


def compare(dialogues: int, blocks: Sequence[int], repeats: int) -> dict[str, object]:
    """How many times as long each block size takes as one block of all."""
    config = generate_dialogues.pocket_dialogues(dialogues)
    pair, sizes = open_pair(config), (*blocks, dialogues)
    hold(config, pair, dialogues)  # what is loaded at first counts for none
    times: dict[int, list[float]] = {size: [] for size in sizes}
    said: dict[int, list[list[str]]] = {}
    for _ in range(repeats):
        for size in sizes:
            seconds, said[size] = hold(config, pair, size)
            times[size].append(seconds)
        print({size: f"{found[-1]:.2f} s" for size, found in times.items()}, flush=True)
    turns = [len(one) for one in said[dialogues]]
    return {
        "of_one_block": {
            str(size): median(one / whole for one, whole in zip(times[size], times[dialogues], strict=True))
            for size in blocks
        },
        "equal_answers": {
            str(size): sum(one == other for one, other in zip(said[size], said[dialogues], strict=True)) / len(turns)
            for size in blocks
        },
        "dialogues": len(turns),
        "turns": sum(turns),
        "seconds": {str(size): found for size, found in times.items()},
    }


def main() -> None:
    """Compare block sizes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dialogues", type=int, default=320, help="default: %(default)s")
    parser.add_argument("--blocks", type=int, nargs="+", default=[64, 256], help="default: 64 256")
    parser.add_argument("--repeats", type=int, default=3, help="turns of all sizes (default: 3)")
    parser.add_argument("--json", type=Path, help="write the numbers to this file too")
    given = parser.parse_args()
    found = compare(given.dialogues, given.blocks, given.repeats)
    print(json.dumps(found, indent=2))
    if given.json:
        given.json.write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
