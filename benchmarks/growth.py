"""Does a record cost the same in a run of a hundred thousand as in one of a thousand, and does memory stay flat?

    python benchmarks/growth.py --json growth.json
    python benchmarks/growth.py --only pairs report-pairs export-trl --records 100000

Real verbs on real runs, made by a scripted model from a folder source of a few small pictures; every verb and size in a
process of its own, where it has been run before on 100 records, so that imports and fixed costs (plots, a bootstrap's
start) are known and taken off. A cost is CPU time; wall time is told beside it. Last, a run of a million records is
opened to be gone on with.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import io
import json
import multiprocessing
import re
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from unittest import mock

import store_memory
from burnish.generation import replicas
from burnish.ids import stable_seed
from burnish.models import Request
from burnish.models.scripted import ScriptedModel

PICTURES = 50
"""Distinct pictures in every source, shared by all its questions."""
KINDS = ("yes/no", "number", "other")
WORDS = (
    "yes",
    "no",
    "2",
    "red",
    "a dog",
    "the left one",
    "on the table, it's white",
    *(f"thing {n}" for n in range(900)),
)
"""Answers to VQAv2."""
FIXED = 100
"""Records from which a verb's fixed cost is taken."""
SMALLEST = 1_000
MILLION = 1_000_000


@dataclass(frozen=True)
class Cost:
    """What one verb took on one size."""

    verb: str
    records: int
    cpu_us: float
    """A record, the fixed cost taken off; the median of several where the size is small."""
    wall_us: float
    peak_mib: float
    """Peak resident memory of the process, interpreter and libraries included."""


def answer(request: Request) -> str:
    """Words that differ from picture to picture and from question to question, as a teacher's feedback in form."""
    last = request.messages[-1]
    pixels = request.messages[-1].images[0].tobytes() if last.images else b""
    drawn = stable_seed(last.text, pixels.hex()[:200])
    return f"Score: {drawn % 7}. Feedback: look at part {drawn % 100} of {drawn % 13} again."


def scripted(options: Sequence[object]) -> list[ScriptedModel]:
    """A model that answers at once, in the place of each that is asked for."""
    return [ScriptedModel(answer) for _ in options]


def write_questions(folder: Path, records: int) -> str:
    """A folder source of so many questions about a few pictures."""
    from PIL import Image

    folder.mkdir(parents=True)
    for picture in range(PICTURES):
        shades = Image.radial_gradient("L").resize((32, 24)).rotate(7 * picture)
        Image.merge("RGB", (shades, shades.rotate(90), shades.rotate(180))).save(folder / f"{picture}.png")
    with (folder / "questions.jsonl").open("w") as file:
        for number in range(records):
            row = {"image": f"{number % PICTURES}.png", "question": f"What is in part {number}?", "answer": "a cup"}
            file.write(json.dumps(row) + "\n")
    return f"folder:{folder / 'questions.jsonl'}"


def make_pairs(folder: Path, records: int) -> Callable[[], object]:
    """`burnish pairs` without its report."""
    from burnish.make import pairs

    source = write_questions(folder / "source", records)
    config = pairs.PairsConfig(
        source=source, model="scripted", distort=("lowres",), per_image=records, out=str(folder / "pairs")
    )

    def make() -> None:
        with mock.patch.object(replicas, "open_models", scripted):
            pairs.make_pairs(config)

    return make


def simulate(folder: Path, records: int) -> Callable[[], object]:
    """`burnish simulate` without its report."""
    from burnish.make.simulate import SimulateConfig
    from burnish.make.simulate import simulate as make

    source = write_questions(folder / "source", records)
    config = SimulateConfig(
        source=source, student="scripted", teacher="scripted", max_turns=2, out=str(folder / "dialogues")
    )

    def hold() -> None:
        with mock.patch.object(replicas, "open_models", scripted):
            make(config)

    return hold


def report(kind: str, folder: Path, _records: int) -> Callable[[], object]:
    """`burnish report`: counted again, tables, plots and a page of samples."""
    from burnish.report import ReportConfig
    from burnish.report.pages import write_report

    return lambda: write_report(ReportConfig(runs=(str(folder / kind),)))


def stats(folder: Path, _records: int) -> Callable[[], object]:
    """`burnish stats` with its histograms."""
    from burnish.report.dialogue_page import write_stats
    from burnish.report.dialogue_stats import StatsConfig

    return lambda: write_stats(StatsConfig(runs=(str(folder / "dialogues"),), out=str(folder / "stats")))


def export(to: str, kind: str, folder: Path, _records: int) -> Callable[[], object]:
    """`burnish export --to …`."""
    from burnish.export import ExportConfig, export_run

    config = ExportConfig(run=str(folder / kind), to=to, out=str(folder / to))  # type: ignore[arg-type]
    return lambda: export_run(config)


