"""Which flags stand together in a verb's help. Flags that are not named here are the verb's own and come first."""

from __future__ import annotations

from collections.abc import Mapping

_OUTPUT = "out restart retry_dropped json page plot report_to save_steps keep_checkpoints merge"
ASKING: Mapping[str, str] = {
    "What is asked": "per_image per_source only fold limit seed shard",
    "Model": "model adapter student_adapter teacher_adapter judge_adapter dtype device batch_size replicas ray "
    "reuse_gib pad_to_square trust_remote_code",
    "Generation": "max_new_tokens temperature top_p thinking repetition_penalty contrast contrast_alpha contrast_beta",
    "Endpoint": "concurrency timeout retries give_up api_key_env request send send_side",
    "Output": _OUTPUT,
}
"""Title to field names, for verbs that ask a model or read files."""
TRAINING: Mapping[str, str] = {
    "Data": "per_image per_source only fold limit shard mix mix_share max_length pad_to_square thinking",
    "What is trained": "full lora_rank lora_alpha lora_dropout lora_targets lora_variant load_in experts "
    "train_projector",
    "Optimisation": "epochs max_steps lr warmup scheduler optimizer weight_decay max_grad_norm batch_size seed",
    "Held-out pairs": "eval_pairs eval_steps",
    "Model, speed and memory": "model adapter trust_remote_code dtype device per_device workers attention "
    "activation_checkpointing vision_cache deepspeed fsdp",
    "Output": _OUTPUT,
}
"""The same for verbs that train."""


def groups_of(verb: str) -> dict[str, list[str]]:
    """Title to field names, in the order in which the help shows them."""
    table = TRAINING if verb.startswith("train ") else ASKING
    return {title: names.split() for title, names in table.items()}
