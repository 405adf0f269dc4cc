"""What a run promises: order, one writer, honest refusals, and nothing deleted that a run did not make."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from burnish.config import runtime
from burnish.errors import ConfigChanged, RunError, RunLocked
from burnish.records import Dropped, Prediction
from burnish.store import Manifest, Run, new_manifest
from burnish.store.lines import SHARD_LINES

PNG = b"\x89PNG\r\n\x1a\n first picture"
JPG = b"\xff\xd8\xff second picture"


@dataclass(frozen=True)
class Config:
    """A verb's configuration."""

    model: str = "pocket"
    distort: tuple[str, ...] = ("noise:500",)
    limit: float | None = None
    batch_size: int = runtime(16)


def manifest(config: Config = Config(), **changes: object) -> Manifest:
    made = new_manifest("pairs", config, seed=3, fingerprints={"model": "aaaa"})
    return dataclasses.replace(made, **changes)  # type: ignore[arg-type]


def dropped(number: int) -> Dropped:
    return Dropped(id=str(number), source="test", reason="none")


def test_records_come_back_in_order_across_shards(tmp_path: Path) -> None:
    records = [dropped(number) for number in range(2 * SHARD_LINES + 5)]
    with Run.begin(tmp_path / "run", manifest()) as run:
        run.append(records[:7])
        run.append(iter(records[7:]))
        assert len(run) == 20_005
        assert list(run) == records
    assert [path.name for path in sorted((tmp_path / "run/records").iterdir())] == [
        "00000.jsonl",
        "00001.jsonl",
        "00002.jsonl",
    ]
    assert list(Run.open(tmp_path / "run")) == records


def test_one_record_by_its_place(tmp_path: Path) -> None:
    records = [dropped(number) for number in range(SHARD_LINES + 2)]
    with Run.begin(tmp_path, manifest()) as run:
        run.append(records)
    run = Run.open(tmp_path)
    for place in (0, 1, SHARD_LINES - 1, SHARD_LINES, SHARD_LINES + 1):
        assert run.at(place) == records[place]
    (tmp_path / "records/00001.jsonl").write_text("")
    with pytest.raises(RunError, match=r"00001.jsonl has no line 2, which was written"):
        run.at(SHARD_LINES + 1)


def test_a_text_is_sought_before_records_are_read(tmp_path: Path) -> None:
    details = ["a red CAR", "Straße", 'says "no"', "two\nlines", "red cart", ""]
    records = [Dropped(id=str(i), source="test", reason="none", detail=detail) for i, detail in enumerate(details)]
    with Run.begin(tmp_path, manifest()) as run:
        run.append(records)
    run = Run.open(tmp_path)
    for text, places in (("Red car", {0, 4}), ("STRASSE", {1}), ('"NO"', {2}), ("o\nl", {3}), ("lorry", set())):
        found = list(run.holding(text))
        assert [place for place, _ in found] == list(range(6))
        assert {place for place, record in found if record} == places
        assert all(record in (None, records[place]) for place, record in found)


@pytest.mark.parametrize("count", [0, 1, SHARD_LINES - 1, SHARD_LINES, SHARD_LINES + 1])
def test_a_run_goes_on_where_it_stopped(tmp_path: Path, count: int) -> None:
    records = [dropped(number) for number in range(SHARD_LINES + 3)]
    with Run.begin(tmp_path, manifest()) as run:
        run.append(records[:count])
    with Run.begin(tmp_path, manifest()) as run:
        assert len(run) == count
        run.append(records[count:])
    assert list(Run.open(tmp_path)) == records


def test_records_of_one_kind(tmp_path: Path) -> None:
    prediction = Prediction(id="p", image="", question="q", answer="a", text="t", source="s")
    with Run.begin(tmp_path, manifest()) as run:
        run.append([dropped(0), prediction, dropped(1)])
        assert list(run.records(Prediction)) == [prediction]
        assert [record.id for record in run.records(Dropped)] == ["0", "1"]


def test_a_reader_sees_what_was_there_when_it_opened(tmp_path: Path) -> None:
    with Run.begin(tmp_path, manifest()) as run:
        run.append([dropped(0)])
        reader = Run.open(tmp_path)
        run.append([dropped(1)])
        assert (len(reader), len(list(reader))) == (1, 1)
        assert len(Run.open(tmp_path)) == 2


def test_a_picture_is_kept_once_under_its_content(tmp_path: Path) -> None:
    with Run.begin(tmp_path, manifest()) as run:
        keys = [run.add_image(data) for data in (PNG, JPG, PNG, b"no picture")]
    assert keys[0] == keys[2]
    again = Run.open(tmp_path)
    assert [again.image(key) for key in keys] == [PNG, JPG, PNG, b"no picture"]
    assert [again.image_path(key).suffix for key in keys] == [".png", ".jpg", ".png", ".bin"]
    assert again.image_path(keys[0]).parent == tmp_path / "images" / keys[0][:2]
    assert len([path for path in (tmp_path / "images").rglob("*") if path.is_file()]) == 3


