#!/usr/bin/env bash
# LLaMA-Factory 0.9.5 trains some VLMs on another conversation than their own chat template makes.
#
# Its templates are written by hand. One question and one answer without a picture, beside the template that comes with the
# model (as TRL 1.16.0 stores it to recognise models):
#   Gemma 4     begins with a turn "system", "<|think|>You are a helpful assistant.", which no revision of its template has
#               for this conversation: the switch for thoughts is on, and the answer that is learned begins with an empty one
#   LFM2-VL     begins with a system turn of its own, and without the beginning-of-text token
#   LLaVA-NeXT  (Mistral) has no space before "[/INST]"
#   Qwen2.5-VL, Qwen3-VL, Gemma 3   the same as the model's
# After it, transformers and vLLM ask with the model's own template: with a prompt that training never saw. `default_system: ""`
# takes the system turns away. Gemma 4's empty thought stays; with `enable_thinking: false` it stands in the prompt.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 torchaudio==2.11.1 llamafactory==0.9.5
"$folder/venv/bin/pip" install --quiet --no-deps --target "$folder/trl" trl==1.16.0
HF_HUB_OFFLINE=1 "$folder/venv/bin/python" -W ignore - "$folder/trl/trl/chat_templates" <<'PYTHON'
import importlib.metadata
import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import torch

if "+cpu" in torch.__version__:  # torchvision's and torchaudio's operators, which nothing here uses, do not load beside it
    declared = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        declared.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    sys.modules["torchaudio"] = ModuleType("torchaudio")
    sys.modules["torchaudio"].__spec__ = ModuleSpec("torchaudio", None)
from llamafactory.data.template import get_template_and_fix_tokenizer
from llamafactory.hparams import DataArguments
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

OWN = Path(sys.argv[1])
QUESTION, ANSWER = "What is it?", "A dog."


def bytes_only(end: str) -> PreTrainedTokenizerFast:
    """A tokenizer that keeps every letter."""
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    plain = Tokenizer(models.BPE(vocab={letter: i for i, letter in enumerate(letters)}, merges=[]))
    plain.pre_tokenizer, plain.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=plain, bos_token="<bos>", eos_token=end, pad_token="<pad>")


def turn(name: str, end: str, **given) -> tuple[str, str]:
    """What LLaMA-Factory has a model read, and what it has it learn."""
    tokenizer = bytes_only(end)
    template = get_template_and_fix_tokenizer(tokenizer, DataArguments(template=name, **given))
    turns = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": ANSWER}]
    [(prompt, response)] = template.encode_multiturn(tokenizer, turns)
    return tokenizer.decode(prompt), tokenizer.decode(response)


def trained(name: str, end: str, **given) -> str:
    """All of it."""
    return "".join(turn(name, end, **given))


def own(file: str, end: str) -> str:
    """The same conversation by the model's template."""
    tokenizer = bytes_only(end)
    tokenizer.chat_template = (OWN / f"{file}.jinja").read_text()
    turns = [(role, [{"type": "text", "text": text}]) for role, text in (("user", QUESTION), ("assistant", ANSWER))]
    return tokenizer.apply_chat_template([{"role": role, "content": parts} for role, parts in turns], tokenize=False)


print("llamafactory", importlib.metadata.version("llamafactory"))
for name, file, end, expected in (
    ("qwen2_vl", "qwen2_5_vl", "<|im_end|>", True),
    ("qwen3_vl_nothink", "qwen3_vl", "<|im_end|>", True),
    ("gemma3", "gemma3", "<end_of_turn>", True),
    *(("gemma4", file, "<turn|>", False) for file in ("gemma4", *(f"gemma4_v{number}" for number in range(2, 6)))),
    ("lfm2_vl", "lfm2_2_5_vl", "<|im_end|>", False),
    ("llava_next_mistral", "llava_next", "</s>", False),
):
    ours, theirs = trained(name, end), own(file, end)
    print(f"{name}: {ours!r}\n{file}: {theirs!r}", flush=True)
    assert (ours.strip() == theirs.strip()) == expected, "they differ otherwise now"
assert "<|think|>You are" in trained("gemma4", "<turn|>") and "<|channel>thought" in trained("gemma4", "<turn|>")
assert "system" not in trained("lfm2_vl", "<|im_end|>", default_system="")
assert "think|>" not in trained("gemma4", "<turn|>", default_system="")
prompt, learned = turn("gemma4", "<turn|>", default_system="", enable_thinking=False)
assert prompt.endswith("<|channel>thought\n<channel|>") and learned.startswith(ANSWER)
PYTHON
