"""Every verb's help: nothing breaks inside a sentence, groups in order, plain words; its values as a YAML file."""

import re
from itertools import pairwise

import pytest

from burnish import cli
from burnish.commands import VERBS
from burnish.help.fields import Field, fields_of
from burnish.help.verb import EVERYWHERE, grouped, verb_help
from burnish.lazy import load


@pytest.fixture(params=[80, 120])
def wide(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    width: int = request.param
    monkeypatch.setenv("COLUMNS", str(width))
    return width


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_lines_are_as_long_as_they_can_be(verb: str, wide: int) -> None:
    """A line breaks only where its next word would not fit: no break of the source is left inside a sentence."""
    lines = verb_help(verb).splitlines()
    assert max(map(len, lines)) <= wide
    for line, after in pairwise(lines):
        goes_on = after.startswith(" " * 28) and line[26:28] == "  "  # not a flag on a line of its own
        if goes_on:
            word = re.match(r"\[\S+: .*\]$|\S+", after.strip())
            assert word and len(line) + 1 + len(word[0]) > wide, f"{line}\n{after}"


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_each_flag_is_explained_once(verb: str) -> None:
    text = verb_help(verb)
    assert text.startswith(f"usage: burnish {verb}")
    for field in fields_of(load(VERBS[verb].config)):
        assert field.doc.endswith((".", "…")), f"{field.flag}: {field.doc!r}"
        shown = rf"^  \[?{re.escape(field.flag)}(?= |\]|$)"
        assert len(re.findall(shown, text, re.MULTILINE)) == 1, field.flag
    assert all(flag in text for flag in EVERYWHERE)


BETTER = {
    r"[Ww]ithout it\b|[Ww]ithout them\b": "Default: …",
    r"not to be had": "is not available",
    r"\bis no (folder|file|run|number|name|shard)\b": "is not a …",
    r"\btold\b|\btelling\b": "printed, report",
    r"Numbers the model computes in": "Compute dtype",
    r"gradients are cut": "gradient norm clipping",
    r"\b[Pp]asses over the data\b": "epochs",
    r"\b(\d+|one|GiB|MB|file|picture|split) an? (GPU|split|picture|image|question|dialogue|step)\b": "per",
    r"\bput to (it|a model|the model|them)\b": "ask, send",
}
"""Words that the house no longer uses in its help, and what stands for them."""


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_help_speaks_plain_english(verb: str) -> None:
    text = " ".join(verb_help(verb).split())
    found = {pattern: (match[0], better) for pattern, better in BETTER.items() if (match := re.search(pattern, text))}
    assert not found


def test_required_flags_stand_first_and_shared_ones_in_groups() -> None:
    groups = grouped("pairs", load(VERBS["pairs"].config))
    assert [*groups] == ["Required", "Options", "What is asked", "Model", "Generation", "Endpoint", "Output"]
    assert [field.name for field in groups["Required"]] == ["source", "out", "model"]
    assert "distort" in [field.name for field in groups["Options"]]
    groups = grouped("train dpo", load(VERBS["train dpo"].config))
    assert [field.name for field in groups["Optimisation"]][:3] == ["epochs", "max_steps", "lr"]


def test_types_and_defaults_are_readable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    text = verb_help("train dpo")
    for line in (
        r"--epochs INT  .*",
        r"--attention {sdpa,flex}  .*",
        r"\[MORE-RUNS …\]  .*",
        r"--experts   .*",
    ):
        assert re.search(rf"^  {line}$", text, re.MULTILINE), line
    assert "None" not in text
    assert "[default: 2]" in text and "[repeatable]" in text and "--match-length [FLOAT]" in verb_help("pairs")


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_the_printed_config_is_taken_back(
    verb: str, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    """With all required values given, the file alone says the same; without them, they are comments to fill in."""
    fields = fields_of(load(VERBS[verb].config))
    assert cli.main([*verb.split(), "--print-config"]) == 0
    bare = capsys.readouterr().out
    assert all((f"# {field.name}:  # required" in bare) == field.required for field in fields)
    file = tmp_path_factory.mktemp("configs") / "config.yaml"
    words = [word for field in fields if field.required for word in _words(field)] + _MORE.get(verb, [])
    assert cli.main([*verb.split(), *words, "--print-config"]) == 0
    file.write_text(capsys.readouterr().out)
    assert "# required" not in file.read_text()
    assert cli.main([*verb.split(), "--config", str(file), "--print-config"]) == 0
    assert capsys.readouterr().out == file.read_text()


def _words(field: Field) -> list[str]:
    """As a user might give them: a required value of any kind."""
    value = field.choices[0] if field.choices else f"{field.name}.xlsx"
    return [value] if field.positional else [f"--{field.name.replace('_', '-')}", value]


_MORE = {
    "bench fixed": ["--student", "pocket"],
    "bench judged pairwise": ["--answers", "one", "other"],
    "compare leaderboard": ["other.json"],
    "distort": ["--out", "sheet.png"],
}
"""What a verb needs although no single flag is required, or of another form."""


def test_a_printed_config_keeps_what_is_not_a_default(tmp_path: object, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["pocket", "--model", "pocket", "--out", "x", "--per-image", "None", "--distort", "flip", "--print-config"]
    assert cli.main(["pairs", *words]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {"per_image: null", "distort: [flip]", "max_new_tokens: 96", "source: pocket"} <= {*lines}


def test_values_that_cannot_be_are_refused_before_they_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["pocket", "--model", "pocket", "--out", "x", "--timeout", "-1", "--print-config"]
    assert cli.main(["pairs", *words]) == 2
    assert "--timeout must be above 0 seconds" in capsys.readouterr().err
