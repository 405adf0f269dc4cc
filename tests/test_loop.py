"""The shared loop: chunks in order, torn chunks made again, and nothing twice."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from burnish.config import runtime
from burnish.errors import ConfigError
from burnish.loop import fill
from burnish.make.pairs import PairsConfig
from burnish.records import Dropped, Example, Prediction, Record
from burnish.store import Run, new_manifest


@dataclass(frozen=True, kw_only=True)
class _Config:
    n: int = 10
    speed: int = runtime(1)


class _Inputs:
    """Ten inputs, of which number 3 could not be opened; remembers which were asked for."""

    def __init__(self, n: int = 10) -> None:
        self.n, self.opened = n, []

    def __len__(self) -> int:
        return self.n

    def from_index(self, start: int) -> Iterator[Example | Dropped]:
        for i in range(start, self.n):
            self.opened.append(i)
            if i == 3:
                yield Dropped(id="3", source="s", reason="broken image")
            else:
                yield Example(id=str(i), image=b"", question=f"q{i}", source="s")


def _run(path: Path) -> Run:
    return Run.begin(path, new_manifest("test", _Config(), seed=0, fingerprints={}))


def _answer_with_neighbours(examples: Sequence[Example]) -> list[list[Record]]:
    """An answer that depends on the whole chunk, as floating point in a batch can."""
    names = "".join(example.id for example in examples)
    return [
        [
            Prediction(id=example.id, image="", question="", answer="", text=f"{names}{view}", source="s")
            for view in ("", "+noise")
        ]
        for example in examples
    ]


class _Killed(Exception):
    """Stands for kill -9 between two chunks."""


@pytest.mark.parametrize("torn_after", range(0, 20))
def test_a_run_torn_anywhere_equals_an_undisturbed_one(tmp_path: Path, torn_after: int) -> None:
    with _run(tmp_path / "whole") as run:
        fill(run, _Inputs(), _answer_with_neighbours, label="test", per_input=2, chunk=4)
        whole = list(run)
    with _run(tmp_path / "torn") as run:
        run.append(whole[:torn_after])
    inputs = _Inputs()
    with _run(tmp_path / "torn") as run:
        fill(run, inputs, _answer_with_neighbours, label="test", per_input=2, chunk=4)
        assert list(run) == whole
    # 2 records an input and 4 inputs a chunk: nothing before the torn chunk is opened again.
    assert not inputs.opened or inputs.opened[0] == torn_after // 2 // 4 * 4


def test_chunks_hold_their_inputs_and_drops_keep_their_place(tmp_path: Path) -> None:
    with _run(tmp_path / "run") as run:
        fill(run, _Inputs(), _answer_with_neighbours, label="test", per_input=2, chunk=4)
        records = list(run)
    assert [record.id for record in records] == [str(i) for i in range(10) for _ in range(2)]
    assert [record.text for record in records if isinstance(record, Prediction)][:2] == ["012", "012+noise"]
    assert sum(isinstance(record, Dropped) for record in records) == 2


def test_a_failure_keeps_the_chunks_before_it(tmp_path: Path) -> None:
    def fail_at_second_chunk(examples: Sequence[Example]) -> list[list[Record]]:
        if examples[0].id == "4":
            raise _Killed
        return _answer_with_neighbours(examples)

    with _run(tmp_path / "run") as run:
        with pytest.raises(_Killed):
            fill(run, _Inputs(), fail_at_second_chunk, label="test", per_input=2, chunk=4)
        assert len(run) == 8


@pytest.mark.parametrize(
    ("distort", "instead"),
    [
        ((), "imagenoise:800"),
        (("flip+noise:500",), r"flip:1\+imagenoise:500"),
        (("grey", "noise:9"), "imagenoise:9"),
    ],
)
def test_pixel_noise_and_an_endpoint_are_refused_before_anything_is_opened(
    distort: tuple[str, ...], instead: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=f"use --distort {instead}, its approximation"):
        PairsConfig(model="http://nobody.invalid/v1#m", source="folder:nowhere", distort=distort, out=str(tmp_path))
