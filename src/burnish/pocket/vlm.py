"""Builds the pocket VLM, untrained: transformers' own LLaVA classes at a small size, with a small tokenizer.

Nothing of it is special code: a trained folder loads with `AutoModelForImageTextToText` and `AutoProcessor` and
takes the path of a 7B LLaVA.
"""

from __future__ import annotations

import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    CLIPVisionConfig,
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
)
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

from burnish.pocket.vocabulary import ASSISTANT, BOS, EOS, IMAGE, PAD, SPECIAL_TOKENS, SYSTEM, USER, special_id, words
from burnish.pocket.world.scene import CELL, SIDE

WIDTH = 160
HEAD_WIDTH = 32
MAX_POSITIONS = 2048

CHAT_TEMPLATE = (
    f"{{{{- '{BOS}' -}}}}"
    "{%- for message in messages -%}"
    f"{{{{- {{'user': '{USER}', 'assistant': '{ASSISTANT}', 'system': '{SYSTEM}'}}[message['role']] -}}}}"
    "{%- set parts = [{'type': 'text', 'text': message['content']}] if message['content'] is string"
    " else message['content'] -%}"
    "{%- set said -%}{%- for part in parts -%}"
    f"{{{{- '{IMAGE}' if part['type'] == 'image' else part['text'] -}}}}"
    "{%- endfor -%}{%- endset -%}"
    "{%- if message['role'] == 'assistant' -%}"
    f"{{% generation %}}{{{{- said + '{EOS}' -}}}}{{% endgeneration %}}"
    "{%- else -%}{{- said -}}{%- endif -%}"
    "{%- endfor -%}"
    f"{{%- if add_generation_prompt -%}}{{{{- '{ASSISTANT}' -}}}}{{%- endif -%}}"
)
"""Turns follow one another without white space; an assistant's turn ends with the end token."""

# Words keep the space before them; digits and capitals that spell codes stand alone.
_SPLIT = r" ?[A-Z]?[a-z]+| ?10(?!\d)| ?\d| ?[A-Z]|\s(?!\S)|\s|[^\sA-Za-z\d]"


def build_tokenizer() -> PreTrainedTokenizerFast:
    """Whole words as single tokens, everything else byte by byte: any text comes back as it was."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    spelled = [word.replace(" ", "Ġ") for word in words()]
    vocabulary = list(dict.fromkeys([*SPECIAL_TOKENS, *alphabet, *spelled]))
    ids = {token: index for index, token in enumerate(vocabulary)}
    tokenizer = Tokenizer(models.BPE(vocab=ids, merges=[], ignore_merges=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in SPECIAL_TOKENS])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=BOS,
        eos_token=EOS,
        pad_token=PAD,
        extra_special_tokens={"image_token": IMAGE},
        model_max_length=MAX_POSITIONS,
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )


def build_processor() -> LlavaProcessor:
    """Tokenizer, chat template and an image processor that scales any picture to 64 x 64 and crops nothing."""
    image_processor = CLIPImageProcessorPil(
        size={"height": SIDE, "width": SIDE}, do_center_crop=False, do_resize=True, do_convert_rgb=True
    )
    return LlavaProcessor(
        image_processor=image_processor,
        tokenizer=build_tokenizer(),
        patch_size=CELL,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=CHAT_TEMPLATE,
    )


def build_config(tokenizer: PreTrainedTokenizerFast) -> LlavaConfig:
    """A CLIP tower of 3 layers and a Llama of 4, both of width 160: about 2.5 million parameters."""
    heads = WIDTH // HEAD_WIDTH
    vision = CLIPVisionConfig(
        hidden_size=WIDTH,
        intermediate_size=4 * WIDTH,
        num_hidden_layers=3,
        num_attention_heads=heads,
        image_size=SIDE,
        patch_size=CELL,
        projection_dim=WIDTH,
        # std 0.02 suits width 1,000; at width 160 it leaves the picture's features nearly constant
        initializer_factor=3.0,
    )
    text = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=448,
        num_hidden_layers=4,
        num_attention_heads=heads,
        num_key_value_heads=heads,
        max_position_embeddings=MAX_POSITIONS,
        # about 1 / sqrt(width), for the same reason
        initializer_range=0.08,
        bos_token_id=special_id(BOS),
        eos_token_id=special_id(EOS),
        pad_token_id=special_id(PAD),
        tie_word_embeddings=False,
    )
    return LlavaConfig(
        vision_config=vision,
        text_config=text,
        image_token_index=special_id(IMAGE),
        vision_feature_select_strategy="default",
        vision_feature_layer=-1,
        image_seq_length=(SIDE // CELL) ** 2,
        tie_word_embeddings=False,
    )


def build_model(tokenizer: PreTrainedTokenizerFast, seed: int = 0) -> LlavaForConditionalGeneration:
    """A freshly initialised model; the projector gets Xavier's initialisation."""
    torch.manual_seed(seed)
    model = LlavaForConditionalGeneration(build_config(tokenizer))
    for layer in (model.model.multi_modal_projector.linear_1, model.model.multi_modal_projector.linear_2):
        torch.nn.init.xavier_uniform_(layer.weight)
        torch.nn.init.zeros_(layer.bias)
    return model
