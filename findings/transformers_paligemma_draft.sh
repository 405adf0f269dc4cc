#!/usr/bin/env bash
# transformers 5.23.0: with a draft model PaliGemma gives other answers, because it reads the draft as part of the question.
#
# Assisted (speculative) decoding is to give the same greedy answers, only sooner. PaliGemma lets a prompt's tokens see
# each other in both directions, and in the first step the draft's proposals stand behind the prompt and count as such:
# what is proposed at the third place changes what is said at the first. Of 10 prompts, each with another random draft:
#   LLaVA       10 answers as without a draft
#   PaliGemma    2 answers as without a draft
# No error, no warning. The better the draft, the rarer it is seen. Of tiny checkpoints of 35 VLM families no other one
# answered otherwise. Mllama and recurrent ones (Qwen3.5) end in an error; `assistant_early_exit` does for all VLMs.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 transformers==5.23.0
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch
import transformers
from transformers import (
    LlavaConfig,
    LlavaForConditionalGeneration,
    PaliGemmaConfig,
    PaliGemmaForConditionalGeneration,
)

transformers.logging.set_verbosity_error()
IMAGE, FEATURES = 63, 4
sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
text = {**sizes, "num_attention_heads": 4, "vocab_size": 64, "pad_token_id": 0}
tower = {**sizes, "num_attention_heads": 2, "image_size": 28, "patch_size": 14}


def llava() -> LlavaForConditionalGeneration:
    config = LlavaConfig(
        vision_config={"model_type": "clip_vision_model", **tower},
        text_config={"model_type": "llama", **text},
        image_token_id=IMAGE,
    )
    return LlavaForConditionalGeneration(config)


def paligemma() -> PaliGemmaForConditionalGeneration:
    config = PaliGemmaConfig(
        vision_config={"model_type": "siglip_vision_model", **tower},
        text_config={"model_type": "gemma", **text, "num_key_value_heads": 1, "head_dim": 8},
        image_token_index=IMAGE,
        projection_dim=32,
    )
    return PaliGemmaForConditionalGeneration(config)


def drawn(make, seed: int):
    """A random model that says more than its last word again."""
    torch.manual_seed(seed)
    model = make().eval()
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.normal_(std=weight[0].numel() ** -0.5)
        model.get_output_embeddings().weight.mul_(0.2)
    return model


def answer(model, word: int, **draft) -> list[int]:
    ids = torch.tensor([[*[IMAGE] * FEATURES, 2, word, 6, 7]])
    asked = {
        "input_ids": ids,
        "attention_mask": torch.ones_like(ids),
        "pixel_values": torch.rand(1, 3, 28, 28, generator=torch.Generator().manual_seed(0)),
    }
    if model.config.model_type == "paligemma":
        asked["token_type_ids"] = torch.zeros_like(ids)  # as its processor gives them: all of it is the prompt
    return model.generate(**asked, max_new_tokens=8, min_new_tokens=8, do_sample=False, **draft)[0, ids.shape[1] :].tolist()


print("transformers", transformers.__version__)
for make, expected in ((llava, 10), (paligemma, 2)):
    model = drawn(make, 0)
    drafts = [drawn(make, seed) for seed in range(1, 11)]
    same = sum(answer(model, 7 + n) == answer(model, 7 + n, assistant_model=draft) for n, draft in enumerate(drafts))
    print(f"{make.__name__}: {same} of 10 answers as without a draft")
    assert same == 10 if expected == 10 else same < 8, "drafts change other answers now"
PYTHON
