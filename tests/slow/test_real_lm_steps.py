"""Every step of the experiment with a real language model, on a tiny one. `make test-slow` runs this."""

from __future__ import annotations

from real_lm_parts import photos, start

import run as experiment  # isort: skip


def test_all_steps_are_made_and_a_second_call_makes_none_again(tmp_path, capsys) -> None:
    (tmp_path / "photos").mkdir()
    photos(tmp_path / "photos")
    start(tmp_path / "work" / "start")
    size = experiment.Size(named=16, tested=4, asked=8, seeds=1, dialogues=4)
    config = experiment.Config(photos=tmp_path / "photos", work=tmp_path / "work", distort="noise:999", port=0)
    experiment.Experiment(config, size).run()
    table = (tmp_path / "work" / "results.md").read_text()
    for row in (
        "SeVa, seed 0 | product, exact match",
        "FIRE, with the oracle | turns",
        "FIRE, alone | existence, accuracy",
    ):
        assert row in table
    capsys.readouterr()
    experiment.Experiment(config, size).run()
    assert capsys.readouterr().out == f"{table}\n"
