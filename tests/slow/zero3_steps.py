"""Three DPO steps by DeepSpeed's ZeRO-3 and by plain AdamW on a whole model, in as many processes as it is started in.

Each process has a picture of its own, and another number of negatives. accelerate skips DeepSpeed on CPUs, so the
engine is made here; the loss is the trainer's. Writes, in JSON: the losses of both, the engine and its stage, how many
weights lie whole in this process, and how far the adapters are apart in the end.
"""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path

import torch
import torch.distributed as dist

import burnish  # noqa: F401 - before any library imports torchvision
import tiny_models
from burnish.images import encode_png
from burnish.models.local import LocalModel
from burnish.train.config import DPOConfig
from burnish.train.dpo import DPOTrainer
from burnish.train.encode import batch, conversation
from burnish.train.lora import add_adapter
from burnish.train.trainer import training_arguments

RATE, STEPS = 1e-2, 3
ZERO3 = {
    "train_micro_batch_size_per_gpu": 1,
    "zero_optimization": {"stage": 3, "stage3_param_persistence_threshold": 0},
    "optimizer": {"type": "AdamW", "params": {"lr": RATE, "weight_decay": 0.0, "torch_adam": True}},
}


def main(folder: Path) -> None:
    config = DPOConfig(run="run", model="m", out=str(folder), lora_rank=4, batch_size=2, device="cpu")
    arguments = training_arguments(config, folder)
    model, processor = tiny_models.llava()
    torch.manual_seed(0)
    whole = add_adapter(model, config, base_name="base").train()
    trainer = DPOTrainer(objective=config.objective, model=whole, args=arguments)
    shared = copy.deepcopy(whole)
    encoder = LocalModel(model, processor, fingerprint=lambda: "").encoder
    picture = encode_png(tiny_models.picture(dist.get_rank()))
    answers = [[5, 6, 7], [8, 9], [11]][: 3 - dist.get_rank()]
    inputs = batch([(encoder.encode(conversation("What is it?", picture)), answers)], 0)
    inputs["examples"] = torch.tensor(1)
    losses = [_plainly(trainer, whole, inputs)]

    import deepspeed
    from transformers.integrations import HfDeepSpeedConfig

    told = HfDeepSpeedConfig(ZERO3)  # as Trainer tells transformers and Burnish that weights are shared out
    trained = [parameter for parameter in shared.parameters() if parameter.requires_grad]
    engine, *_ = deepspeed.initialize(model=shared, model_parameters=trained, config=told.config)
    here = sum(parameter.numel() for parameter in engine.module.parameters())
    losses.append([])
    for _ in range(STEPS):
        loss = trainer.compute_loss(engine, inputs, num_items_in_batch=torch.tensor([dist.get_world_size(), 1]))
        engine.backward(loss)
        engine.step()
        losses[1].append(loss.item())
    with deepspeed.zero.GatheredParameters(trained):
        pairs = zip((one for one in whole.parameters() if one.requires_grad), trained, strict=True)
        apart = max((one - other).abs().max().item() for one, other in pairs)
    said = {"losses": losses, "engine": type(engine).__name__, "stage": engine.zero_optimization_stage()}
    said |= {"here": here, "apart": apart}
    (folder / f"{dist.get_rank()}.json").write_text(json.dumps(said))


def _plainly(trainer: DPOTrainer, model: torch.nn.Module, inputs: dict[str, torch.Tensor]) -> list[float]:
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=RATE, weight_decay=0.0)
    losses = []
    for _ in range(STEPS):
        loss = trainer.compute_loss(model, inputs, num_items_in_batch=torch.tensor([dist.get_world_size(), 1]))
        loss.backward()
        for parameter in trained:
            dist.all_reduce(parameter.grad)
            parameter.grad /= dist.get_world_size()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    return losses


if __name__ == "__main__":
    main(Path(sys.argv[1]))