def score_fixed(folder: Path, _records: int) -> Callable[[], object]:
    """`burnish score fixed`: each turn's recorded texts as predictions of another dialogue's."""
    from burnish.bench.fixed_references import places
    from burnish.bench.score_transcripts import ScoreFixedConfig
    from burnish.bench.score_transcripts import score_fixed as score
    from burnish.dialogue.loaders import open_dialogues
    from burnish.records import Dialogue

    path, said = folder / "predictions.jsonl", "I see nothing."
    with path.open("w") as file:
        for item, dialogue in enumerate(open_dialogues(str(folder / "dialogues"))):
            for place, text in places(item, dialogue) if isinstance(dialogue, Dialogue) else ():
                row = {"id": item, "turn": place.turn, "role": place.role, "text": said}
                file.write(json.dumps(row) + "\n")
                said = text
    return lambda: score(ScoreFixedConfig(predictions=str(path), references=str(folder / "dialogues")))


def score_free(folder: Path, _records: int) -> Callable[[], object]:
    """`burnish score free`."""
    from burnish.bench.score_transcripts import ScoreFreeConfig
    from burnish.bench.score_transcripts import score_free as score

    return lambda: score(ScoreFreeConfig(dialogues=(str(folder / "dialogues"),)))


def score_pope(folder: Path, records: int) -> Callable[[], object]:
    """`burnish score pope` on one split."""
    from burnish.bench.standard.pope import ScorePopeConfig
    from burnish.bench.standard.registry import score

    questions, predictions = folder / "coco_pope_random.json", folder / "answers.jsonl"
    with questions.open("w") as asked, predictions.open("w") as said:
        for number in range(records):
            drawn = stable_seed(number)
            row = {"question_id": number, "image": f"{number % 500}.jpg", "text": "Is there a cup in the image?"}
            asked.write(json.dumps({**row, "label": ("yes", "no")[drawn % 2]}) + "\n")
            said.write(json.dumps({"question_id": number, "text": ("Yes", "No")[drawn // 2 % 2]}) + "\n")
    return lambda: score(ScorePopeConfig(questions=(str(questions),), predictions=(str(predictions),)))


def score_vqav2(folder: Path, records: int) -> Callable[[], object]:
    """`burnish score vqav2`, with as many pictures as val2014 has; people agree on most answers, as they do there."""
    from burnish.bench.standard.registry import score
    from burnish.bench.standard.vqav2 import ScoreVqav2Config

    annotations, predictions = folder / "annotations.json", folder / "answers.json"
    with annotations.open("w") as asked, predictions.open("w") as said:
        asked.write('{"info": {}, "annotations": [')
        said.write("[")
        for number in range(records):
            drawn = stable_seed(number)
            people = [f"{WORDS[(drawn + (person * person > drawn % 100)) % len(WORDS)]}" for person in range(10)]
            row = {"question_id": number, "image_id": number % 40_504, "answer_type": KINDS[drawn % 3]}
            answers = [{"answer": one, "answer_confidence": "yes", "answer_id": i} for i, one in enumerate(people, 1)]
            ending = "]" if number == records - 1 else ",\n"
            asked.write(json.dumps({**row, "answers": answers}) + ending)
            said.write(json.dumps({"question_id": number, "answer": WORDS[drawn // 2 % len(WORDS)]}) + ending)
        asked.write("}")
    return lambda: score(ScoreVqav2Config(annotations=str(annotations), predictions=str(predictions)))


VERBS: dict[str, Callable[[Path, int], Callable[[], object]]] = {
    "pairs": make_pairs,
    "simulate": simulate,
    "report-pairs": partial(report, "pairs"),
    "report-simulate": partial(report, "dialogues"),
    "stats": stats,
    **{f"export-{to}": partial(export, to, "pairs") for to in ("parquet", "trl", "swift", "llamafactory", "llava")},
    "export-fire": partial(export, "fire", "dialogues"),
    "score-fixed": score_fixed,
    "score-free": score_free,
    "score-pope": score_pope,
    "score-vqav2": score_vqav2,
}
"""From a folder, with the runs that are read, to what is measured."""
READS = {
    **dict.fromkeys(("report-pairs", *(name for name in VERBS if name.startswith("export-"))), make_pairs),
    **dict.fromkeys(("report-simulate", "stats", "export-fire", "score-fixed", "score-free"), simulate),
}
"""What makes the run that a verb reads."""


@contextlib.contextmanager
def prepared(name: str, records: int, kept: Path | None) -> Iterator[Callable[[], object]]:
    """The verb on a run of so many records, in a folder that is deleted afterwards; `kept` has such a run already."""
    folder = Path(tempfile.mkdtemp(prefix="burnish-growth-"))
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            if kept:
                for run in kept.iterdir():
                    (folder / run.name).symlink_to(run)
            elif maker := READS.get(name):
                maker(folder, records)()
            yield VERBS[name](folder, records)
    finally:
        shutil.rmtree(folder)


def measured(name: str, records: int, kept: Path | None) -> Cost:
    """One verb on one size, in the process that this is called in."""

    def taken(size: int, run: Path | None) -> tuple[float, float]:
        with prepared(name, size, run) as call:
            cpu_s, wall_s = time.process_time(), time.perf_counter()
            call()
            return time.process_time() - cpu_s, time.perf_counter() - wall_s

    taken(FIXED, None)  # imports and whatever is made once
    fixed = [taken(FIXED, None) for _ in range(3)]
    rounds = [taken(records, kept) for _ in range(9 if records <= SMALLEST else 1)]
    cpu_s, wall_s = (
        statistics.median(some) - statistics.median(base)
        for some, base in zip(zip(*rounds, strict=True), zip(*fixed, strict=True), strict=True)
    )
    more = records - FIXED
    return Cost(name, records, 1e6 * cpu_s / more, 1e6 * wall_s / more, peak_mib())


def peak_mib() -> float:
    """Of this process. Linux only."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(found[1]) / 1024 if found else 0.0


def in_a_process(call: Callable[..., object], *given: object) -> object:
    """What the call gives, made in a new process."""
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=spawn) as process:
        return process.submit(call, *given).result()


def make_runs(folder: Path, records: int, verbs: list[str]) -> None:
    """The runs that these verbs read."""
    for maker in {READS[name] for name in verbs if name in READS}:
        with contextlib.redirect_stderr(io.StringIO()):
            maker(folder, records)()
        shutil.rmtree(folder / "source")


def resume_seconds(records: int) -> float:
    """From the call of `Run.begin` on a run of so many records to the moment when the next could be appended."""
    folder = Path(tempfile.mkdtemp(prefix="burnish-growth-"))
    try:
        in_a_process(store_memory.write, folder / "run", records)
        return float(str(in_a_process(store_memory.resume, folder / "run", records)))
    finally:
        shutil.rmtree(folder)


def measure(verbs: list[str], sizes: list[int]) -> list[Cost]:
    """Every verb on every size."""
    costs = []
    for records in sizes:
        kept = Path(tempfile.mkdtemp(prefix="burnish-growth-runs-"))
        try:
            in_a_process(make_runs, kept, records, verbs)
            for name in verbs:
                cost = in_a_process(measured, name, records, kept if name in READS else None)
                assert isinstance(cost, Cost)
                costs.append(cost)
                print(f"{name} {records:,}: {cost.cpu_us:.0f} us, {cost.peak_mib:.0f} MiB", flush=True)
        finally:
            shutil.rmtree(kept)
    return costs


def table(costs: list[Cost], sizes: list[int]) -> str:
    """A line a verb: CPU time a record at each size, the largest against the smallest, and peak memory."""
    lines = ["| verb | " + " | ".join(f"{size:,}" for size in sizes) + " | ratio | wall | MiB |"]
    lines.append("|---|" + "--:|" * (len(sizes) + 3))
    for name in dict.fromkeys(cost.verb for cost in costs):
        of = [cost for cost in costs if cost.verb == name]
        cells = [f"{cost.cpu_us:.0f}" for cost in of]
        ratios = [f"{of[-1].cpu_us / of[0].cpu_us:.2f}", f"{of[-1].wall_us / of[0].wall_us:.2f}"]
        lines.append(
            "| " + " | ".join([name, *cells, *ratios, ", ".join(f"{cost.peak_mib:.0f}" for cost in of)]) + " |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure three sizes, a factor of ten apart, and a million to resume."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--records", type=int, default=100_000, help="the largest size (default: 100,000)")
    parser.add_argument("--only", nargs="+", choices=[*VERBS, "resume"], help="these verbs (default: all)")
    parser.add_argument("--json", type=Path, help="write the numbers to this file too")
    given = parser.parse_args()
    sizes = [size for size in (SMALLEST, 10 * SMALLEST, given.records) if size <= given.records]
    chosen = given.only or [*VERBS, "resume"]
    costs = measure([name for name in chosen if name != "resume"], sorted(set(sizes)))
    if costs:
        print("\nCPU microseconds a record, the largest size against the smallest (CPU, wall), peak MiB:\n")
        print(table(costs, sorted(set(sizes))))
    numbers: dict[str, object] = {"costs": [dataclasses.asdict(cost) for cost in costs]}
    if "resume" in chosen:
        numbers["resume_s"] = resume_seconds(MILLION)
        print(f"\nA run of {MILLION:,} records opens to be gone on with in {numbers['resume_s']:.3f} s.")
    if given.json:
        given.json.write_text(json.dumps(numbers, indent=2) + "\n")


if __name__ == "__main__":
    main()
