"""The training step: equal to TRL's on the same pairs, to arithmetic by hand, and to itself however a batch is cut."""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from training_words import CHOSEN, QUESTIONS, REJECTED

import tiny_models
from builders import begin
from burnish.distort import parse
from burnish.images import decode
from burnish.models import Request
from burnish.models.local import LocalModel
from burnish.records import Answer, Dropped, PreferencePair
from burnish.store import Run
from burnish.train.batch_layout import TreeLayout
from burnish.train.config import DPOConfig
from burnish.train.dpo import DPOTrainer
from burnish.train.encode import AnswerEncoder, Batch, Collator, conversation
from burnish.train.encode import batch as answer_batch
from burnish.train.examples import preferences
from burnish.train.logps import answer_logps, token_logps
from burnish.train.lora import add_adapter
from burnish.train.loss_terms import Objective
from burnish.train.losses import softmax
from burnish.train.prepare import Preparer, open_table, prepare
from burnish.train.start_weights import StartWeights
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


def trainer_for(adapted, run: Path, opened: LocalModel, folder: Path, start=None, **changes) -> DPOTrainer:
    config = DPOConfig(run=str(run), model="m", out=str(folder), **({"batch_size": 4} | changes))
    examples = preferences(config, model_fingerprint=opened.fingerprint)
    folder.mkdir(exist_ok=True)
    encoder = AnswerEncoder(opened.encoder, opened.end_token_ids)
    preparer = Preparer(encoder, max_length=2048, picture_marks=(), distorted=config.objective.sees_distorted)
    prepare(examples, preparer, folder / "table.arrow")
    return DPOTrainer(
        objective=config.objective,
        start=start,
        model=adapted,
        args=training_arguments(config, folder / "checkpoints"),
        train_dataset=open_table(folder / "table.arrow"),
        data_collator=Collator(
            opened.encoder,
            Run.open(run).image,
            opened.pad_token_id,
            rejected_too=config.objective.needs_picture_logps,
        ),
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


PEERS = {
    "sigmoid": {"loss_type": "sigmoid"},
    "sigmoid_norm": {"loss_type": "sigmoid_norm"},
    "hinge": {"loss_type": "hinge"},
    "ipo": {"loss_type": "ipo"},
    "robust": {"loss_type": "robust", "label_smoothing": 0.2},
    "bco_pair": {"loss_type": "bco_pair"},
    "apo_zero": {"loss_type": "apo_zero"},
    "apo_down": {"loss_type": "apo_down"},
    "ld": {"loss_type": "sigmoid", "ld_alpha": 0.3},
    "sft": {"loss_type": "sft"},
    "softmax": {"loss_type": "sigmoid"},
    "sum": {"loss_type": "sigmoid"},
    "sigmoid=0.8 bco_pair=0.2 sft": {"loss_type": ["sigmoid", "bco_pair", "sft"], "loss_weights": [0.8, 0.2, 1.0]},
}
"""What `--loss` says, and TRL's arguments for the same; the last is MPO."""
NUMBERS = {"robust": {"label_smoothing": 0.2}, "ld": {"ld_alpha": 0.3}}


def peer_loss_and_gradients(adapted, opened, tmp_path, arguments) -> tuple[float, dict, dict]:
    """TRL's, and its metrics, on six pairs."""
    trl = pytest.importorskip("trl")
    datasets = pytest.importorskip("datasets")
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
            **arguments,
        ),
        train_dataset=datasets.Dataset.from_list(rows, features=features),
        processing_class=copy.deepcopy(opened.processor),
        peft_config=adapted.peft_config["default"],
    )
    peer.model.load_state_dict(adapted.state_dict())
    loss = peer.compute_loss(peer.model, peer.data_collator([copy.deepcopy(row) for row in rows]))
    loss.backward()
    gradients = {n: p.grad for n, p in peer.model.named_parameters() if p.grad is not None}
    return loss.item(), gradients, {name: values[0] for name, values in peer._metrics["train"].items()}


