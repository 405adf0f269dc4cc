"""The training step: equal to TRL's on the same pairs, to arithmetic by hand, and to itself however a batch is cut."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from training_words import CHOSEN, QUESTIONS, REJECTED

import tiny_models
from burnish.models import Request
from burnish.models.local import LocalModel
from burnish.store import Run
from burnish.train.config import DPOConfig
from burnish.train.dpo import DPOTrainer
from burnish.train.encode import AnswerEncoder, Batch, Collator, conversation
from burnish.train.examples import preferences
from burnish.train.lora import add_adapter
from burnish.train.losses import rewards, softmax
from burnish.train.prepare import Preparer, open_table, prepare
from burnish.train.trainer import training_arguments


@pytest.fixture
def adapted(base: Path):
    """The tiny LLaVA with an adapter that already says something."""
    model = tiny_models.llava()[0]
    adapted = add_adapter(model, DPOConfig(run="run", model="m", out="out", lora_rank=4), base_name=str(base))
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for name, parameter in adapted.named_parameters():
            if "lora_" in name:
                parameter.normal_(std=0.1, generator=generator)
    return adapted


def trainer_for(adapted, run: Path, opened: LocalModel, folder: Path, **changes) -> DPOTrainer:
    config = DPOConfig(run=str(run), model="m", out=str(folder), **({"batch_size": 4} | changes))
    examples = preferences(config, model_fingerprint=opened.fingerprint)
    folder.mkdir(exist_ok=True)
    encoder = AnswerEncoder(opened.encoder, opened.end_token_ids)
    prepare(examples, Preparer(encoder, max_length=2048, picture_marks=()), folder / "table.arrow")
    return DPOTrainer(
        beta=config.beta,
        loss=config.loss,
        model=adapted,
        args=training_arguments(config, folder / "checkpoints"),
        train_dataset=open_table(folder / "table.arrow"),
        data_collator=Collator(opened.encoder, Run.open(run).image, opened.pad_token_id),
    )


def step(trainer: DPOTrainer, batches: list[Batch]) -> tuple[float, dict[str, torch.Tensor]]:
    """Loss and gradients of one optimiser step of these forward passes."""
    trainer.model.zero_grad()
    _, pairs = trainer.get_batch_samples(iter(batches), len(batches), torch.device("cpu"))
    losses = [trainer.compute_loss(trainer.model, batch, num_items_in_batch=pairs) for batch in batches]
    total = sum(losses, torch.zeros(()))
    total.backward()
    return total.item(), {n: p.grad for n, p in trainer.model.named_parameters() if p.grad is not None}


def measured(trainer: DPOTrainer) -> dict[str, float]:
    logs: dict[str, float] = {}
    trainer.log(logs)
    return logs


@pytest.mark.filterwarnings("ignore")  # TRL's own
def test_loss_gradients_and_metrics_are_those_of_trl(adapted, opened, write_run, base, tmp_path) -> None:
    trl = pytest.importorskip("trl")
    datasets = pytest.importorskip("datasets")
    run = write_run(tmp_path / "run", negatives=[1] * 6)
    rows = [
        {
            "images": [tiny_models.picture(i)],
            "prompt": [{"role": "user", "content": QUESTIONS[i % len(QUESTIONS)]}],
            "chosen": [{"role": "assistant", "content": CHOSEN[i]}],
            "rejected": [{"role": "assistant", "content": REJECTED[i]}],
        }
        for i in range(6)
    ]
    features = datasets.Features(
        {"images": datasets.List(datasets.Image())}
        | {
            k: datasets.List({"role": datasets.Value("string"), "content": datasets.Value("string")})
            for k in ("prompt", "chosen", "rejected")
        }
    )
    peer = trl.DPOTrainer(
        model=tiny_models.llava()[0],
        args=trl.DPOConfig(
            output_dir=str(tmp_path / "trl"),
            beta=0.1,
            bf16=False,
            use_cpu=True,
            report_to="none",
            gradient_checkpointing=False,
            max_length=None,
            per_device_train_batch_size=6,
        ),
        train_dataset=datasets.Dataset.from_list(rows, features=features),
        processing_class=copy.deepcopy(opened.processor),
        peft_config=adapted.peft_config["default"],
    )
    peer.model.load_state_dict(adapted.state_dict())
    peer_batch = peer.data_collator([copy.deepcopy(row) for row in rows])
    peer_loss = peer.compute_loss(peer.model, peer_batch)
    peer_loss.backward()

    ours = trainer_for(adapted, run, opened, tmp_path / "ours", loss="sigmoid", batch_size=6)
    loss, gradients = step(ours, [ours.data_collator([ours.train_dataset[i] for i in range(6)])])

    assert loss == pytest.approx(peer_loss.item(), abs=1e-5)
    assert abs(loss - 0.6931) > 1e-3  # not the loss of an adapter that says nothing
    peer_gradients = {n: p.grad for n, p in peer.model.named_parameters() if p.grad is not None}
    assert gradients.keys() == peer_gradients.keys()
    assert len(gradients) == 28  # 2 layers, 7 projections, A and B
    for name, gradient in gradients.items():
        assert gradient.abs().max() > 1e-4, name
        torch.testing.assert_close(gradient, peer_gradients[name], atol=1e-5, rtol=1e-5, msg=name)
    theirs = {name: values[0] for name, values in peer._metrics["train"].items()}
    for name, value in measured(ours).items():
        if "/" in name:
            assert value == pytest.approx(theirs[name], abs=1e-4), name


def test_metrics_of_pairs_with_many_negatives(adapted, opened, write_run, tmp_path) -> None:
    """Against the averages worked out from inference's own log-probabilities; pairs have 1, 3 and 2 negatives."""
    run = write_run(tmp_path / "run", negatives=[1, 3, 2])
    trainer = trainer_for(adapted, run, opened, tmp_path / "ours")
    loss, _ = step(trainer, [trainer.data_collator([trainer.train_dataset[i] for i in range(3)])])
    rows, pictures = [trainer.train_dataset[i] for i in range(3)], Run.open(run)
    scorer = LocalModel(adapted, opened.processor, fingerprint=lambda: "")
    requests = [Request(messages=tuple(conversation(row["question"], pictures.image(row["picture"])))) for row in rows]
    policy = scorer.score(requests, [row["answers"] for row in rows])
    with adapted.disable_adapter():
        reference = scorer.score(requests, [row["answers"] for row in rows])
    r = [rewards(torch.tensor(p), torch.tensor(q), beta=0.1) for p, q in zip(policy, reference, strict=True)]
    losses = [softmax(x[:1], x[None, 1:], torch.ones(1, len(x) - 1, dtype=torch.bool)) for x in r]
    assert loss == pytest.approx(torch.cat(losses).mean().item(), abs=1e-5)

    def mean(values: list[torch.Tensor]) -> float:
        return torch.stack(values).mean().item()

    logs = measured(trainer)
    assert logs["rewards/chosen"] == pytest.approx(mean([x[0] for x in r]), abs=1e-5)
    assert logs["rewards/rejected"] == pytest.approx(mean([x[1:].mean() for x in r]), abs=1e-5)
    assert logs["rewards/margins"] == pytest.approx(mean([x[0] - x[1:].mean() for x in r]), abs=1e-5)
    assert logs["rewards/accuracies"] == pytest.approx(mean([(x[0] > x[1:]).float().mean() for x in r]))
    assert logs["logps/chosen"] == pytest.approx(mean([torch.tensor(p[0]) for p in policy]), abs=1e-3)
    assert logs["logps/rejected"] == pytest.approx(mean([torch.tensor(p[1:]).mean() for p in policy]), abs=1e-3)


