"""What the verbs of `burnish train` do, from a configuration to a finished checkpoint."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, TypeAlias, cast, final

import torch
from accelerate import PartialState
from datasets import Dataset
from peft import PeftModel
from transformers import AutoConfig, PreTrainedModel, PrinterCallback, TrainingArguments, set_seed

from burnish.errors import ModelError, RunError, TrainingError
from burnish.models import ModelOptions
from burnish.models.adapters import refuse_thinking
from burnish.models.fingerprint import folder_digest, record_base
from burnish.models.loading import DTYPES, find, find_adapter, not_finite
from burnish.models.local import LocalModel
from burnish.records import Json
from burnish.scores.plan import TrainingPlan
from burnish.store import new_manifest
from burnish.train.callbacks import StepLog, WholeCheckpoints, read_log
from burnish.train.checkpointing import checkpoint_activations
from burnish.train.config import EVAL_STEPS, DPOConfig, SFTConfig, TrainConfig
from burnish.train.data import Answers, Material, Prepared
from burnish.train.dialogue_config import DistilConfig, StudentConfig, TeacherConfig
from burnish.train.dialogue_data import distil_material, student_material, teacher_material
from burnish.train.distil import DistilTrainer
from burnish.train.dpo import DPOTrainer
from burnish.train.examples import held_out_pairs, preferences, truths
from burnish.train.feature_cache import FeatureCache
from burnish.train.full import network_of, train_all, write_model
from burnish.train.held_out import HeldOut, Watched
from burnish.train.lora import add_adapter
from burnish.train.output import Output, make_readable
from burnish.train.plan import rehearse
from burnish.train.prepare import open_table
from burnish.train.references import stored_references
from burnish.train.sft import SFTTrainer
from burnish.train.shared_prefix import use_flex
from burnish.train.start_weights import StartWeights
from burnish.train.trainer import (
    AnswerTrainer,
    computes_in_bfloat16,
    refuse_sharding_in_vain,
    tensorboard_files,
    training_arguments,
    trains_on_gpu,
)

MakeTrainer: TypeAlias = Callable[..., AnswerTrainer]
_NAMES: Mapping[torch.dtype, Any] = {dtype: name for name, dtype in DTYPES.items()}
OpenMaterial: TypeAlias = Callable[[LocalModel], Material]


class TrainResult(NamedTuple):
    """Where the adapter is, and what training says of itself."""

    checkpoint: Path
    summary: dict[str, Json]
    """Steps, examples, what was left out, seconds, and the last step's numbers."""


def train_dpo(config: DPOConfig) -> TrainResult:
    """Train an adapter on a run's preference pairs, or go on where an earlier call was interrupted.

    Raises a BurnishError for a run, model or folder that cannot be used.
    """
    return _train(config, _dpo_parts(config))


def train_sft(config: SFTConfig) -> TrainResult:
    """Train an adapter on ground truths, or go on where an earlier call was interrupted.

    Raises a BurnishError for a source, run, model or folder that cannot be used.
    """
    return _train(config, _sft_parts(config))


def train_student(config: StudentConfig) -> TrainResult:
    """Train an adapter to refine answers after feedback (FIRE, equation 5), or go on with it.

    Raises a BurnishError for a prompt, run, source, model or folder that cannot be used.
    """
    return _train(config, _student_parts(config))


def train_teacher(config: TeacherConfig) -> TrainResult:
    """Train an adapter to give feedback (FIRE, equation 6), or go on with it.

    Raises a BurnishError for a prompt, run, source, model or folder that cannot be used.
    """
    return _train(config, _teacher_parts(config))


def train_distil(config: DistilConfig) -> TrainResult:
    """Train an adapter to say at once what it would say after feedback (SDPO), or go on with it.

    Raises a BurnishError for a prompt, run, model or folder that cannot be used.
    """
    return _train(config, _distil_parts(config))


def plan_training(config: TrainConfig) -> TrainingPlan:
    """What the training would take, measured over a few of its steps; nothing is kept of them.

    Raises a BurnishError for what the training itself would not start with.
    """
    parts = _PARTS[type(config)](config)
    with TemporaryDirectory(prefix="burnish-plan-") as folder:
        short = replace(config, out=str(Path(folder) / parts.kind), merge=False)
        with Output(Path(short.out)) as output:
            arguments = training_arguments(short, output.checkpoints)
            session = _open(short, output, parts)
            prepared = session.begin()
            assert prepared is not None  # the folder is new
            trainer = session.trainer(arguments, parts.make_trainer)
            return rehearse(trainer, short, prepared._asdict(), own_dtype=session.own_dtype())


class _Parts(NamedTuple):
    """What differs between the verbs."""

    kind: str
    material: OpenMaterial
    make_trainer: MakeTrainer