@pytest.mark.filterwarnings("ignore")  # TRL's own
@pytest.mark.parametrize("spec", PEERS)
def test_loss_gradients_and_metrics_are_those_of_trl(adapted, opened, write_run, tmp_path, spec: str) -> None:
    run = write_run(tmp_path / "run", negatives=[1] * 6)
    peer_loss, peer_gradients, theirs = peer_loss_and_gradients(adapted, opened, tmp_path, PEERS[spec])
    terms = tuple(spec.split())
    ours = trainer_for(adapted, run, opened, tmp_path / "ours", loss=terms, batch_size=6, **NUMBERS.get(spec, {}))
    loss, gradients = step(ours, [ours.data_collator([ours.train_dataset[i] for i in range(6)])])

    assert loss == pytest.approx(peer_loss, abs=1e-5, rel=1e-5)
    assert gradients.keys() == peer_gradients.keys()
    assert len(gradients) == 28  # 2 layers, 7 projections, A and B
    for name, gradient in gradients.items():
        largest = gradient.abs().max().item()
        assert largest > 1e-5, name
        torch.testing.assert_close(gradient, peer_gradients[name], atol=min(1e-5, 1e-3 * largest), rtol=1e-5, msg=name)
    compared = {name: value for name, value in measured(ours).items() if "/" in name and not name.startswith("loss/")}
    assert len(compared) == 6
    for name, value in compared.items():
        # TRL's rewards and log-probabilities are those that its ld_alpha has changed
        assert spec == "ld" or value == pytest.approx(theirs[name], abs=1e-4), name


def test_the_losses_are_not_one_another(adapted, opened, write_run, tmp_path) -> None:
    """What the comparison above rests on: an adapter that says something, answers of unlike lengths."""
    run = write_run(tmp_path / "run", negatives=[1] * 6)
    found = {}
    for spec in PEERS:
        trainer = trainer_for(
            adapted, run, opened, tmp_path / "ours", loss=tuple(spec.split()), batch_size=6, **NUMBERS.get(spec, {})
        )
        found[spec], _ = step(trainer, [trainer.data_collator([trainer.train_dataset[i] for i in range(6)])])
    same = {found[name] for name in ("softmax", "sum", "sigmoid")}
    assert max(same) - min(same) < 1e-6
    others = sorted(found[name] for name in found if name not in ("softmax", "sum"))
    assert min(after - before for before, after in pairwise(others)) > 1e-4


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
    r = [0.1 * (torch.tensor(p) - torch.tensor(q)) for p, q in zip(policy, reference, strict=True)]
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
@pytest.mark.parametrize(
    "loss", [{}, {"loss": ("ld", "ipo=0.1", "sft=0.5"), "ld_alpha": 0.3}], ids=["softmax", "mixed"]
)
def test_a_step_does_not_depend_on_how_it_falls_into_passes(adapted, opened, write_run, tmp_path, cut, loss) -> None:
    run = write_run(tmp_path / "run", negatives=[1, 3, 2, 1, 2])
    trainer = trainer_for(adapted, run, opened, tmp_path / "ours", **loss)
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


def test_terms_are_logged_and_weighted(adapted, opened, write_run, tmp_path) -> None:
    run = write_run(tmp_path / "run", negatives=[1, 3, 2])
    terms, weights = ("sigmoid_norm=0.5", "sft=0.25", "ld"), (0.5, 0.25, 1)
    trainer = trainer_for(adapted, run, opened, tmp_path / "ours", loss=terms, ld_alpha=0.5)
    rows = [trainer.train_dataset[i] for i in range(3)]
    loss, _ = step(trainer, [trainer.data_collator(rows[:2]), trainer.data_collator(rows[2:])])
    logs = measured(trainer)
    parts = [logs[f"loss/{name}"] for name in ("sigmoid_norm", "sft", "ld")]
    assert loss == pytest.approx(sum(w * part for w, part in zip(weights, parts, strict=True)), abs=1e-5)
    # the mean over all tokens of chosen answers, not over answers
    tokens = sum(len(row["answers"][0]) for row in rows)
    assert logs["loss/sft"] == pytest.approx(-3 * logs["logps/chosen"] / tokens, abs=1e-5)
    assert not [name for name in measured_of_one_term(trainer, rows) if name.startswith("loss/")]


