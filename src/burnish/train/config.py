"""The flags of `burnish train dpo` and `burnish train sft`; nothing heavy is imported here."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro

from burnish.config import RUNTIME, added, place, runtime
from burnish.errors import ConfigError
from burnish.flags import optional_value
from burnish.sources import Questions
from burnish.train.loss_terms import Objective, parse_terms
from burnish.train.shares import parse_shares

ALL_LINEAR = "all-linear"


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """What every kind of training needs: a model, an adapter's shape, an optimiser and a place for the result."""

    model: str
    """A path or hub name of an image-text-to-text model of transformers, or `pocket` for the small model that comes
    with Burnish."""
    adapter: str | None = added(None)
    """A LoRA adapter to go on from. It keeps its own rank, alpha and layers, whatever the `--lora` flags say; DPO's
    reference is then the model with it."""
    out: str = place()
    """Folder of the checkpoint: a PEFT adapter and the model's processor."""
    full: bool = added(False)
    """Full fine-tuning: train every weight of the language model in place of an adapter. OUT is then a model of its
    own, to be given as --model. It needs a lower --lr than LoRA (LLaVA-1.5 had 2e-5) and about five times the
    model's memory."""
    lora_rank: int
    """Rank of the adapter on every linear layer of the language model (never the vision tower or the output head)."""
    lora_alpha: int | None = None
    """LoRA's alpha: the adapter is scaled by alpha divided by rank. Default: twice the rank, as throughout the
    paper."""
    lora_dropout: float = 0.0
    """Dropout before the adapter's layers."""
    lora_targets: str = ALL_LINEAR
    """Layers of the language model to adapt: `all-linear` for every linear one, `qk` for the queries and keys of its
    attention, or the last parts of their names, separated by commas, such as `q_proj,v_proj`."""
    lora_variant: Literal["dora", "rslora"] | None = added(None)
    """A variant of LoRA: `dora` (arXiv 2402.09353) learns magnitudes and directions separately, `rslora`
    (2312.03732) divides by the root of the rank, for large ranks. Default: plain LoRA. vLLM does not serve `dora`:
    merge it."""
    load_in: Literal["4bit"] | None = added(None)
    """QLoRA (arXiv 2305.14314): keep the frozen language model in 4 bits per weight, for a quarter of the memory of
    bfloat16. Needs `pip install 'burnish[qlora]'`. The adapter is for the unquantised
    model, into which --merge merges it."""
    experts: bool = False
    """Also adapt a mixture's experts where each layer stores them as one tensor."""
    train_projector: bool = False
    """Also train the projector between vision tower and language model. SeVa's paper freezes it; its published code
    trains it."""
    lr: float
    """Peak learning rate."""
    warmup: float = 0.03
    """Warm-up: the share of all steps in which the learning rate rises linearly, before a cosine decay to 0."""
    scheduler: str = added("cosine")
    """The learning rate after the warm-up, by transformers' name: cosine, linear, constant_with_warmup, …"""
    optimizer: str = added("")
    """The optimiser, by transformers' name: adamw_torch, adafactor, sgd, … Default: transformers' own, AdamW."""
    weight_decay: float = 0.0
    """Weight decay of the optimiser."""
    max_grad_norm: float = 1.0
    """Gradient norm clipping: a gradient with a larger norm is scaled down to this norm."""
    batch_size: int = 128
    """Examples per optimiser step, over all devices."""
    epochs: int
    """Epochs: how often training goes through all examples."""
    max_steps: int | None = None
    """Stop after this many optimiser steps, whatever `--epochs` says; the learning rate falls to 0 at that step."""
    max_length: int = 2048
    """Longest sequence in tokens, image tokens included. Longer answers are cut. An example whose prompt alone is too
    long is left out, because a picture is never cut. Both are counted."""
    pad_to_square: bool = False
    """Pad pictures to a square in the processor's mean colour, as LLaVA-1.5 and SeVa do. Give it exactly where it was
    given when the answers were generated."""
    thinking: Literal["off", "on"] | None = added(None)
    """The chat template's switch for thinking. Set it as it was when the answers were generated."""
    dtype: Literal["auto", "float32", "bfloat16"] = "auto"
    """Compute dtype. `auto` is bfloat16 on a GPU that supports it, else float32."""
    seed: int = 0
    """Seed of the adapter's initial values and of the order of examples."""
    trust_remote_code: bool = False
    """Run Python code that comes with the model. Leave off unless you trust its author."""

    per_device: int = runtime(4)
    """Most examples per forward pass and device; gradients accumulate over the rest of the batch. Burnish takes the
    largest number up to this one that divides the batch evenly."""
    vision_cache: str | None = runtime(None)
    """Folder for encoded pictures, shared by later epochs and trainings of the same model. Default: encode each picture
    once per step. It holds about 5 MB per picture for LLaVA-1.5-7B in bfloat16."""
    activation_checkpointing: Literal["selective", "full"] | None = optional_value(
        "full", values=("selective", "full"), metadata=RUNTIME
    )
    """Recompute the language model's activations instead of storing them, for less memory: `full` all of them (a third
    slower), `selective` those that cost little. Without a value: `full`."""
    attention: Literal["sdpa", "flex"] = runtime("sdpa")
    """Attention kernel of the language model. `flex` (FlexAttention, GPUs only) skips masked blocks, so that all
    examples of a forward pass can share rows; it is compiled at the first step and not yet timed."""
    device: Literal["auto", "cpu"] = runtime("auto")
    """`auto` takes the GPUs that the launcher gives (torchrun, accelerate launch), else the CPU."""
    workers: int | None = runtime(None)
    """Data loader processes that decode pictures. Default: 4 per GPU, none on a CPU."""
    deepspeed: str | None = runtime(None)
    """A DeepSpeed configuration (JSON); the paper used ZeRO stage 3."""
    fsdp: str | None = runtime(None)
    """A configuration (JSON) of PyTorch's fully sharded data parallel training, as transformers' `fsdp_config`."""
    report_to: tyro.conf.UseAppendAction[tuple[Literal["tensorboard", "wandb"], ...]] = runtime(())  # noqa: RUF009
    """Also log to TensorBoard (files in OUT/tensorboard) or Weights & Biases."""
    save_steps: int = runtime(50)
    """Steps between two checkpoints. An interrupted training goes on from the last one when you repeat the command."""
    keep_checkpoints: bool = runtime(False)
    """Keep the last checkpoints and their optimiser states after training."""
    merge: bool = runtime(False)
    """Also write the whole model with the adapter merged into it, to OUT/merged. You can ask for it later."""
    plan: bool = runtime(False)
    """Do not train: measure a few steps and print what the training would take (parameters, memory, sizes, hours)."""
    restart: bool = runtime(False)
    """Delete an earlier training in OUT and start again."""
    json: str | None = runtime(None)
    """Also write the result's numbers to this file, as JSON."""

    def __post_init__(self) -> None:
        if not self.model:
            raise ConfigError("--model is empty: give a path, a hub name or `pocket`.")
        if self.model.startswith(("http://", "https://")):
            raise ConfigError(
                f"--model {self.model} is an endpoint: training needs the model's weights, a path or name."
            )
        _require_at_least(
            1,
            lora_rank=self.lora_rank,
            lora_alpha=self.lora_alpha,
            batch_size=self.batch_size,
            per_device=self.per_device,
            epochs=self.epochs,
            max_steps=self.max_steps,
            max_length=self.max_length,
            save_steps=self.save_steps,
        )
        _require_at_least(0, weight_decay=self.weight_decay, workers=self.workers)
        _require_above_zero(lr=self.lr, max_grad_norm=self.max_grad_norm)
        if self.adapter:
            self._check_adapter()
        if self.full:
            self._check_full()
        if self.load_in:
            self._check_load_in()
        self._check_lora()
        for flag, share in (("--warmup", self.warmup), ("--lora-dropout", self.lora_dropout)):
            if not 0 <= share < 1:
                raise ConfigError(f"{flag} must be 0 or above and below 1, not {share}.")
        self._check_devices()
        if self.batch_size % processes():
            raise ConfigError(f"--batch-size {self.batch_size} cannot be shared evenly by {processes()} processes.")

    def _check_lora(self) -> None:
        if not all(name.strip() for name in self.lora_targets.split(",")):
            raise ConfigError(f"--lora-targets {self.lora_targets!r} has an empty name: give all-linear, qk or names.")
        if self.experts and self.lora_dropout:
            raise ConfigError("--lora-dropout must be 0 with --experts, which PEFT adapts as whole tensors.")
        if self.experts and self.lora_variant == "dora":
            raise ConfigError(
                "--lora-variant dora is not available with --experts, which PEFT adapts as whole tensors."
            )

    def _check_load_in(self) -> None:
        given = {"--experts": self.experts, "--deepspeed": self.deepspeed, "--fsdp": self.fsdp}
        why = {"--experts": "experts in one tensor stay as they are"}
        if flag := next((name for name, value in given.items() if value), None):
            reason = why.get(flag, "weights in 4 bits are not shared out between devices")
            raise ConfigError(f"--load-in {self.load_in} is not available with {flag}: {reason}.")

    def _check_devices(self) -> None:
        if self.plan and processes() > 1:
            raise ConfigError("--plan measures one device: call it without torchrun or accelerate launch.")
        if self.plan and (self.deepspeed or self.fsdp):
            raise ConfigError("--plan measures one device: leave --deepspeed and --fsdp out.")
        if self.deepspeed and self.fsdp:
            raise ConfigError("--deepspeed and --fsdp both shard the model: give one of them.")
        for flag, file in (("--deepspeed", self.deepspeed), ("--fsdp", self.fsdp)):
            if file and not Path(file).is_file():
                raise ConfigError(f"{flag} {file} is not there: give the path of a JSON file.")

    def _check_adapter(self) -> None:
        if self.deepspeed or self.fsdp:
            raise ConfigError(
                "--adapter is not available with --deepspeed or --fsdp, which shard its weights: merge it "
                "into the model (--merge), and train a new adapter on that."
            )
        if self.adapter == self.out:
            raise ConfigError(f"--adapter and --out are both {self.out}: give the new adapter a folder of its own.")

    def _check_full(self) -> None:
        given = {
            "--adapter": self.adapter,
            "--lora-variant": self.lora_variant,
            "--experts": self.experts,
            "--load-in": self.load_in,
            "--lora-dropout": self.lora_dropout,
            "--deepspeed": self.deepspeed,
            "--fsdp": self.fsdp,
            "--merge": self.merge,
        }
        why = {
            "--adapter": "merge it into the model first (--merge), and give that as --model",
            "--deepspeed": "it is tried on one device or with copies of the model (torchrun) alone",
            "--fsdp": "it is tried on one device or with copies of the model (torchrun) alone",
            "--merge": "what it writes is a whole model already",
            "--load-in": "what is trained must be in full precision",
        }
        if flag := next((name for name, value in given.items() if value), None):
            raise ConfigError(f"{flag} is not available with --full: {why.get(flag, 'there is no LoRA in it')}.")

    @property
    def alpha(self) -> int:
        """LoRA's alpha."""
        return 2 * self.lora_rank if self.lora_alpha is None else self.lora_alpha

    @property
    def lora_layers(self) -> tuple[str, ...] | None:
        """Last parts of the names of the language model's adapted layers; None for every linear one."""
        if self.lora_targets == ALL_LINEAR:
            return None
        return ("q_proj", "k_proj") if self.lora_targets == "qk" else tuple(self.lora_targets.split(","))

    @property
    def micro_batch(self) -> int:
        """Examples in one forward pass of one device."""
        share = self.batch_size // processes()
        return max(size for size in range(1, min(self.per_device, share) + 1) if share % size == 0)

    @property
    def accumulation(self) -> int:
        """Forward passes of each device in one optimiser step."""
        return self.batch_size // (processes() * self.micro_batch)


