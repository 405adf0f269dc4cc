"""The standard benchmarks, found by their files: a new one is one file in this folder that ends with a `BENCHMARK`.

What `burnish --help` lists is read from the text of those files, because importing them all would take a second.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol

from burnish.bench import standard
from burnish.errors import RunError
from burnish.lazy import load

if TYPE_CHECKING:
    from burnish.bench.standard.asking.base import OpenBenchmark
    from burnish.bench.standard.asking.configs import AskConfig
    from burnish.bench.standard.benchmark import Benchmark
    from burnish.bench.standard.making import WrittenBenchmark
    from burnish.bench.standard.numbers import Scored
    from burnish.bench.standard.submit import Submission

_DECLARED = "\nBENCHMARK = Benchmark("


class ScoreStandardConfig(Protocol):
    """What every configuration of `burnish score NAME` has."""

    benchmark: ClassVar[str]

    @property
    def json(self) -> str | None: ...


class SubmitConfig(Protocol):
    """What every configuration of `burnish submit NAME` has."""

    benchmark: ClassVar[str]


class MakeConfig(Protocol):
    """What every configuration of `burnish make-NAME` has."""

    benchmark: ClassVar[str]

    @property
    def json(self) -> str | None: ...


class Declared(NamedTuple):
    """What a benchmark's file says of it, unimported."""

    module: str
    title: str
    what: str
    parts: frozenset[str]
    """Which fields of its `Benchmark` are given."""

    def config(self, part: str) -> str:
        """Where a verb's configuration is, as `burnish.lazy.load` takes it."""
        return f"{self.module}:BENCHMARK.{part}.config"


@cache
def declared() -> Mapping[str, Declared]:
    """All benchmarks by name, in order of their names."""
    files = (path for folder in standard.__path__ for path in Path(folder).glob("*.py"))
    found = {path.stem: text for path in files if _DECLARED in (text := path.read_text(encoding="utf-8"))}
    return {name.replace("_", "-"): _read(f"{standard.__name__}.{name}", found[name]) for name in sorted(found)}


def _read(module: str, text: str) -> Declared:
    call = ast.parse(f"Benchmark({text.partition(_DECLARED)[2]}").body[0]
    given = {keyword.arg or "": keyword.value for keyword in _call(call).keywords}
    title, what = (str(ast.literal_eval(given[name])) for name in ("title", "what"))
    return Declared(module, title, what, frozenset(given))


def _call(statement: ast.stmt) -> ast.Call:
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        return statement.value
    raise TypeError("BENCHMARK = Benchmark(…) must be a statement of its own.")


def having(part: str) -> Iterator[tuple[str, Declared]]:
    """The benchmarks that have this part, with their names."""
    return ((name, one) for name, one in declared().items() if part in one.parts)


def benchmark(name: str) -> Benchmark:
    """The benchmark of this name. Raises RunError for a name that is none."""
    if name not in declared():
        raise RunError(f"There is no benchmark {name!r}: it is one of {', '.join(declared())}.")
    found: Benchmark = load(f"{declared()[name].module}:BENCHMARK")
    return found


def score(config: ScoreStandardConfig) -> Scored[Any]:
    """The benchmark's scores, a noun of `burnish.scores`, and what each answer adds.

    Raises a BurnishError for files that cannot be scored.
    """
    scored: Scored[Any] = benchmark(config.benchmark).score.call(config)
    return scored


def open_benchmark(config: AskConfig) -> OpenBenchmark:
    """The questions that the configuration is for. Raises SourceError where their files cannot be used."""
    opened: OpenBenchmark = _call_of(config, "ask")
    return opened


def submit(config: SubmitConfig) -> Submission:
    """Write a benchmark's submission. Raises a BurnishError for files that do not fit."""
    written: Submission = _call_of(config, "submit")
    return written


def make(config: MakeConfig) -> WrittenBenchmark:
    """Write a benchmark's questions about one's own pictures. Raises a BurnishError."""
    made: WrittenBenchmark = _call_of(config, "make")
    return made


def _call_of(config: Any, part: str) -> Any:
    return getattr(benchmark(config.benchmark), part).call(config)