def measured_of_one_term(trainer: DPOTrainer, rows) -> dict[str, float]:
    trainer._objective = Objective()
    step(trainer, [trainer.data_collator(rows)])
    return measured(trainer)


@pytest.mark.parametrize("name", ["ld", "sigmoid_norm"])
def test_tokens_are_told_apart_where_answers_share_a_row(adapted, opened, write_run, tmp_path, name: str) -> None:
    """The same from sequences of their own and from one row that holds all of them."""
    run = write_run(tmp_path / "run", negatives=[1, 3, 2])
    numbers = {"ld_alpha": 0.3} if name == "ld" else {}
    trainer = trainer_for(adapted, run, opened, tmp_path / "ours", loss=(name,), **numbers)
    rows = [trainer.train_dataset[i] for i in range(3)]
    expected, _ = step(trainer, [trainer.data_collator(rows)])
    together = replace(trainer.data_collator, reading=TreeLayout(math.inf))(rows)
    assert len(together["input_ids"]) == 1
    found, _ = step(trainer, [together])
    assert found == pytest.approx(expected, abs=1e-5)


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


def test_an_adapter_that_is_gone_on_from_is_the_reference(adapted, opened, write_run, tmp_path) -> None:
    run = write_run(tmp_path / "run", negatives=[1, 2])
    trainer = trainer_for(adapted, run, opened, tmp_path / "ours", start=StartWeights(adapted))
    batch = trainer.data_collator([trainer.train_dataset[i] for i in range(2)])
    loss, gradients = step(trainer, [copy.deepcopy(batch)])
    assert loss == pytest.approx(0.895880, abs=1e-6)  # rewards of 0, as above
    with torch.no_grad():
        for name, parameter in adapted.named_parameters():
            if name in gradients:
                parameter.sub_(gradients[name], alpha=0.01)
    moved, _ = step(trainer, [batch])
    assert moved < loss - 1e-4
    assert adapted.training


def test_mdpo_prefers_the_picture_to_its_distorted_copies(adapted, opened, write_run, tmp_path) -> None:
    """Each chosen answer is read again under the pictures that its rejected answers were given to."""
    run = redrawn(write_run(tmp_path / "run", negatives=[1, 2]), tmp_path / "redrawn")
    trainer = trainer_for(adapted, run, opened, tmp_path / "ours", loss=("mdpo",))
    assert set(trainer.train_dataset[1]["distortions"]) == {"noise:900", "flip:1"}
    batch = trainer.data_collator([trainer.train_dataset[i] for i in range(2)])
    assert int(batch["examples"]) == 2 and len(batch["present_EA"]) == len(batch["picture_E"]) == 5
    found, gradients = step(trainer, [copy.deepcopy(batch)])
    logged = measured(trainer)

    def reward(pair: PreferencePair, request: Request) -> float:
        prompt = opened.encoder.encode_request(request)
        alone = answer_batch([(prompt, [pair.chosen.token_ids])], opened.pad_token_id)
        with torch.no_grad():
            policy = answer_logps(adapted, alone).item()
            with adapted.disable_adapter():
                return 0.1 * (policy - answer_logps(adapted, alone).item())

    clean, conditional = [], []
    for pair in Run.open(run).records(PreferencePair):
        image = Run.open(run).image(pair.image)
        asked = conversation(pair.question, image)
        clean.append(reward(pair, Request(messages=tuple(asked))))
        noisy = []
        for one in pair.rejected:
            distortion = parse(one.distortion)
            message = replace(asked[0], images=(distortion.image(decode(image), one.seed),))
            request = Request(messages=(message,), pixel_transform=distortion.pixels(one.seed))
            noisy.append(reward(pair, request))
        losses = [-math.log(1 / (1 + math.exp(other - clean[-1]))) for other in noisy]
        conditional.append(sum(losses) / len(losses))
    anchor = [-math.log(1 / (1 + math.exp(-value))) for value in clean]
    assert logged["loss/copo"] == pytest.approx(sum(conditional) / 2, abs=1e-5)
    assert logged["loss/ancpo"] == pytest.approx(sum(anchor) / 2, abs=1e-5)
    assert found == pytest.approx(logged["loss/sigmoid"] + logged["loss/copo"] + logged["loss/ancpo"], abs=1e-5)
    assert any(gradient.abs().max() > 0 for gradient in gradients.values())
    # apart, two passes of one pair each come to the same step
    halves = [trainer.data_collator([trainer.train_dataset[i]]) for i in range(2)]
    assert step(trainer, halves)[0] == pytest.approx(found, abs=1e-5)