def test_a_picture_that_a_power_failure_emptied_is_written_again(tmp_path: Path) -> None:
    with Run.begin(tmp_path, manifest()) as run:
        run.image_path(run.add_image(PNG)).write_bytes(b"")
        assert run.image(run.add_image(PNG)) == PNG


def test_a_key_cannot_name_a_file_outside_the_run(tmp_path: Path) -> None:
    (tmp_path / "secret.png").write_bytes(PNG)
    with Run.begin(tmp_path / "run", manifest()) as run:
        run.add_image(JPG)  # now there is a folder to climb out of
        with pytest.raises(RunError, match="holds no picture"):
            run.image("../secret")  # images/../../secret.png


def test_a_finished_run_is_simply_done(tmp_path: Path) -> None:
    with Run.begin(tmp_path, manifest()) as run:
        assert run.summary is None
        run.append([dropped(0)])
        run.finish({"made": 1})
        assert run.summary == {"made": 1}
    with Run.begin(tmp_path, manifest()) as run:
        assert (run.summary, len(run)) == ({"made": 1}, 1)
        with pytest.raises(RunError, match=r"is finished: give another --out, or --restart to start again\.$"):
            run.append([dropped(1)])
    assert Run.open(tmp_path).summary == {"made": 1}


def test_a_finished_run_may_be_summed_up_anew(tmp_path: Path) -> None:
    with Run.begin(tmp_path, manifest()) as run:
        run.finish({"score": 1})
    with Run.begin(tmp_path, manifest()) as run:
        run.finish({"score": 2})
    assert Run.open(tmp_path).summary == {"score": 2}


def test_what_was_found_out_on_the_way_is_kept_once(tmp_path: Path) -> None:
    with Run.begin(tmp_path, manifest()) as run:
        assert run.notes == ()
        run.note(["temperature"])
        run.note(["max_tokens", "temperature"])
    assert Run.open(tmp_path).notes == ("temperature", "max_tokens")
    with Run.begin(tmp_path, manifest(), restart=True) as run:
        assert run.notes == ()
    (tmp_path / "notes.json").write_text("{}")
    with pytest.raises(RunError, match=r"notes\.json holds no list of texts"):
        _ = Run.open(tmp_path).notes


def test_the_manifest_says_what_made_the_run(tmp_path: Path) -> None:
    with Run.begin(tmp_path, manifest(Config(batch_size=4))) as run:
        written = run.manifest
    read = Run.open(tmp_path).manifest
    assert read.config == {"model": "pocket", "distort": ["noise:500"], "limit": None}
    assert read.settings == {**read.config, "batch_size": 4}
    assert (read.kind, read.seed, read.fingerprints) == ("pairs", 3, {"model": "aaaa"})
    assert read.version.startswith("0.1.0")
    assert read.created.endswith("+00:00")
    assert dataclasses.replace(written, config=read.config, settings=read.settings) == read


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (manifest(Config(model="other")), 'model was "pocket" and is now "other"'),
        (manifest(Config(distort=("moco",))), r'distort was \["noise:500"\] and is now \["moco"\]'),
        (manifest(Config(limit=0.5)), "limit was null and is now 0.5"),
        (manifest(seed=4), "seed was 3 and is now 4"),
        (manifest(kind="answers"), r"is a run of another kind \(pairs, and this makes answers\): give another --out"),
        (manifest(fingerprints={"model": "bbbb"}), 'fingerprint of the model was "aaaa" and is now "bbbb"'),
        (manifest(fingerprints={}), 'fingerprint of the model was "aaaa" and is now not there'),
        (manifest(Config("m", ("moco",))), r'distort was .* is now \["moco"\]; model was "pocket" and is now "m"'),
    ],
)
def test_a_changed_configuration_is_refused_and_named(tmp_path: Path, changed: Manifest, told: str) -> None:
    with Run.begin(tmp_path, manifest()) as run:
        run.append([dropped(0)])
    with pytest.raises(ConfigChanged, match=f"{told}.*--restart to delete that run and start again"):
        Run.begin(tmp_path, changed)
    assert len(Run.open(tmp_path)) == 1
    with Run.begin(tmp_path, manifest()) as run:  # and the refusal let the lock go
        assert len(run) == 1


def test_speed_place_version_and_date_may_change(tmp_path: Path) -> None:
    with Run.begin(tmp_path, manifest()) as run:
        run.append([dropped(0)])
    later = manifest(Config(batch_size=1), version="9.9", created="2100-01-01T00:00:00+00:00")
    with Run.begin(tmp_path, later) as run:
        assert len(run) == 1


def test_restart_deletes_what_the_run_made_and_nothing_else(tmp_path: Path) -> None:
    with Run.begin(tmp_path, manifest()) as run:
        run.add_image(PNG)
        run.append([dropped(number) for number in range(SHARD_LINES + 1)])
        run.finish({})
    (tmp_path / "notes.txt").write_text("mine")
    with Run.begin(tmp_path, manifest(seed=4), restart=True) as run:
        assert (len(run), run.summary, run.manifest.seed) == (0, None, 4)
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"notes.txt", "manifest.json", "lock"}


