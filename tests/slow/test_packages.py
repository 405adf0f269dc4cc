"""Wheel and sdist: built, checked, and installed in an environment of their own, where the command answers; and so are
the steps of the Dockerfile.

`make test-slow` runs this: it makes environments, which takes minutes.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _run(*words: object, **more: str) -> str:
    done = subprocess.run([*map(str, words)], capture_output=True, text=True, check=False, env={**os.environ, **more})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that sees the packages of this one, but not Burnish: torch need not be installed again."""
    folder = tmp_path_factory.mktemp("venv")
    _run(sys.executable, "-m", "venv", folder)
    site = next(Path(one) for one in sys.path if one.endswith("site-packages"))
    own = next(folder.glob("lib/python*/site-packages"))
    (own / "outer.pth").write_text(f"{site}\n")
    return folder / "bin" / "python"


@pytest.fixture(scope="module")
def packages(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("dist")
    _run(python, "-m", "pip", "install", "--quiet", "build", "hatchling", "twine")
    _run(python, "-m", "build", "--outdir", out, ROOT)
    return out


def test_twine_finds_nothing_wrong(packages: Path, python: Path) -> None:
    files = sorted(packages.iterdir())
    assert [file.suffix for file in files] == [".whl", ".gz"]
    assert _run(python, "-m", "twine", "check", "--strict", *files).count("PASSED") == 2


def test_the_wheel_has_what_burnish_reads_at_run_time(packages: Path) -> None:
    (wheel,) = packages.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    for file in (ROOT / "src" / "burnish").rglob("*"):
        if file.is_file() and "__pycache__" not in file.parts:
            assert str(file.relative_to(ROOT / "src")) in names


@pytest.mark.parametrize("suffix", ["whl", "tar.gz"])
def test_what_is_installed_answers(packages: Path, python: Path, tmp_path: Path, suffix: str) -> None:
    (package,) = packages.glob(f"*.{suffix}")
    _run(python, "-m", "pip", "install", "--quiet", "--force-reinstall", "--no-deps", package)
    outside = {"PYTHONPATH": "", "HF_HUB_OFFLINE": "1"}
    where = _run(python, "-c", "import burnish; print(burnish.__file__)", **outside)
    assert Path(where.strip()).is_relative_to(python.parents[1])
    assert _run(python.parent / "burnish", "--version", **outside).startswith("burnish 0.")
    words = (
        "bench",
        "answers",
        "pocket:heldout/counting",
        "--model",
        "pocket",
        "--limit",
        4,
        "--out",
        tmp_path / "run",
    )
    assert "exact match" in _run(python.parent / "burnish", *words, **outside)


Step = tuple[str, str]
"""Of a Dockerfile: its word, and what follows."""


def _steps(target: str) -> list[Step]:
    """The steps of one target of the Dockerfile."""
    text = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    begin = next(i for i, line in enumerate(lines) if line.startswith("FROM") and line.endswith(f"AS {target}"))
    end = next(i for i in range(begin + 1, len(lines)) if lines[i].startswith("FROM"))
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines[begin + 1 : end])]


def _copy(words: Sequence[str], root: Path) -> None:
    *files, place = words
    folder = root / place.lstrip("/")
    for file in files:
        if (ROOT / file).is_dir():
            shutil.copytree(ROOT / file, folder, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / file, folder)


@pytest.mark.parametrize("target", ["cuda", "cpu"])
def test_the_steps_of_the_dockerfile_give_the_command(python: Path, tmp_path: Path, target: str) -> None:
    """All but what makes the system and its Python, with the environment in their place."""
    steps, path = _steps(target), f"{python.parent}:{os.environ['PATH']}"
    for word, rest in steps:
        if word == "COPY":
            _copy(rest.split(), tmp_path)
        elif word == "RUN" and "pip install" in rest:
            _run("sh", "-c", re.sub(r"(?<![\w.])/src\b", f"{tmp_path}/src", rest), PATH=path)
    (entry,) = [json.loads(rest) for word, rest in steps if word == "ENTRYPOINT"]
    outside = {"PYTHONPATH": "", "PATH": path}
    where = _run(python, "-c", "import burnish; print(burnish.__file__)", **outside)
    assert Path(where.strip()).is_relative_to(python.parents[1])
    assert _run(*entry, "--version", **outside).startswith("burnish 0.")