def test_tpo_weighs_tokens_by_how_far_the_picture_carries_them(adapted, opened, write_run, tmp_path) -> None:
    """Each answer is read again, alone, under its pair's distorted picture, token by token."""
    run = redrawn(write_run(tmp_path / "run", negatives=[1, 2]), tmp_path / "redrawn")
    trainer = trainer_for(adapted, run, opened, tmp_path / "ours", loss=("tpo",))
    found, _ = step(trainer, [trainer.data_collator([trainer.train_dataset[i] for i in range(2)])])

    def tokens(answer: Answer, request: Request) -> tuple[torch.Tensor, torch.Tensor]:
        alone = answer_batch([(opened.encoder.encode_request(request), [answer.token_ids])], opened.pad_token_id)
        with torch.no_grad(), adapted.disable_adapter():
            reference = token_logps(adapted, alone)[alone["answer_mask_ST"]]
        with torch.no_grad():
            return reference, token_logps(adapted, alone)[alone["answer_mask_ST"]]

    losses = []
    for pair in Run.open(run).records(PreferencePair):
        asked = conversation(pair.question, Run.open(run).image(pair.image))
        clean, each = Request(messages=tuple(asked)), []
        for one in pair.rejected:
            distortion = parse(one.distortion)
            message = replace(asked[0], images=(distortion.image(asked[0].images[0], one.seed),))
            noisy = Request(messages=(message,), pixel_transform=distortion.pixels(one.seed))
            sums = []
            for answer, sign in ((pair.chosen, 1), (one.answer, -1)):
                then, now = tokens(answer, clean)
                fall = then - tokens(answer, noisy)[0]
                weights = 1 + sign * (fall.sigmoid() - 0.5)
                sums.append(0.1 * (weights * (now - then)).sum().item())
            each.append(math.log(1 + math.exp(sums[1] - sums[0])))
        losses.append(sum(each) / len(each))
    assert found == pytest.approx(sum(losses) / 2, abs=1e-5)


def redrawn(run: Path, out: Path) -> Path:
    """The same pairs, whose rejected answers come from strong distortions."""
    with begin(out, like=Run.open(run)) as made:
        for pair in Run.open(run).records(PreferencePair):
            made.add_image(Run.open(run).image(pair.image))
            rejected = [
                replace(one, distortion=s) for one, s in zip(pair.rejected, ("noise:900", "flip:1"), strict=False)
            ]
            made.append([replace(pair, rejected=tuple(rejected))])
        made.finish({})
    return out


def test_pairs_that_no_distortion_made_are_left_out_of_mdpo(opened, write_run, tmp_path) -> None:
    encoder = AnswerEncoder(opened.encoder, opened.end_token_ids)
    preparer = Preparer(encoder, max_length=2048, picture_marks=(), distorted=True)
    config = DPOConfig(run=str(write_run(tmp_path / "run", negatives=[1])), model="m", out="out")
    (example,) = preferences(config, model_fingerprint=opened.fingerprint).read()
    left_out = preparer.prepare(example._replace(distortions=[("", 0)]))
    assert isinstance(left_out, Dropped) and left_out.reason == "a rejected answer that no distortion made"