def _dpo_parts(config: Any) -> _Parts:
    held_out: HeldOut | None = None

    def trainer(*, train_dataset: Dataset, **parts: Any) -> DPOTrainer:
        stored = stored_references(config, train_dataset)
        start = StartWeights(parts["model"]) if config.adapter or config.full else None
        return DPOTrainer(
            objective=config.objective,
            stored=stored,
            start=start,
            held_out=held_out,
            train_dataset=train_dataset,
            **parts,
        )

    def material(model: LocalModel) -> Material:
        nonlocal held_out
        fingerprint = _start_fingerprint(config, model)
        pairs = preferences(config, model_fingerprint=fingerprint)
        objective = config.objective
        answers = Answers(
            model,
            pairs,
            max_length=config.max_length,
            distorted=objective.sees_distorted,
            rejected_too=objective.needs_picture_logps,
        )
        if config.eval_pairs is None:
            return answers
        others = held_out_pairs(config.eval_pairs, config, model_fingerprint=fingerprint)
        held_out = HeldOut(
            Answers(model, others, max_length=config.max_length),
            batch_size=config.micro_batch,
            every=config.eval_steps or EVAL_STEPS,
        )
        return Watched(answers, held_out)

    return _Parts("dpo", material, trainer)


def _sft_parts(config: Any) -> _Parts:
    def material(model: LocalModel) -> Answers:
        return Answers(model, truths(config), max_length=config.max_length)

    return _Parts("sft", material, SFTTrainer)


def _student_parts(config: Any) -> _Parts:
    return _Parts("student", lambda model: student_material(model, config), SFTTrainer)


def _teacher_parts(config: Any) -> _Parts:
    return _Parts("teacher", lambda model: teacher_material(model, config), SFTTrainer)


def _distil_parts(config: Any) -> _Parts:
    def trainer(**parts: Any) -> DistilTrainer:
        start = StartWeights(parts["model"]) if config.adapter or config.full else None
        return DistilTrainer(clip=config.clip, start=start, **parts)

    return _Parts("distil", lambda model: distil_material(model, config), trainer)


_PARTS: Mapping[type[TrainConfig], Callable[[Any], _Parts]] = {
    DPOConfig: _dpo_parts,
    SFTConfig: _sft_parts,
    StudentConfig: _student_parts,
    TeacherConfig: _teacher_parts,
    DistilConfig: _distil_parts,
}


def _train(config: TrainConfig, parts: _Parts) -> TrainResult:
    refuse_sharding_in_vain(config)
    with Output(Path(config.out)) as output:
        arguments = training_arguments(config, output.checkpoints)
        session = _open(config, output, parts)
        processes, prepared = PartialState(), None
        with processes.main_process_first():
            if processes.is_main_process:
                prepared = session.begin()
        if output.summary is None:
            session.fit(arguments, parts.make_trainer)
        if prepared is not None:
            session.finish(prepared)
        if processes.is_main_process and config.merge and not output.merged.exists():
            session.merge()
        processes.wait_for_everyone()
        return TrainResult(output.path, output.summary or {})


def _open(config: TrainConfig, output: Output, parts: _Parts) -> _Session:
    model = LocalModel.open(_options(config), load_in=config.load_in)
    refuse_thinking([_options(config)], [model])
    if not model.takes_batches:
        raise ModelError(
            f"{config.model} gives wrong results in batches, so it cannot be trained: see "
            f"`burnish check {config.model}`."
        )
    if config.attention == "flex":
        use_flex(cast(PreTrainedModel, model.model))
    return _Session(config, parts.kind, output, model, parts.material(model))


