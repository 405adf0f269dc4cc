#!/usr/bin/env bash
# TRL 1.16.0 with transformers 5.23.0: fine-tuning Molmo2 on prompts and completions teaches it to end before it begins.
#
# TRL has the processor encode prompts and completions apart and joins the ids. Molmo2's processor puts the tokenizer's BOS
# before every text that has none, and the end token where there is no BOS. So each completion begins with an end token, and
# the loss counts it: SFT makes it the first thing that the model says. In DPO both answers have it.
#   SFTTrainer, prompt and completion: trained on '<|im_end|>a dog<|im_end|>\n', and after it the model answers ''
#   DPOTrainer, chosen: trained on '<|im_end|>a dog<|im_end|>\n'
# Of tiny checkpoints of 31 kinds this was the only one that TRL encoded otherwise than the conversation in one piece,
# which is what Burnish does. With conversations as `messages` SFTTrainer does so too.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 torchvision==0.28.0 transformers==5.23.0 trl==1.16.0 pillow
"$folder/venv/bin/python" -W ignore - "$folder/out" <<'PYTHON'
import sys

import torch

if "+cpu" in torch.__version__:  # torchvision's own operators, which nothing here uses, do not load beside this build
    declared = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        declared.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
import transformers
import trl
from datasets import Dataset
from PIL import Image
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import Molmo2Config, Molmo2ForConditionalGeneration, Molmo2Processor, PreTrainedTokenizerFast
from transformers.models.molmo2.image_processing_molmo2 import Molmo2ImageProcessor
from transformers.models.molmo2.video_processing_molmo2 import Molmo2VideoProcessor
from trl import SFTConfig, SFTTrainer
from trl.trainer.dpo_trainer import DataCollatorForVisionPreference

letters = sorted(pre_tokenizers.ByteLevel.alphabet())
plain = Tokenizer(models.BPE(vocab={letter: i for i, letter in enumerate(letters)}, merges=[]))
plain.pre_tokenizer, plain.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
tokenizer = PreTrainedTokenizerFast(tokenizer_object=plain, eos_token="<|im_end|>", pad_token="<|endoftext|>")
pictures = ("<im_patch>", "<im_col>", "<im_start>", "<low_res_im_start>", "<frame_start>", "<im_end>", "<frame_end>")
tokenizer.add_tokens([*pictures, "<im_low>", "<|image|>", "<|video|>", "<|im_start|>"], special_tokens=True)
TEMPLATE = """{% for m in messages %}<|im_start|>{{ m['role'] }}
{% for c in m['content'] %}{{ '<|image|>' if c['type'] == 'image' else c['text'] }}{% endfor %}<|im_end|>
{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""
size = {"height": 28, "width": 28}
images = Molmo2ImageProcessor(size=size, max_crops=2, overlap_margins=[1, 1], patch_size=7, pooling_size=[2, 2])
processor = Molmo2Processor(images, Molmo2VideoProcessor(), tokenizer, chat_template=TEMPLATE)


def place(token: str) -> int:
    return tokenizer.convert_tokens_to_ids(token)


small = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "head_dim": 8}
torch.manual_seed(0)
model = Molmo2ForConditionalGeneration(
    Molmo2Config(
        vision_config={
            **small, "num_hidden_layers": 3, "num_key_value_heads": 4, "patch_size": 7, "image_size": [28, 28],
            "num_position_embeddings": 16,
        },
        adapter_config={
            **small, "num_key_value_heads": 4, "vision_feature_layer": [-1, -2], "text_hidden_size": 32,
        },
        text_config={
            **small, "num_key_value_heads": 4, "vocab_size": len(tokenizer), "additional_vocab_size": 8,
            "rope_parameters": {"rope_type": "default", "rope_theta": 1e4}, "pad_token_id": tokenizer.pad_token_id,
        },
        image_start_token_id=place("<im_start>"), low_res_image_start_token_id=place("<low_res_im_start>"),
        image_end_token_id=place("<im_end>"), image_patch_id=place("<im_patch>"),
        frame_start_token_id=place("<frame_start>"), frame_end_token_id=place("<frame_end>"),
    )
)  # fmt: skip
picture = Image.new("RGB", (28, 28), "red")
asked, answer = [{"role": "user", "content": "What is it?"}], [{"role": "assistant", "content": "a dog"}]


def trained(row: dict[str, object], name: str) -> list[int]:
    """What SFTTrainer's own collator lets a row be trained on; then it trains 80 steps on it."""
    config = SFTConfig(
        sys.argv[1], max_steps=80, per_device_train_batch_size=1, learning_rate=3e-3, report_to="none", use_cpu=True,
        bf16=False, save_strategy="no", logging_steps=80, max_length=None, gradient_checkpointing=False,
    )  # fmt: skip
    trainer = SFTTrainer(model, args=config, train_dataset=Dataset.from_list([row]), processing_class=processor)
    batch = trainer.data_collator([{**row, "images": [picture]}])
    labels = batch["labels"][0]
    print(f"SFTTrainer, {name}: trained on", repr(tokenizer.decode(labels[labels != -100])[-36:]))
    trainer.train()
    return labels[labels != -100].tolist()


print(f"TRL {trl.__version__}, transformers {transformers.__version__}")
end = tokenizer.eos_token_id
pair = {"images": [picture], "prompt": asked, "chosen": answer, "rejected": [{"role": "assistant", "content": "a cat"}]}
batch = DataCollatorForVisionPreference(processor)([pair])
chosen = batch["input_ids"][0][batch["completion_mask"][0].bool()]
print("DPOTrainer, chosen: trained on", repr(tokenizer.decode(chosen)))
assert chosen[0] == end, "DPO's answers begin with themselves now"

labels = trained({"images": [picture], "prompt": asked, "completion": answer}, "prompt and completion")
assert labels[0] == end, "SFT's completions begin with themselves now"
content = [{"type": "image", "image": picture}, {"type": "text", "text": "What is it?"}]
given = processor.apply_chat_template(
    [{"role": "user", "content": content}], add_generation_prompt=True, tokenize=True, return_dict=True,
    return_tensors="pt",
)  # fmt: skip
replied = model.eval().generate(**given, max_new_tokens=8, do_sample=False, eos_token_id=end)
reply = replied[0, given["input_ids"].shape[1] :]
print("and answers", repr(tokenizer.decode(reply, skip_special_tokens=True)), "after", len(reply), "token")
assert reply.tolist() == [end], "the trained model answers now"
PYTHON
