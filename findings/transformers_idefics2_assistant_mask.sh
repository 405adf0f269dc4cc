#!/usr/bin/env bash
# transformers 5.23.0: Idefics2's mask of the assistant's tokens marks the picture's or the question's, not the answer's.
#
# `processor.apply_chat_template(..., return_assistant_tokens_mask=True)` finds the answer by its place in the text as the
# template wrote it. Processors tell how far a picture's placeholders moved it; Idefics2's does not. By a template with
# {% generation %} around the answer "A dog.", a question about one picture of 4 tokens has these tokens marked:
#   LLaVA      'A dog.'
#   Idefics2   '<fake_token_around_image><image>'
# The more tokens a picture has, the further before. An "assistant only" loss by this mask is over what is never said.
# Of tiny checkpoints of 35 families PaliGemma alone is off too, by the beginning of text that its processor puts in.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 torchvision==0.28.0 transformers==5.23.0 pillow==12.3.0
"$folder/venv/bin/python" -W ignore - <<'PYTHON'
import torch

if "+cpu" in torch.__version__:  # torchvision's own operators, which nothing here uses, do not load beside this build
    declared = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        declared.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
import transformers
from PIL import Image
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import CLIPImageProcessor, Idefics2Processor, LlavaProcessor, PreTrainedTokenizerFast
from transformers.models.idefics2.image_processing_idefics2 import Idefics2ImageProcessor

TEMPLATE = """{% for m in messages %}{{ m['role'] }}: {% for c in m['content'] %}{% if c['type'] == 'image' %}<image>
{% elif m['role'] == 'assistant' %}{% generation %}{{ c['text'] }}{% endgeneration %}{% else %}{{ c['text'] }}{% endif %}
{% endfor %}{% endfor %}"""


def letters() -> PreTrainedTokenizerFast:
    """A tokenizer of single letters, with marks for pictures."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    plain = Tokenizer(models.BPE(vocab={letter: i for i, letter in enumerate(alphabet)}, merges=[]))
    plain.pre_tokenizer, plain.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=plain, eos_token="</s>", pad_token="<pad>")
    marks = ["<image>", "<fake_token_around_image>", "<end_of_utterance>"]
    tokenizer.add_tokens(marks, special_tokens=True)
    return tokenizer


def marked(processor) -> str:
    picture = Image.new("RGB", (28, 28), "red")
    talk = [
        {"role": "user", "content": [{"type": "image", "image": picture}, {"type": "text", "text": "What?"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "A dog."}]},
    ]
    found = processor.apply_chat_template(
        talk, chat_template=TEMPLATE, tokenize=True, return_dict=True, return_assistant_tokens_mask=True
    )
    [ids], [mask] = found["input_ids"], found["assistant_masks"]
    return processor.tokenizer.decode([token for token, counts in zip(ids, mask, strict=True) if counts])


print("transformers", transformers.__version__)
square = {"height": 28, "width": 28}
llava = LlavaProcessor(
    CLIPImageProcessor(size=square, crop_size=square), letters(), patch_size=14, image_token="<image>",
    vision_feature_select_strategy="full",
)  # fmt: skip
edges = {"longest_edge": 28, "shortest_edge": 14}
idefics2 = Idefics2Processor(Idefics2ImageProcessor(size=edges, do_image_splitting=False), letters(), image_seq_len=4)
for name, processor, expected in (("LLaVA", llava, "A dog."), ("Idefics2", idefics2, None)):
    found = marked(processor)
    print(f"{name}: {found!r}")
    assert found == expected if expected else "dog" not in found, "another mask now"
PYTHON
