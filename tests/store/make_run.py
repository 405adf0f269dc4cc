"""A maker in a process of its own, for tests that kill it: RUN RECORDS [--largest-file BYTES]."""

import argparse
import resource
import sys
from dataclasses import dataclass
from pathlib import Path

from burnish.errors import BurnishError
from burnish.records import Answer, PreferencePair, Rejected
from burnish.store import Run, new_manifest


@dataclass(frozen=True)
class Config:
    """A verb's configuration."""

    model: str = "pocket"


def make(path: Path, total: int) -> None:
    """Fill the run; every 50th record brings a new picture."""
    with Run.begin(path, new_manifest("pairs", Config(), seed=0, fingerprints={})) as run:
        print("begun", flush=True)
        if run.summary is not None:
            return
        for number in range(len(run), total):
            key = run.add_image(b"\x89PNG\r\n\x1a\n" + str(number // 50).encode() * 100)
            answer = Answer(
                text=f"é {number}\n" * (number % 3), token_ids=tuple(range(number % 7)), ref_logp=-number / 3
            )
            rejected = Rejected(distortion="noise:800", seed=number, answer=answer)
            pair = PreferencePair(
                id=str(number), image=key, question="?", chosen=answer, rejected=(rejected,), source="test"
            )
            run.append([pair])
        run.finish({"made": len(run)})


def main() -> int:
    """Exit as the command line does: 2 and one sentence for an expected failure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("run", type=Path)
    parser.add_argument("records", type=int)
    parser.add_argument("--largest-file", type=int)
    arguments = parser.parse_args()
    if arguments.largest_file:
        resource.setrlimit(resource.RLIMIT_FSIZE, (arguments.largest_file, arguments.largest_file))
    try:
        make(arguments.run, arguments.records)
    except BurnishError as error:
        print(error)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
