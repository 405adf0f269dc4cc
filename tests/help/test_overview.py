"""What a stranger meets first: all verbs on one screen, the help of several verbs, the verb that was meant."""

import pytest

from burnish import cli
from burnish.commands import VERBS
from burnish.help.overview import FOLDED, STAGES, group_help, overview


def test_all_verbs_fit_one_screen_by_stage() -> None:
    lines = overview().splitlines()
    assert len(lines) <= 45
    assert max(map(len, lines)) <= 80
    assert [line.split()[0] for line in lines[2:] if line and line[0].isupper()] == [*STAGES]


def test_every_verb_is_shown_or_folded() -> None:
    shown = [name for names in STAGES.values() for name in names]
    folds = [name.removesuffix("NAME") for name in FOLDED]
    missing = [verb for verb in VERBS if verb not in shown and not any(verb.startswith(fold) for fold in folds)]
    assert all(f" {verb} " in overview() for verb in missing)
    assert {name for name in shown if name not in VERBS} == {*FOLDED}


@pytest.mark.parametrize("words", [["train"], ["bench"], ["score"], ["bench", "standard"], ["submit"]])
def test_a_word_that_several_verbs_begin_with_has_help(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    for asked in ([*words, "--help"], ["help", *words]):
        assert cli.main(asked) == 0
        text = capsys.readouterr().out
        assert text == f"{group_help(' '.join(words))}\n"
    assert f"usage: burnish {' '.join(words)} … [options]" in text


def test_help_of_bench_folds_the_benchmarks() -> None:
    assert "bench standard NAME" in group_help("bench") and "bench standard pope" not in group_help("bench")
    assert "bench standard pope" in group_help("bench standard")


def test_help_stands_before_or_behind_a_verb(capsys: pytest.CaptureFixture[str]) -> None:
    for words in (["help", "train", "dpo"], ["train", "dpo", "-h"], ["train", "dpo", "runs/x", "--lr", "1", "--help"]):
        assert cli.main(words) == 0
        assert capsys.readouterr().out.startswith("usage: burnish train dpo RUN")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["trian", "dpo"], "Did you mean `burnish train dpo`?"),
        (["train", "dop"], "Did you mean `burnish train dpo`?"),
        (["bench", "anwsers", "pocket"], "Did you mean `burnish bench answers`?"),
        (["pears"], "Did you mean `burnish pairs`?"),
        (["bench", "standrad", "mme"], "Did you mean `burnish bench standard mme`?"),
        (["bench", "standrad"], "Did you mean `burnish bench standard`?"),
        (["help", "simulat"], "Did you mean `burnish simulate`?"),
        (["train"], "`burnish train` needs one more word: dpo, sft,"),
        (["--bogus"], "There is no verb '--bogus'. `burnish --help` lists all verbs."),
    ],
)
def test_a_mistyped_verb_gets_the_nearest_name(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(words) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1


def test_the_version_has_a_short_flag(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["-V"]) == 0
    assert capsys.readouterr().out.startswith("burnish 0.")
