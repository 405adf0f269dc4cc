"""What verbs take with `--model pocket`, and only with it, where no flag and no file says otherwise."""

from __future__ import annotations

import pytest

from burnish.commands import VERBS
from burnish.flags import parse_config, parse_values
from burnish.lazy import load
from burnish.pocket.defaults import POCKET, usual_values


def parsed(verb, *words):
    return parse_config(load(VERBS[verb].config), f"burnish {verb}", list(words), usual_values(verb))


@pytest.mark.parametrize("verb", POCKET)
def test_the_table_names_flags_that_the_verb_has_and_values_that_it_takes(verb):
    config = parsed(verb, "here", "--model", "pocket", "--out", "there")
    for name, value in POCKET[verb].flags.items():
        found = getattr(config, name)
        assert (list(found) if isinstance(found, tuple) else found) == value


def test_another_model_keeps_the_papers_defaults():
    config = parsed("train dpo", "runs/pairs", "--model", "llava", "--out", "there")
    assert (config.lora_rank, config.lr, config.batch_size) == (1024, 2e-6, 128)
    assert parsed("pairs", "pocket", "--model", "llava", "--out", "there").distort == ()


def test_a_flag_or_a_file_says_otherwise(tmp_path):
    assert parsed("train dpo", "r", "--model=pocket", "--out", "o", "--lr", "1e-3").lr == 1e-3
    config = parsed("pairs", "pocket", "--model", "pocket", "--out", "o", "--distort", "flip", "--distort", "moco")
    assert config.distort == ("flip", "moco")
    file = tmp_path / "pairs.yaml"
    file.write_text("source: pocket\nmodel: pocket\nout: o\ndistort: [invert]\n")
    assert parsed("pairs", "--config", str(file)).distort == ("invert",)
    given = {"source": "pocket", "model": "pocket", "out": "o", "max_new_tokens": 7}
    config = parse_values(load(VERBS["pairs"].config), "burnish pairs", given, "a recipe", usual_values("pairs"))
    assert config.max_new_tokens == 7
    given = {"run": "r", "model": "pocket", "out": "o", "lr": 1e-3}
    config = parse_values(
        load(VERBS["train dpo"].config), "burnish train dpo", given, "a recipe", usual_values("train dpo")
    )
    assert (config.lr, config.lora_rank) == (1e-3, POCKET["train dpo"].flags["lora_rank"])
