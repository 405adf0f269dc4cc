"""More of the families in docs/models.md, built as those in `families`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import transformers

import tiny_models
from families import (
    EXPERTS,
    FAMILIES,
    QWEN3_TEXT,
    QWEN3_TOWER,
    ROTARY,
    SQUARE,
    THREE_AXES,
    Built,
    ids_of,
    is_known,
    part,
    qwen,
    random_model,
    tower,
)
from tiny_models import PATCH, PICTURE, WIDTH, byte_tokenizer, chat_template, text_sizes

PINPOINTS = [[PICTURE, PICTURE], [PICTURE, 2 * PICTURE], [2 * PICTURE, PICTURE], [2 * PICTURE, 2 * PICTURE]]
SIGLIP = {"model_type": "siglip_vision_model", **tower(vision_use_head=False)}
TILES = {"size": SQUARE, "crop_to_patches": True, "min_patches": 1, "max_patches": 4}


def qwen2_vl() -> Built:
    vision = {"depth": 2, "embed_dim": WIDTH, "hidden_size": WIDTH, "num_heads": 2, "patch_size": PATCH, "mlp_ratio": 2}
    return qwen("Qwen2VL", vision, {"rope_parameters": THREE_AXES})


def qwen3_5_moe() -> Built:
    text = {"num_hidden_layers": 4, "head_dim": 16, "linear_key_head_dim": 8, "linear_value_head_dim": 8}
    text |= {"linear_num_key_heads": 2, "linear_num_value_heads": 4, **EXPERTS, "num_experts": 4}
    text |= {"shared_expert_intermediate_size": WIDTH}
    text |= {"rope_parameters": {**QWEN3_TEXT["rope_parameters"], "partial_rotary_factor": 0.5}}
    return qwen("Qwen3_5Moe", QWEN3_TOWER, text, 8)


def gemma3() -> Built:
    named = {"image_token": "<image_soft_token>", "boi_token": "<start_of_image>", "eoi_token": "<end_of_image>"}
    tokenizer = byte_tokenizer(**named)
    text = {"num_hidden_layers": 6, "head_dim": 8, "sliding_window": 16, "tie_word_embeddings": True}
    config = transformers.Gemma3Config(
        vision_config=tower(),
        text_config={**text_sizes(tokenizer), **text, "query_pre_attn_scalar": 8},
        mm_tokens_per_image=4,
        **ids_of(tokenizer, **{f"{name}_index": mark for name, mark in named.items()}),
    )
    images = part("gemma3.image_processing_gemma3.Gemma3ImageProcessor")(size=SQUARE)
    template = chat_template("<start_of_image>")
    processor = transformers.Gemma3Processor(images, tokenizer, chat_template=template, image_seq_length=4)
    return random_model("Gemma3ForConditionalGeneration", config), processor


def fast_vlm() -> Built:
    """A convolutional tower, with batch normalisation; strides of 32 make one token of a picture of so many pixels."""
    tokenizer = byte_tokenizer(image_token="<image>")
    vision = {
        "model_type": "timm_wrapper",
        "architecture": "test_efficientnet",
        "hidden_size": 256,
        "do_pooling": False,
    }
    config = transformers.FastVlmConfig(
        vision_config=vision,
        text_config={"model_type": "llama", **text_sizes(tokenizer)},
        **ids_of(tokenizer, image_token_index="<image>"),
    )
    square = {"height": 64, "width": 64}
    images = part("llava.image_processing_pil_llava.LlavaImageProcessorPil")(size=square, do_center_crop=False)
    processor = transformers.LlavaProcessor(
        images, tokenizer, patch_size=32, vision_feature_select_strategy="full", chat_template=chat_template("<image>")
    )
    return random_model("FastVlmForConditionalGeneration", config), processor


def smolvlm() -> Built:
    marks = [f"<row_{row}_col_{column}>" for row in range(1, 4) for column in range(1, 4)]
    others = ("<fake_token_around_image>", "<global-img>", "<end_of_utterance>")
    tokenizer = byte_tokenizer(*others, *marks, image_token="<image>", video_token="<video>")
    config = transformers.SmolVLMConfig(
        vision_config=tower(),
        text_config={"model_type": "llama", **text_sizes(tokenizer)},
        scale_factor=2,
        pad_token_id=tokenizer.pad_token_id,
        **ids_of(tokenizer, image_token_id="<image>"),
    )
    sizes = {"size": {"longest_edge": 2 * PICTURE}, "max_image_size": {"longest_edge": PICTURE}}
    processor = transformers.SmolVLMProcessor(
        part("smolvlm.image_processing_smolvlm.SmolVLMImageProcessor")(**sizes),
        tokenizer,
        part("smolvlm.video_processing_smolvlm.SmolVLMVideoProcessor")(**sizes),
        image_seq_len=4,
        chat_template=chat_template("<image>"),
    )
    return random_model("SmolVLMForConditionalGeneration", config), processor


def idefics2() -> Built:
    tokenizer = byte_tokenizer("<fake_token_around_image>", "<image>", "<end_of_utterance>")
    perceiver = {"hidden_size": WIDTH, "resampler_n_latents": 4, "resampler_depth": 2, "resampler_n_heads": 2}
    config = transformers.Idefics2Config(
        vision_config=tower(image_size=2 * PICTURE),
        perceiver_config={**perceiver, "resampler_head_dim": 16, "num_key_value_heads": 1},
        text_config={"model_type": "mistral", **text_sizes(tokenizer), "sliding_window": 4096},
        **ids_of(tokenizer, image_token_id="<image>"),
    )
    images = part("idefics2.image_processing_idefics2.Idefics2ImageProcessor")(
        size={"longest_edge": 2 * PICTURE, "shortest_edge": PICTURE}, do_image_splitting=False
    )
    template = chat_template("<image>")
    processor = transformers.Idefics2Processor(images, tokenizer, image_seq_len=4, chat_template=template)
    return random_model("Idefics2ForConditionalGeneration", config), processor


def llava_onevision() -> Built:
    tokenizer = byte_tokenizer(image_token="<image>", video_token="<video>")
    config = transformers.LlavaOnevisionConfig(
        vision_config=SIGLIP,
        text_config={"model_type": "qwen2", **text_sizes(tokenizer)},
        image_grid_pinpoints=PINPOINTS,
        **ids_of(tokenizer, image_token_index="<image>", video_token_index="<video>"),
    )
    images = part("llava_onevision.image_processing_llava_onevision.LlavaOnevisionImageProcessor")
    videos = part("llava_onevision.video_processing_llava_onevision.LlavaOnevisionVideoProcessor")
    processor = transformers.LlavaOnevisionProcessor(
        images(size=SQUARE, image_grid_pinpoints=PINPOINTS),
        tokenizer,
        videos(size=SQUARE),
        num_image_tokens=16,
        vision_feature_select_strategy="full",
        chat_template=chat_template("<image>"),
    )
    return random_model("LlavaOnevisionForConditionalGeneration", config), processor


def _pixtral(name: str, config: Any, tokenizer: Any, merge: int) -> Built:
    images = part("pixtral.image_processing_pixtral.PixtralImageProcessor")(
        size={"longest_edge": 2 * PICTURE}, patch_size={"height": PATCH, "width": PATCH}
    )
    processor = transformers.PixtralProcessor(
        images, tokenizer, patch_size=PATCH, spatial_merge_size=merge, chat_template=chat_template("[IMG]")
    )
    return random_model(name, config), processor


def mistral3(text_type: str = "mistral", **text: Any) -> Built:
    tokenizer = byte_tokenizer("[IMG_BREAK]", "[IMG_END]", "[IMG]")
    config = transformers.Mistral3Config(
        vision_config={"model_type": "pixtral", **tower(image_size=2 * PICTURE)},
        text_config={"model_type": text_type, **text_sizes(tokenizer), "head_dim": 8, "sliding_window": None, **text},
        spatial_merge_size=2,
        **ids_of(tokenizer, image_token_index="[IMG]"),
    )
    return _pixtral("Mistral3ForConditionalGeneration", config, tokenizer, 2)


def ministral3() -> Built:
    rope = {"rope_type": "yarn", "rope_theta": 1e6, "factor": 16.0, "original_max_position_embeddings": 64}
    rope |= {"beta_fast": 32.0, "beta_slow": 1.0, "mscale": 1.0, "mscale_all_dim": 1.0, "llama_4_scaling_beta": 0.1}
    return mistral3("ministral3", rope_parameters=rope)


def pixtral() -> Built:
    tokenizer = byte_tokenizer("[IMG_BREAK]", "[IMG_END]", "[IMG]")
    config = transformers.LlavaConfig(
        vision_config={"model_type": "pixtral", **tower(image_size=2 * PICTURE)},
        text_config={"model_type": "mistral", **text_sizes(tokenizer), "head_dim": 8, "sliding_window": None},
        vision_feature_layer=-1,
        vision_feature_select_strategy="full",
        image_seq_length=1,
        **ids_of(tokenizer, image_token_index="[IMG]"),
    )
    return _pixtral("LlavaForConditionalGeneration", config, tokenizer, 1)


def lighton_ocr() -> Built:
    named = {"image_token": "<|image_pad|>", "image_break_token": "<|vision_pad|>", "image_end_token": "<|vision_end|>"}
    tokenizer = byte_tokenizer(**named)
    config = transformers.LightOnOcrConfig(
        vision_config={"model_type": "pixtral", **tower(image_size=2 * PICTURE)},
        text_config={"model_type": "qwen3", **text_sizes(tokenizer), "head_dim": 8},
        spatial_merge_size=2,
        **ids_of(tokenizer, image_token_id="<|image_pad|>"),
    )
    images = part("pixtral.image_processing_pixtral.PixtralImageProcessor")(
        size={"longest_edge": 2 * PICTURE}, patch_size={"height": PATCH, "width": PATCH}
    )
    processor = part("lighton_ocr.processing_lighton_ocr.LightOnOcrProcessor")(
        images, tokenizer, patch_size=PATCH, spatial_merge_size=2, chat_template=chat_template("<|image_pad|>")
    )
    return random_model("LightOnOcrForConditionalGeneration", config), processor


def glm4v() -> Built:
    marks = {"image_token_id": "<|image|>", "video_token_id": "<|video|>"}
    edges = {"image_start_token_id": "<|begin_of_image|>", "image_end_token_id": "<|end_of_image|>"}
    edges |= {"video_start_token_id": "<|begin_of_video|>", "video_end_token_id": "<|end_of_video|>"}
    tokenizer = byte_tokenizer(*marks.values(), *edges.values())
    vision = {"depth": 2, "hidden_size": WIDTH, "out_hidden_size": WIDTH, "intermediate_size": 2 * WIDTH}
    rope = {**ROTARY, "mrope_section": [1, 1, 0], "partial_rotary_factor": 0.5}
    config = transformers.Glm4vConfig(
        vision_config={**vision, "num_heads": 2, "patch_size": PATCH, "image_size": PICTURE},
        text_config={**text_sizes(tokenizer), "rope_parameters": rope},
        **ids_of(tokenizer, **marks, **edges),
    )
    size = {"shortest_edge": 2 * (2 * PATCH) ** 2, "longest_edge": 32 * (2 * PATCH) ** 2}
    processor = part("glm4v.processing_glm4v.Glm4vProcessor")(
        part("glm4v.image_processing_glm4v.Glm4vImageProcessor")(patch_size=PATCH, size=size),
        tokenizer,
        part("glm4v.video_processing_glm4v.Glm4vVideoProcessor")(patch_size=PATCH, size=size),
        chat_template=chat_template("<|begin_of_image|><|image|><|end_of_image|>"),
    )
    return random_model("Glm4vForConditionalGeneration", config), processor


def _cohere_tokenizer(**named: str) -> Any:
    tiles = [f"TILE_{number}" for number in range(1, 13)]
    marks = ["<|START_OF_IMG|>", "<|END_OF_IMG|>", "<|IMG_PATCH|>", "<|IMG_LINE_BREAK|>", "TILE_GLOBAL", "<image>"]
    return byte_tokenizer(*marks, *tiles, **named)


_COHERE_TEXT = {"model_type": "cohere2", "num_hidden_layers": 4, "sliding_window": 16, "logit_scale": 1.0}


def aya_vision() -> Built:
    tokenizer = _cohere_tokenizer()
    config = transformers.AyaVisionConfig(
        vision_config=SIGLIP,
        text_config={**text_sizes(tokenizer), **_COHERE_TEXT, "tie_word_embeddings": True},
        downsample_factor=2,
        **ids_of(tokenizer, image_token_index="<|IMG_PATCH|>"),
    )
    images = part("got_ocr2.image_processing_got_ocr2.GotOcr2ImageProcessor")(**TILES)
    sizes = {"patch_size": PATCH, "img_size": PICTURE, "downsample_factor": 2}
    processor = transformers.AyaVisionProcessor(images, tokenizer, **sizes, chat_template=chat_template("<image>"))
    return random_model("AyaVisionForConditionalGeneration", config), processor


def cohere2_vision() -> Built:
    named = {"image_token": "<|IMG_PATCH|>", "boi_token": "<|START_OF_IMG|>", "eoi_token": "<|END_OF_IMG|>"}
    tokenizer = _cohere_tokenizer(**named, img_line_break_token="<|IMG_LINE_BREAK|>")
    config = transformers.Cohere2VisionConfig(
        vision_config=SIGLIP,
        text_config={**text_sizes(tokenizer), **_COHERE_TEXT, "tie_word_embeddings": True},
        downsample_factor=2,
        alignment_intermediate_size=WIDTH,
        **ids_of(tokenizer, image_token_id="<|IMG_PATCH|>"),
    )
    images = part("cohere2_vision.image_processing_cohere2_vision.Cohere2VisionImageProcessor")(**TILES, patch_size=2)
    template = chat_template("<|IMG_PATCH|>")
    processor = transformers.Cohere2VisionProcessor(images, tokenizer, chat_template=template)
    return random_model("Cohere2VisionForConditionalGeneration", config), processor


def ovis2() -> Built:
    marks = ["<IMG_START>", "<IMG_GRID>", "<IMG_COL>", "<IMG_ROW>", "<IMG_END>"]
    tokenizer = byte_tokenizer("<image>", *marks, image_token="<IMG_ATOM>")
    config = transformers.Ovis2Config(
        vision_config=tower(vocab_size=64, hidden_stride=2),
        text_config={"model_type": "qwen2", **text_sizes(tokenizer)},
        visual_indicator_token_ids=tokenizer.convert_tokens_to_ids(marks),
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        **ids_of(tokenizer, image_token_id="<IMG_ATOM>"),
    )
    images = part("ovis2.image_processing_ovis2.Ovis2ImageProcessor")(size=SQUARE, crop_to_patches=True, max_patches=4)
    template = chat_template("<image>")
    processor = transformers.Ovis2Processor(
        images, tokenizer, image_token="<image>", image_seq_length=4, chat_template=template
    )
    return random_model("Ovis2ForConditionalGeneration", config), processor


def deepseek_vl() -> Built:
    tokenizer = byte_tokenizer(image_token="<image_placeholder>")
    config = transformers.DeepseekVLConfig(
        vision_config=SIGLIP,
        text_config={"model_type": "llama", **text_sizes(tokenizer)},
        **ids_of(tokenizer, image_token_id="<image_placeholder>"),
    )
    images = part("deepseek_vl.image_processing_deepseek_vl.DeepseekVLImageProcessor")(size=SQUARE, min_size=PATCH)
    template = chat_template("<image_placeholder>")
    processor = transformers.DeepseekVLProcessor(images, tokenizer, chat_template=template, num_image_tokens=16)
    return random_model("DeepseekVLForConditionalGeneration", config), processor


def janus() -> Built:
    named = {"boi_token": "<begin_of_image>", "eoi_token": "<end_of_image>"}
    tokenizer = byte_tokenizer(image_token="<image_placeholder>", **named)
    drawing = {"embed_dim": 8, "num_embeddings": 16, "base_channels": 32, "channel_multiplier": [1, 1]}
    drawing |= {"num_res_blocks": 1, "num_patches": 4, "projection_dim": WIDTH, "image_token_embed_dim": WIDTH}
    config = transformers.JanusConfig(
        text_config=text_sizes(tokenizer),
        vision_config=tower(projection_dim=WIDTH, num_image_tokens=16, depth=2),
        vq_config={**drawing, "latent_channels": 32},
        **ids_of(tokenizer, image_token_id="<image_placeholder>"),
    )
    images = part("janus.image_processing_janus.JanusImageProcessor")(size=SQUARE, min_size=PATCH)
    processor = transformers.JanusProcessor(images, tokenizer, chat_template=chat_template("<image_placeholder>"))
    processor.num_image_tokens = 16
    return random_model("JanusForConditionalGeneration", config), processor


def kimi_k25() -> Built:
    marks = ["<|media_start|>", "<|media_content|>", "<|media_end|>"]
    tokenizer = byte_tokenizer(*marks, image_token="<|media_pad|>", video_token="<|video_pad|>")
    text = {"model_type": "deepseek_v3", "num_key_value_heads": 4, "q_lora_rank": 16, "kv_lora_rank": 16, **EXPERTS}
    text |= {"qk_nope_head_dim": 8, "qk_rope_head_dim": 8, "v_head_dim": 8, "n_routed_experts": 4}
    text |= {"n_shared_experts": 1, "first_k_dense_replace": 1, "n_group": 1, "topk_group": 1}
    vision = tower(pos_emb_height=8, pos_emb_width=8)
    del vision["image_size"]
    config = transformers.Kimi_K25Config(
        vision_config=vision,
        projection_hidden_size=WIDTH,
        text_config={**text_sizes(tokenizer), **text},
        **ids_of(tokenizer, image_token_id="<|media_pad|>", video_token_id="<|video_pad|>"),
        **ids_of(tokenizer, vision_start_token_id=marks[0], vision_end_token_id=marks[2]),
    )
    processor = part("kimi_k25.processing_kimi_k25.Kimi_K25Processor")(
        part("kimi_k25.image_processing_kimi_k25.Kimi_K25ImageProcessor")(patch_size=PATCH, max_patches=64),
        tokenizer,
        part("kimi_k25.video_processing_kimi_k25.Kimi_K25VideoProcessor")(patch_size=PATCH),
        chat_template=chat_template("<|media_start|>image<|media_content|><|media_pad|><|media_end|>"),
    )
    return random_model("Kimi_K25ForConditionalGeneration", config), processor


MORE: dict[str, Callable[[], Built]] = {
    build.__name__: build
    for build in (
        qwen2_vl,
        qwen3_5_moe,
        gemma3,
        fast_vlm,
        smolvlm,
        idefics2,
        llava_onevision,
        mistral3,
        ministral3,
        pixtral,
        lighton_ocr,
        glm4v,
        aya_vision,
        cohere2_vision,
        ovis2,
        deepseek_vl,
        janus,
        kimi_k25,
    )
    if is_known(build.__name__)
}
ALL = {**tiny_models.FAMILIES, **FAMILIES, **MORE}