@final
@dataclass(frozen=True)
class _Session:
    """One call of a verb."""

    config: TrainConfig
    kind: str
    output: Output
    model: LocalModel
    material: Material

    def begin(self) -> Prepared | None:
        """Claim the folder and prepare the examples; None when all was done before."""
        adapter = {"adapter": folder_digest(find_adapter(self.config.adapter))} if self.config.adapter else {}
        fingerprints = {
            "model": self.model.fingerprint,
            **adapter,
            "template": self.model.template_fingerprint,
            **self.material.fingerprints,
        }
        manifest = new_manifest(self.kind, self.config, seed=self.config.seed, fingerprints=fingerprints)
        self.output.begin(manifest, restart=self.config.restart)
        if self.output.summary is not None:
            return None
        prepared = self.material.prepare(self.output.table)
        print(prepared.sentence(), file=sys.stderr)
        return prepared

    def fit(self, arguments: TrainingArguments, make_trainer: MakeTrainer) -> None:
        """Train to the end, from the last whole checkpoint if there is one."""
        trainer = self.trainer(arguments, make_trainer)
        last = self.output.last_checkpoint()
        if last is None or last.step != self.config.max_steps:
            trainer.train(resume_from_checkpoint=str(last.path) if last else None)

    def trainer(self, arguments: TrainingArguments, make_trainer: MakeTrainer) -> AnswerTrainer:
        """Trainer over the prepared examples, with a new adapter on the model."""
        set_seed(self.config.seed)
        # PEFT 0.21 asks transformers 5.23 by a name that it calls old
        warnings.filterwarnings("ignore", message="`is_gradient_checkpointing` is deprecated", category=FutureWarning)
        base = cast(PreTrainedModel, self.model.model)  # it was opened without an adapter
        adapted = (
            train_all(base, projector=self.config.train_projector)
            if self.config.full
            else add_adapter(base, self.config, base_name=_base_name(self.config))
        )
        if self.config.activation_checkpointing:
            checkpoint_activations(network_of(adapted), self.config.activation_checkpointing)
        with tensorboard_files(self.output.path / "tensorboard"):
            trainer = make_trainer(
                model=adapted,
                args=arguments,
                train_dataset=open_table(self.output.table),
                data_collator=self.material.collate,
                features=self._features(),
                callbacks=[StepLog(self.output.log, self.kind), WholeCheckpoints(self.output.checkpoints)],
            )
        trainer.remove_callback(PrinterCallback)
        return trainer

    def _features(self) -> FeatureCache | None:
        if self.config.vision_cache is None:
            return None
        numbers = "bfloat16" if computes_in_bfloat16(self.config) else "float32"
        padded = "padded" if self.config.pad_to_square else "as it is"
        return FeatureCache(Path(self.config.vision_cache), self.model.fingerprint, numbers, padded)

    def finish(self, prepared: Prepared) -> None:
        """Bring out the adapter with its processor, and the summary."""
        last, steps = self.output.last_checkpoint(), read_log(self.output.log)
        if last is None:
            raise RunError(f"{self.output.path} has no whole checkpoint after training: give the same command again.")
        if name := next(filter(None, map(not_finite, sorted(last.path.glob("*.safetensors")))), None):
            raise TrainingError(
                f"The last checkpoint, {last.path}, has weights that are not finite numbers, in {name} first: give a "
                f"lower --lr than {self.config.lr:g}, and --restart."
            )
        self.model.processor.save_pretrained(self.output.path)
        used = {"pad_to_square": self.config.pad_to_square, "thinking": self.config.thinking}
        record_base(self.output.path, self.model.fingerprint, used)
        self.material.accompany(self.output.path)
        last_line: dict[str, Json] = {**steps[-1]}
        if self.config.full:
            write_model(network_of(self.model.model), last.path, self.output.path, self.own_dtype())
            make_readable(self.output.path)
        else:
            self.output.bring_out(last)
        self.output.finish({"steps": last.step, **prepared._asdict(), "last_step": last_line})
        if not self.config.keep_checkpoints:
            self.output.delete_checkpoints()

    def merge(self) -> None:
        """Write the whole model in its own checkpoint's numbers; the folder appears only when it is complete."""
        dtype = _NAMES.get(self.own_dtype(), "float32")
        adapted = LocalModel.open(replace(_options(self.config), adapter=str(self.output.path), dtype=dtype))
        beside = self.output.merged.with_name("merged.tmp")
        cast(PeftModel, adapted.model).merge_and_unload().save_pretrained(beside)
        adapted.processor.save_pretrained(beside)
        self.material.accompany(beside)
        make_readable(beside)
        beside.rename(self.output.merged)

    def own_dtype(self) -> torch.dtype:
        """The number format that the model's own checkpoint says."""
        folder, trusted = find(self.config.model), self.config.trust_remote_code
        own: torch.dtype | None = AutoConfig.from_pretrained(folder, trust_remote_code=trusted).dtype
        return own or torch.float32


def _options(config: TrainConfig) -> ModelOptions:
    """The model on the CPU: Trainer moves it, or its share of it, to where it is trained, but not weights in 4 bits."""
    return ModelOptions(
        model=config.model,
        # weights that are trained themselves would lose small updates in bfloat16: autocast has them in float32
        dtype="bfloat16" if computes_in_bfloat16(config) and not config.full else "float32",
        device=f"cuda:{os.environ.get('LOCAL_RANK', '0')}" if config.load_in and trains_on_gpu(config) else "cpu",
        pad_to_square=config.pad_to_square,
        thinking=config.thinking,
        trust_remote_code=config.trust_remote_code,
    )


def _start_fingerprint(config: TrainConfig, model: LocalModel) -> str:
    """Of the model as it is before the training: as `burnish pairs` has it of a model with the same adapter."""
    return folder_digest(find(config.model), find_adapter(config.adapter)) if config.adapter else model.fingerprint


def _base_name(config: TrainConfig) -> str:
    """What the adapter calls its model: a hub name as it is, a folder by its full path."""
    is_folder = config.model == "pocket" or Path(config.model).expanduser().is_dir()
    return str(find(config.model).resolve()) if is_folder else config.model
