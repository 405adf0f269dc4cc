"""One training step on a sharded model (FSDP2) and on a whole one, in as many processes as it is started in.

Each process has a batch of its own. Prints the loss of either and the largest difference between their gradients,
averaged over processes as FSDP does. (accelerate offers FSDP on accelerators only, so the model is sharded here.)
"""

from __future__ import annotations

import copy
import sys
from pathlib import Path

import torch
import torch.distributed as dist
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard

import burnish  # noqa: F401 - before any library imports torchvision
import tiny_models
from burnish.images import encode_png
from burnish.models.local import LocalModel
from burnish.train.config import DPOConfig
from burnish.train.dpo import DPOTrainer
from burnish.train.encode import batch, conversation
from burnish.train.lora import add_adapter
from burnish.train.trainer import training_arguments


def main(folder: Path) -> None:
    config = DPOConfig(run="run", model="m", out=str(folder), lora_rank=4, batch_size=2, device="cpu")
    arguments = training_arguments(config, folder)
    model, processor = tiny_models.llava()
    torch.manual_seed(0)
    whole = add_adapter(model, config, base_name="base").train()
    for name, parameter in whole.named_parameters():
        if "lora_" in name:
            torch.nn.init.normal_(parameter, std=0.1)
    encoder = LocalModel(model, processor, fingerprint=lambda: "").encoder
    picture = encode_png(tiny_models.picture(dist.get_rank()))
    inputs = batch([(encoder.encode(conversation("What is it?", picture)), [[5, 6, 7], [8, 9], [11]])], 0)
    inputs["examples"] = torch.tensor(1)
    sharded = copy.deepcopy(whole)
    mesh = init_device_mesh("cpu", (dist.get_world_size(),))
    for layer in sharded.get_base_model().model.language_model.layers:
        fully_shard(layer, mesh=mesh)
    fully_shard(sharded, mesh=mesh)

    trainer = DPOTrainer(objective=config.objective, model=whole, args=arguments)
    losses = []
    for one in (whole, sharded):
        loss = trainer.compute_loss(one, inputs, num_items_in_batch=torch.tensor([dist.get_world_size(), 1]))
        loss.backward()
        losses.append(loss.item())
    differences = []
    for ours, theirs in zip(whole.parameters(), sharded.parameters(), strict=True):
        if ours.requires_grad:
            dist.all_reduce(ours.grad)
            differences.append((ours.grad / dist.get_world_size() - theirs.grad.full_tensor()).abs().max().item())
    found = f"losses {losses[0]:.6f} {losses[1]:.6f}; {len(differences)} gradients differ by {max(differences):.1e}\n"
    sys.stdout.write(found)  # in one piece, newline included


if __name__ == "__main__":
    main(Path(sys.argv[1]))