@pytest.mark.parametrize("cut", [(5,), (2, 2, 1), (1, 1, 1, 1, 1), (4, 1)], ids=str)
def test_a_step_does_not_depend_on_how_it_falls_into_passes(adapted, opened, write_run, tmp_path, cut) -> None:
    run = write_run(tmp_path / "run", negatives=[1, 3, 2, 1, 2])
    trainer = trainer_for(adapted, run, opened, tmp_path / "ours")
    rows = [trainer.train_dataset[i] for i in range(5)]
    whole_loss, whole = step(trainer, [trainer.data_collator(rows)])
    whole_logs = measured(trainer)
    batches, start = [], 0
    for size in cut:
        batches.append(trainer.data_collator(rows[start : start + size]))
        start += size
    loss, gradients = step(trainer, batches)
    assert loss == pytest.approx(whole_loss, abs=1e-6)
    for name, gradient in gradients.items():
        torch.testing.assert_close(gradient, whole[name], atol=1e-6, rtol=1e-4, msg=name)
    assert measured(trainer) == pytest.approx(whole_logs, abs=1e-4)


def test_the_reference_is_the_model_without_its_adapter(adapted, opened, write_run, tmp_path) -> None:
    run = write_run(tmp_path / "run", negatives=[1, 2])
    trainer = trainer_for(adapted, run, opened, tmp_path / "ours")
    with torch.no_grad():
        for name, parameter in adapted.named_parameters():
            if "lora_B" in name:
                parameter.zero_()
    loss, _ = step(trainer, [trainer.data_collator([trainer.train_dataset[i] for i in range(2)])])
    # rewards of 0: log 2 for one negative, log 3 for two; their mean is (0.693147 + 1.098612) / 2
    assert loss == pytest.approx(0.895880, abs=1e-6)
