"""Tab in a shell: verbs, flags and choices, asked of Burnish itself."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from burnish import cli
from burnish.help.completion import PLACES, SCRIPTS, offers


@pytest.mark.parametrize(
    ("words", "some"),
    [
        ([""], {"pairs", "train", "bench"}),
        (["tr"], {"train"}),
        (["train", ""], {"dpo", "distil", "sft", "student", "teacher", "pocket"}),
        (["bench", "standard", "po"], {"pope"}),
        (["compare", ""], {"together", "power"}),
        (["train", "dpo", "runs/x", "--attention", ""], {"sdpa", "flex"}),
        (["pairs", "--pri"], {"--print-config"}),
        (["pairs", "pocket", "--keep"], {"--keep-cut"}),
    ],
)
def test_it_offers_what_may_come_next(words: list[str], some: set[str]) -> None:
    assert some <= {*offers(words)}
    assert all(one.startswith(words[-1]) for one in offers(words))


def test_where_a_path_comes_next_it_offers_nothing() -> None:
    assert not offers(["train", "dpo", "ru"])
    assert not offers(["pairs", "--out", ""])


@pytest.mark.parametrize("shell", sorted(PLACES))
def test_installed_scripts_ask_burnish(
    shell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cli.main(["--install-completion", shell]) == 0
    script = tmp_path / PLACES[shell]
    assert str(script) in capsys.readouterr().out
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed here")
    subprocess.run([shell, "-n", str(script)], check=True)


def test_bash_completes(tmp_path: Path) -> None:
    (tmp_path / "burnish").write_text(f'#!/bin/sh\nexec {sys.executable} -m burnish "$@"\n')
    (tmp_path / "burnish").chmod(0o755)
    (tmp_path / "script").write_text(SCRIPTS["bash"])
    typed = f'. {tmp_path}/script; COMP_WORDS=(burnish train d); COMP_CWORD=2; _burnish; echo "${{COMPREPLY[@]}}"'
    env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", typed], capture_output=True, text=True, env=env, check=True)
    assert done.stdout == "distil dpo\n"


def test_a_shell_without_a_script_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--install-completion", "tcsh"]) == 2
    assert "give one of bash, zsh, fish" in capsys.readouterr().err