@dataclass(frozen=True, kw_only=True)
class DPOConfig(TrainConfig):
    """Train a model to prefer its answers to clean pictures over those to distorted ones (SeVa; DPO).

    The defaults are the paper's (section 4.1 and table 6). Writes a PEFT adapter. The same command
    resumes an interrupted training.
    """

    run: tyro.conf.Positional[str]
    """A finished run of `burnish pairs` or `burnish import pairs`."""
    more_runs: tyro.conf.Positional[tuple[str, ...]] = ()
    """More runs to train on. With shares, as in `runs/seva=0.7 runs/rlaifv=0.3`, pairs are drawn from each by --seed in
    these proportions. Default: all pairs of all runs."""
    sources: tuple[str, ...] = added(())
    """Train on pairs of these sources only, such as `textvqa ocrvqa`. Default: all. The report of a run of pairs lists
    its sources."""
    loss: tyro.conf.UseAppendAction[tuple[str, ...]] = ()
    """The loss, as NAME or NAME=WEIGHT; repeat the flag for a weighted sum, such as `--loss sigmoid=0.8 --loss
    sft=0.2`. SeVa's losses for many negatives are `softmax` (the default; equations 16 and 6) and `sum` (equation 18 as
    printed). The others have TRL's names and average over a pair's negatives: `sigmoid` (DPO), `sigmoid_norm` (per
    token), `hinge`, `ipo`, `robust`, `bco_pair`, `apo_zero`, `apo_down` and `ld` (LD-DPO); `sft` is the likelihood of
    the chosen answer. `copo` prefers the chosen answer to the picture over the same answer to the distorted picture,
    `ancpo` keeps it likely; `mdpo` is `sigmoid`, `copo` and `ancpo`.
    `tpo` is `sigmoid` with tokens weighted by how much they depend on the picture. docs/training.md has all
    equations."""
    beta: float = 0.1
    """DPO's beta: how strongly the policy is held to the reference model."""
    label_smoothing: float | None = None
    """For `--loss robust`: the share of pairs assumed to be the wrong way round."""
    ld_alpha: float | None = None
    """For `--loss ld`: the weight, from 0 to 1, of tokens of the longer answer beyond the length of the shorter one."""
    eval_pairs: str | None = added(None)
    """A run of held-out pairs: how far the model prefers their chosen answers (margin, accuracy) is logged while it
    trains."""
    eval_steps: int | None = added(None)
    """Steps between two evaluations on --eval-pairs. Default: 10, and always after the last step."""
    lora_rank: int = 1024
    """Rank of the adapter on every linear layer of the language model (never the vision tower or the output head)."""
    lr: float = 2e-6
    """Peak learning rate."""
    epochs: int = 2
    """Epochs: how often training goes through all pairs. The paper says one epoch; its authors say that this epoch saw
    each pair twice, hence 2."""
    references: Literal["auto", "stored", "computed"] = runtime("auto")
    """Where the reference model's log-probabilities come from: `stored` beside the run's pairs by the same model, or
    `computed` at each step. `auto` takes stored ones in float32 if the first 16 pairs, computed again, agree; in
    bfloat16 it computes them, because rounding would differ from the policy's."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.shares  # noqa: B018 - checks its values
        _require_at_least(1, eval_steps=self.eval_steps)
        if self.eval_steps and not self.eval_pairs:
            raise ConfigError("--eval-steps needs --eval-pairs, the run of pairs that are looked at.")
        if self.eval_pairs in self.shares:
            raise ConfigError(f"--eval-pairs {self.eval_pairs} is trained on, too: give pairs about other pictures.")
        # a run's identity has what is meant, however it was written
        object.__setattr__(self, "loss", tuple(term.spec for term in self.objective.terms))
        if self.references == "stored" and (loss := self.objective.needs_references):
            raise ConfigError(
                f"--references stored is not available with --loss {loss}, because a run does not hold those that it "
                "needs: take --references auto."
            )

    @property
    def shares(self) -> dict[str, float | None]:
        """The runs by path, each with its share of all pairs; None for all of its pairs."""
        return parse_shares((self.run, *self.more_runs))

    @property
    def objective(self) -> Objective:
        """The loss with its numbers."""
        return Objective(
            terms=parse_terms(self.loss),
            beta=self.beta,
            label_smoothing=self.label_smoothing,
            ld_alpha=self.ld_alpha,
        )


@dataclass(frozen=True, kw_only=True)
class SFTConfig(TrainConfig, Questions):
    """Continue supervised fine-tuning on ground truths, which SeVa is compared with (table 3).

    The defaults are those of LLaVA-1.5's published fine-tuning with LoRA. Writes a PEFT adapter. The same command
    resumes an interrupted training.
    """

    source: tyro.conf.Positional[str]
    """Where pictures, questions and ground truths come from: `folder:questions.jsonl`, `llava:file.json`,
    `huggingface:path`, `pocket`, several separated by commas; or a finished run of `burnish pairs`, for the ground
    truths of its pairs."""
    lora_rank: int = 128
    """Rank of the adapter on every linear layer of the language model (never the vision tower or the output head)."""
    lr: float = 2e-4
    """Peak learning rate."""
    epochs: int = 1
    """Epochs: how often training goes through all examples."""

    def __post_init__(self) -> None:
        TrainConfig.__post_init__(self)
        Questions.__post_init__(self)


EVAL_STEPS = 10
"""Steps between two looks at held-out pairs, where the flags say nothing."""


def processes() -> int:
    """How many processes the launcher (torchrun, accelerate, deepspeed) started for this training."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_main_process() -> bool:
    """Whether this is the process that writes files and speaks to people."""
    return os.environ.get("RANK", "0") == "0"


def _require_at_least(least: int, **values: float | None) -> None:
    for name, value in values.items():
        if value is not None and value < least:
            raise ConfigError(f"--{name.replace('_', '-')} must be at least {least}, not {value}.")


def _require_above_zero(**values: float) -> None:
    for name, value in values.items():
        if not value > 0:
            raise ConfigError(f"--{name.replace('_', '-')} must be above 0, not {value}.")