@pytest.mark.parametrize("restart", [False, True])
@pytest.mark.parametrize("name", ["thesis.tex", "records/00000.jsonl"])
def test_a_folder_of_other_files_is_refused(tmp_path: Path, name: str, restart: bool) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("work of years")
    with pytest.raises(RunError, match=f"is not a run, and {name} is in it: give --out a new folder"):
        Run.begin(tmp_path, manifest(), restart=restart)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / name]


def test_restart_keeps_its_hands_off_the_manifest_of_another_program(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images/me.png").write_bytes(PNG)
    (tmp_path / "manifest.json").write_text('{"name": "a web page", "icons": []}')
    with pytest.raises(RunError, match="another version of Burnish"):
        Run.begin(tmp_path, manifest(), restart=True)
    assert (tmp_path / "images/me.png").exists()


def test_a_folder_that_a_kill_left_before_the_manifest_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "records").mkdir()
    (tmp_path / "lock").write_text("123\n")
    (tmp_path / "manifest.json.tmp").write_text('{"half')
    with Run.begin(tmp_path, manifest()) as run:
        assert len(run) == 0


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("nothing here", "there is no such folder"),
        ("a file", "it is a file, and a run is a folder"),
        ("a folder", "there is no manifest.json in it"),
    ],
)
def test_what_is_no_run_is_not_opened(tmp_path: Path, path: str, why: str) -> None:
    (tmp_path / "a file").write_text("")
    (tmp_path / "a folder").mkdir()
    with pytest.raises(RunError, match=f"is not a run: {why}"):
        Run.open(tmp_path / path)


def test_a_second_writer_is_refused_with_the_process_id_of_the_first(tmp_path: Path) -> None:
    program = (
        "import signal, sys; from pathlib import Path; from dataclasses import dataclass\n"
        "from burnish.store import Run, new_manifest\n"
        "@dataclass\n"
        "class Config: model: str = 'pocket'; distort: tuple = ('noise:500',); limit: float | None = None\n"
        "run = Run.begin(Path(sys.argv[1]), new_manifest('pairs', Config(), seed=3, fingerprints={'model': 'aaaa'}))\n"
        "print('ready', flush=True); signal.pause()"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "ready\n"
        with pytest.raises(RunLocked, match=f"is being written by process {other.pid}: wait for it, or stop it"):
            Run.begin(tmp_path, manifest())
        assert len(Run.open(tmp_path)) == 0  # reading needs no lock
        other.send_signal(signal.SIGKILL)
    with Run.begin(tmp_path, manifest()) as run:  # death let it go
        run.append([dropped(0)])


def test_one_process_cannot_write_twice_either(tmp_path: Path) -> None:
    with Run.begin(tmp_path, manifest()), pytest.raises(RunLocked, match=f"by process {os.getpid()}"):
        Run.begin(tmp_path, manifest())


def test_a_reader_does_not_write(tmp_path: Path) -> None:
    Run.begin(tmp_path, manifest()).__exit__(None, None, None)
    reader = Run.open(tmp_path)
    for write in (lambda: reader.append([dropped(0)]), lambda: reader.add_image(PNG), lambda: reader.finish({})):
        with pytest.raises(RunError, match="open for reading only"):
            write()


def test_a_damaged_line_is_named_by_file_and_line(tmp_path: Path) -> None:
    with Run.begin(tmp_path, manifest()) as run:
        run.append([dropped(0), dropped(1), dropped(2)])
    shard = tmp_path / "records/00000.jsonl"
    lines = shard.read_bytes().splitlines(keepends=True)
    shard.write_bytes(lines[0] + lines[1].replace(b'"reason"', b'"reasons"') + lines[2])
    records = iter(Run.open(tmp_path))
    assert next(records) == dropped(0)
    with pytest.raises(
        RunError, match=r"00000\.jsonl, line 2, is not a record: Dropped has an unknown field `reasons`"
    ):
        next(records)


def test_a_missing_or_shortened_shard_is_told(tmp_path: Path) -> None:
    with Run.begin(tmp_path, manifest()) as run:
        run.append([dropped(number) for number in range(SHARD_LINES + 1)])
    first = tmp_path / "records/00000.jsonl"
    content = first.read_bytes()
    first.write_bytes(content[: content.rindex(b"\n", 0, -1) + 1])
    with pytest.raises(RunError, match=r"00000\.jsonl has 9,999 lines where 10,000 were written"):
        list(Run.open(tmp_path))
    first.unlink()
    with pytest.raises(RunError, match=r"00000\.jsonl is missing"):
        Run.open(tmp_path)
    with Run.begin(tmp_path, manifest(), restart=True) as run:
        assert len(run) == 0


def test_a_record_that_could_not_be_read_again_is_refused(tmp_path: Path) -> None:
    with Run.begin(tmp_path, manifest()) as run:
        with pytest.raises(RunError, match=r"Record 'x' cannot be stored in .*: reason: expected str, found int"):
            run.append([dropped(0), Dropped(id="x", source="s", reason=5)])  # type: ignore[arg-type]
        run.append([dropped(1)])
        assert list(run) == [dropped(0), dropped(1)]
