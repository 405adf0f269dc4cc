"""Reference log-probabilities that came with the pairs are used where they are right, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

import tiny_models
from builders import begin
from burnish.errors import ConfigError, RunError
from burnish.images import encode_png
from burnish.records import Answer, Dropped, PreferencePair
from burnish.store import Run
from burnish.train.callbacks import read_log
from burnish.train.config import DPOConfig
from burnish.train.encode import AnswerEncoder, Collator, conversation
from burnish.train.examples import TrainingExample, preferences
from burnish.train.prepare import Preparer
from burnish.train.references import FLOAT32, SAMPLE, StoredReferences
from burnish.train.session import train_dpo

NEGATIVES = [1, 2, 1, 3, 2, 1, 1, 1]
SMALL = {"lora_rank": 4, "lr": 1e-2, "batch_size": 4, "per_device": 2, "device": "cpu", "epochs": 3}


@pytest.fixture(scope="module")
def weighed(write_run, tmp_path_factory) -> Path:
    return write_run(tmp_path_factory.mktemp("weighed") / "run", NEGATIVES, weighed=True)


@pytest.fixture
def spoiled(weighed: Path, tmp_path: Path) -> Path:
    """The same run with one value off by a nat."""
    return shifted(weighed, tmp_path / "spoiled", lambda number: 1.0 if number == 5 else 0.0)


def shifted(weighed: Path, path: Path, by: Callable[[int], float]) -> Path:
    """The run again, with other log-probabilities of its chosen answers."""
    source = Run.open(weighed)
    with begin(path, config=DPOConfig(run="r", model="m", out="o"), fingerprints=source.manifest.fingerprints) as run:
        for number, pair in enumerate(source.records(PreferencePair)):
            assert pair.chosen.ref_logp is not None
            chosen = replace(pair.chosen, ref_logp=pair.chosen.ref_logp + by(number))
            run.append([replace(pair, image=run.add_image(source.image(pair.image)), chosen=chosen)])
        run.finish({})
    return path


@pytest.fixture(scope="module")
def computed(weighed: Path, base: Path, tmp_path_factory) -> Path:
    """What training makes of the run without a look at what is stored."""
    out = tmp_path_factory.mktemp("computed") / "out"
    config = DPOConfig(run=str(weighed), model=str(base), out=str(out), references="computed", **SMALL)
    return train_dpo(config).checkpoint


def trained(run: Path, base: Path, out: Path, **changes) -> Path:
    return train_dpo(DPOConfig(run=str(run), model=str(base), out=str(out), **(SMALL | changes))).checkpoint


def assert_same_training(one: Path, other: Path) -> None:
    adapters = [load_file(folder / "adapter_model.safetensors") for folder in (one, other)]
    torch.testing.assert_close(*adapters, atol=1e-4, rtol=1e-3)
    for line, expected in zip(*(read_log(folder / "log.jsonl") for folder in (one, other)), strict=True):
        # until the rate rises from 0, in step 2, the model is the reference: rounding decides which answer has risen
        by_chance = ["rewards/accuracies"] if line["step"] <= 2 else []
        for name in ("seconds", "tokens_per_second", *by_chance):
            del line[name], expected[name]
        assert line == pytest.approx(expected, abs=1e-4)


def test_stored_references_train_as_computed_ones_do(weighed, base, computed, tmp_path, capsys) -> None:
    out = trained(weighed, base, tmp_path / "out")
    said = capsys.readouterr().err
    # batches of two: the sample is full after eight passes, over eight pairs twice
    assert f"are those stored with the pairs: {len(NEGATIVES)} pairs were computed again, none off by more than" in said
    assert_same_training(out, computed)


def test_they_save_the_reference_pass(weighed, base, tmp_path, monkeypatch) -> None:
    passes = []
    agree = StoredReferences.agree

    def counted(self, batch, computed_EA):
        passes.append(len(computed_EA))
        return agree(self, batch, computed_EA)

    monkeypatch.setattr(StoredReferences, "agree", counted)
    trained(weighed, base, tmp_path / "out")
    # 3 passes over 8 pairs are 24; the first 16 alone were computed
    assert sum(passes) == SAMPLE


def test_they_count_from_the_first_step(weighed, base, tmp_path) -> None:
    """Else a training that was killed, which compares the first pairs again, would end elsewhere."""
    out = trained(shifted(weighed, tmp_path / "run", lambda _: 0.008), base, tmp_path / "out", max_steps=1)
    # the model is still the reference: beta 0.1 times what was added
    assert read_log(out / "log.jsonl")[0]["rewards/chosen"] == pytest.approx(-0.0008, abs=2e-5)


def test_wrong_ones_are_noticed_and_computed(spoiled, base, computed, tmp_path, capsys) -> None:
    out = trained(spoiled, base, tmp_path / "out")
    said = capsys.readouterr().err
    assert "Reference log-probabilities are computed, because a stored value is 1 nats from the model's own." in said
    assert_same_training(out, computed)


def test_wrong_ones_are_refused_where_stored_ones_are_asked_for(spoiled, base, tmp_path) -> None:
    with pytest.raises(
        RunError, match=r"are not those of the model \(a stored value is 1 nats .*--references computed"
    ):
        trained(spoiled, base, tmp_path / "out", references="stored")


def test_runs_without_them_are_computed(write_run, base, tmp_path, capsys) -> None:
    run = write_run(tmp_path / "run", negatives=[1, 1])
    trained(run, base, tmp_path / "out", max_steps=1)
    assert (
        f"are computed: not every answer of {run} has one that is whole and of this model." in capsys.readouterr().err
    )
    with pytest.raises(ConfigError, match=r"^--references stored is not available: not every answer"):
        trained(run, base, tmp_path / "other", references="stored")


def test_length_normalised_losses_take_them(weighed, base, tmp_path, capsys) -> None:
    out = trained(weighed, base, tmp_path / "out", loss=("sigmoid_norm",))
    assert f"are those stored with the pairs: {len(NEGATIVES)} pairs" in capsys.readouterr().err
    assert_same_training(
        out, trained(weighed, base, tmp_path / "computed", loss=("sigmoid_norm",), references="computed")
    )


def test_losses_of_tokens_compute_them(weighed, base, tmp_path, capsys) -> None:
    out = trained(weighed, base, tmp_path / "out", loss=("ld",), ld_alpha=0.5)
    said = capsys.readouterr().err
    assert "are computed: a run does not hold those that --loss ld needs." in said
    assert_same_training(
        out, trained(weighed, base, tmp_path / "computed", loss=("ld",), ld_alpha=0.5, references="computed")
    )


def test_bfloat16_computes_unless_it_is_told_otherwise(weighed, base, tmp_path, capsys) -> None:
    trained(weighed, base, tmp_path / "out", dtype="bfloat16", max_steps=1)
    assert "Reference log-probabilities are computed: training is in bfloat16." in capsys.readouterr().err
    # values of a float32 model are some tenths off, which is as near as bfloat16 can tell
    trained(weighed, base, tmp_path / "told", dtype="bfloat16", references="stored", max_steps=4)
    assert f"are those stored with the pairs: {len(NEGATIVES)} pairs" in capsys.readouterr().err


def test_what_is_right() -> None:
    """0.01 nats and a ten-thousandth of the value: 0.02 at -100."""
    computed_EA = torch.tensor([[-100.0, -200.0], [-50.0, 0.0]])

    def trusts(stored_EA: list[list[float]]) -> bool:
        stored = StoredReferences("run", FLOAT32, pairs=100, required=False)
        for _ in range(SAMPLE // 2):
            stored.agree({"reference_EA": torch.tensor(stored_EA)}, computed_EA)
        return stored.trusted

    assert trusts([[-100.019, -199.971], [-50.0, 0.0]])
    assert not trusts([[-100.021, -200.0], [-50.0, 0.0]])
    assert not trusts([[-100.0, -200.0], [float("nan"), 0.0]])


def test_a_few_pairs_are_not_yet_trusted() -> None:
    stored = StoredReferences("run", FLOAT32, pairs=100, required=False)
    stored.agree({"reference_EA": torch.zeros(SAMPLE - 1, 2)}, torch.zeros(SAMPLE - 1, 2))
    assert not stored.trusted
    stored.agree({"reference_EA": torch.zeros(1, 2)}, torch.zeros(1, 2))
    assert stored.trusted


def test_a_pair_of_a_small_run_is_counted_once(capsys: pytest.CaptureFixture[str]) -> None:
    stored = StoredReferences("run", FLOAT32, pairs=SAMPLE // 2, required=False)
    for _epoch in range(2):
        stored.agree({"reference_EA": torch.zeros(SAMPLE // 2, 2)}, torch.zeros(SAMPLE // 2, 2))
    assert stored.trusted and f"{SAMPLE // 2} pairs were computed again" in capsys.readouterr().err


def rows(run: Path, opened, fingerprint: str):
    config = DPOConfig(run=str(run), model="m", out="o")
    encoder = AnswerEncoder(opened.encoder, opened.end_token_ids)
    preparer = Preparer(encoder, max_length=2048, picture_marks=())
    examples = preferences(config, model_fingerprint=fingerprint).read()
    return [preparer.prepare(one) for one in examples if not isinstance(one, Dropped)]


def test_rows_carry_what_the_run_has(weighed: Path, opened) -> None:
    pairs = list(Run.open(weighed).records(PreferencePair))
    prepared = rows(weighed, opened, opened.fingerprint)
    for row, pair in zip(prepared, pairs, strict=True):
        assert row.references == [pair.chosen.ref_logp, *(one.answer.ref_logp for one in pair.rejected)]
    # another model's are of no use
    assert all(not row.references for row in rows(weighed, opened, "other"))


def test_only_values_of_the_very_tokens_are_kept(opened) -> None:
    encoder = AnswerEncoder(opened.encoder, opened.end_token_ids)
    image = encode_png(tiny_models.picture(0))
    prompt = len(opened.encoder.encode(conversation("?", image)))

    def kept(*answers: Answer, room: int = 4):
        preparer = Preparer(encoder, max_length=prompt + room, picture_marks=())
        row = preparer.prepare(TrainingExample("1", "test", "1", (image,), "?", answers))
        assert not isinstance(row, Dropped)
        return row.references

    short = Answer(text="a", token_ids=(5, 6), ref_logp=-1.5)
    long = Answer(text="b", token_ids=(7, 8, 9), ref_logp=-2.5)
    assert kept(short, long) == [-1.5, -2.5]
    assert kept(short, long, room=2) == ()  # the longer one is cut
    assert kept(short, replace(long, token_ids=())) == ()  # written anew from its text
    assert kept(short, replace(long, ref_logp=None)) == ()


def test_a_batch_has_them_only_if_all_its_rows_do(weighed: Path, opened) -> None:
    prepared = rows(weighed, opened, opened.fingerprint)[:2]
    collate = Collator(opened.encoder, Run.open(weighed).image, opened.pad_token_id)
    batch = collate([row._asdict() for row in prepared])
    first, second = (torch.tensor(row.references) for row in prepared)
    assert batch["reference_EA"].shape == batch["present_EA"].shape == (2, 3)
    assert batch["reference_EA"][0].equal(torch.cat([first, torch.zeros(1)]))
    assert batch["reference_EA"][1].equal(second)
    assert "reference_EA" not in collate([prepared[0]._asdict(), prepared[1]._replace(references=())._asdict()])
