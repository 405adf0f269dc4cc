"""The command line: verbs, flags, YAML, one sentence and exit code 2 for wrong input, and a quick --help."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import tyro

from burnish import cli
from burnish.commands import VERBS
from burnish.flags import parse_config


@dataclass(frozen=True, kw_only=True)
class _Config:
    """A verb's configuration."""

    source: tyro.conf.Positional[str]
    """Where from."""
    model: str
    """Which model."""
    lr: float = 2e-6
    """Learning rate."""
    distort: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """Distortions."""
    restart: bool = False
    """Begin anew."""


def test_flags_win_over_the_file_and_the_file_over_defaults(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text("source: pocket\nmodel: big\nlr: 3e-4\ndistort: [flip, moco]\nrestart: true\n")
    config = parse_config(_Config, "burnish x", ["--config", str(file), "--model", "small"])
    assert config == _Config(source="pocket", model="small", lr=3e-4, distort=("flip", "moco"), restart=True)
    config = parse_config(_Config, "burnish x", ["folder:a.jsonl", f"--config={file}"])
    assert config.source == "folder:a.jsonl"


@pytest.mark.parametrize(("text", "runs"), [("[a, b]", ("a", "b")), ("a", ("a",))])
def test_a_file_may_give_several_positional_values(tmp_path: Path, text: str, runs: tuple[str, ...]) -> None:
    from burnish.train.dialogue_config import StudentConfig

    file = tmp_path / "config.yaml"
    file.write_text(f"runs: {text}\nmodel: pocket\nout: out\n")
    assert parse_config(StudentConfig, "burnish train student", ["--config", str(file)]).runs == runs
    flags = ["c", "d", "--config", str(file)]
    assert parse_config(StudentConfig, "burnish train student", flags).runs == ("c", "d")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("modle: x\n", "'modle'"),
        ("- a\n- b\n", "`key: value` lines"),
        ("a: [\n", "is not YAML"),
    ],
)
def test_a_wrong_file_is_refused_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, complaint: str
) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(text)
    assert cli.main(["pairs", "pocket", "--config", str(file)]) == 2
    message = capsys.readouterr().err
    assert complaint in message
    assert message.count("\n") == 1


def test_a_missing_file_is_refused_in_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["pairs", "pocket", "--config", str(tmp_path / "none.yaml")]) == 2
    assert capsys.readouterr().err == f"burnish: {tmp_path / 'none.yaml'}: No such file or directory.\n"


def test_no_verb_imports_torch_to_explain_itself() -> None:
    """What makes --help slow, held without a clock: nothing heavy is imported, by whichever verb in one process."""
    script = (
        "import sys\nfrom burnish.cli import main\n"
        f"for verb in {sorted(VERBS)!r}:\n"
        "    main([*verb.split(), '--help'])\n"
        "    heavy = {'torch', 'transformers', 'datasets', 'kornia', 'matplotlib', 'peft'} & {*sys.modules}\n"
        "    if heavy:\n"
        "        sys.exit(f'{verb} --help imported {sorted(heavy)}')"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("usage: burnish ") == len(VERBS)


def test_help_and_version_answer() -> None:
    for flag, expected in (("--help", "usage: burnish VERB"), ("--version", "burnish 0.")):
        done = subprocess.run([sys.executable, "-m", "burnish", flag], capture_output=True, text=True, check=True)
        assert expected in done.stdout


def test_the_module_ends_as_the_command_does() -> None:
    done = subprocess.run([sys.executable, "-m", "burnish", "pear"], capture_output=True, text=True, check=False)
    assert done.returncode == 2


def test_an_old_name_of_a_flag_is_taken_and_noted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from burnish.train.config import DPOConfig

    file = tmp_path / "config.yaml"
    file.write_text("passes: 5\n")
    words = ["runs/pairs", "--model", "pocket", "--out", "x"]
    for given in (["--passes", "5"], ["--passes=5"], ["--config", str(file)]):
        assert parse_config(DPOConfig, "burnish train dpo", [*words, *given]).epochs == 5
        assert "is now called" in capsys.readouterr().err


def test_a_training_begun_under_an_old_name_goes_on(tmp_path: Path) -> None:
    from burnish.store.manifest import new_manifest, read_manifest, refuse_changes, write_manifest
    from burnish.train.config import DPOConfig

    now = new_manifest("dpo", DPOConfig(run="r", model="pocket", out="x", epochs=5), seed=0, fingerprints={})
    write_manifest(tmp_path, now)
    file = tmp_path / "manifest.json"
    file.write_text(file.read_text().replace('"epochs"', '"passes"'))
    begun = read_manifest(tmp_path)
    refuse_changes(tmp_path, begun, now)
    assert begun.settings["epochs"] == 5
