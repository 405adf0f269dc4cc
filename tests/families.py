"""Small random models of the families that people train now, with the library's own processors, video parts and all.

They need torchvision, which Burnish brings. `FAMILIES` maps a family's name to what builds its model and processor.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeAlias

import torch
import transformers
from transformers import PreTrainedTokenizerFast

from tiny_models import OTHER_ENDS, PATCH, PICTURE, WIDTH, byte_tokenizer, chat_template, text_sizes

Built: TypeAlias = tuple[Any, Any]
ROTARY = {"rope_type": "default", "rope_theta": 10_000.0}
THREE_AXES = {**ROTARY, "mrope_section": [2, 1, 1]}
QWEN_PIXELS = {"shortest_edge": (2 * PATCH) ** 2, "longest_edge": 16 * (2 * PATCH) ** 2}
SQUARE = {"height": PICTURE, "width": PICTURE}
WRONG = {"llama4": "its own `generate` fails"} if transformers.__version__ == "5.24.0" else {}
"""What is wrong in transformers itself, in the oldest and the newest version that `make test-models` tries."""
EXPERTS = {"num_experts_per_tok": 2, "moe_intermediate_size": WIDTH}


def is_known(family: str) -> bool:
    """Whether this version of transformers has the family."""
    return find_spec(f"transformers.models.{family}") is not None


def part(name: str) -> Any:
    """A class of transformers by its module and name, such as `gemma3.image_processing_gemma3.Gemma3ImageProcessor`."""
    module, _, attribute = name.rpartition(".")
    return getattr(import_module(f"transformers.models.{module}"), attribute)


def tower(**changes: Any) -> dict[str, Any]:
    """Sizes of a small vision tower."""
    sizes = {"hidden_size": WIDTH, "intermediate_size": 2 * WIDTH, "num_hidden_layers": 2, "num_attention_heads": 2}
    return {**sizes, "image_size": PICTURE, "patch_size": PATCH, **changes}


def random_model(name: str, config: Any) -> Any:
    """A model of this class, whose answers depend on picture and question and end at different lengths."""
    torch.manual_seed(0)
    model = getattr(transformers, name)(config).eval()
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if "gate" in key.rpartition(".")[2]:
                parameter.fill_(0.7)  # Mllama's gates are closed at first
            elif parameter.dim() > 1:
                inputs = parameter.shape[-1] if parameter.dim() == 3 and "expert" in key else parameter[0].numel()
                parameter.normal_(std=inputs**-0.5)
        head, embedding = model.get_output_embeddings(), model.get_input_embeddings()
        if head.weight is embedding.weight:
            head.weight.mul_(0.3)
        head.weight[256:].zero_()  # no answer has a picture's mark in it
    text = config.get_text_config()
    model.generation_config.eos_token_id = [text.eos_token_id, *OTHER_ENDS]
    model.generation_config.pad_token_id = text.pad_token_id
    return model


def ids_of(tokenizer: PreTrainedTokenizerFast, **marks: str) -> dict[str, int]:
    """From names in a configuration to the tokens of these marks."""
    return {name: tokenizer.convert_tokens_to_ids(mark) for name, mark in marks.items()}


def qwen(kind: str, vision: Mapping[str, Any], text: Mapping[str, Any], patch: int = PATCH) -> Built:
    """A Qwen-VL: pictures in their own resolution, cut into patches, and positions of three axes."""
    tokenizer = byte_tokenizer(
        image_token="<|image_pad|>",
        video_token="<|video_pad|>",
        vision_start_token="<|vision_start|>",
        vision_end_token="<|vision_end|>",
    )
    marks = ids_of(
        tokenizer,
        image_token_id="<|image_pad|>",
        video_token_id="<|video_pad|>",
        vision_start_token_id="<|vision_start|>",
        vision_end_token_id="<|vision_end|>",
    )
    config = getattr(transformers, f"{kind}Config")(
        vision_config=dict(vision), text_config={**text_sizes(tokenizer), **text}, **marks
    )
    older = kind in ("Qwen2VL", "Qwen2_5_VL")
    video = "qwen2_vl.video_processing_qwen2_vl.Qwen2VLVideoProcessor"
    newer = "qwen3_vl.video_processing_qwen3_vl.Qwen3VLVideoProcessor"
    size = {"shortest_edge": (2 * patch) ** 2, "longest_edge": 16 * (2 * patch) ** 2}
    processor = getattr(transformers, f"{kind}Processor" if older else "Qwen3VLProcessor")(
        part("qwen2_vl.image_processing_qwen2_vl.Qwen2VLImageProcessor")(patch_size=patch, size=size),
        tokenizer,
        part(video if older else newer)(patch_size=patch, size=size),
        chat_template=chat_template("<|vision_start|><|image_pad|><|vision_end|>"),
    )
    return random_model(f"{kind}ForConditionalGeneration", config), processor


def qwen2_5_vl() -> Built:
    vision = {"depth": 2, "hidden_size": WIDTH, "out_hidden_size": WIDTH, "intermediate_size": 2 * WIDTH}
    vision |= {"num_heads": 2, "patch_size": PATCH, "window_size": 4 * PATCH, "fullatt_block_indexes": [1]}
    return qwen("Qwen2_5_VL", vision, {"rope_parameters": THREE_AXES})


QWEN3_TOWER: dict[str, Any] = {
    "depth": 3,
    "hidden_size": WIDTH,
    "out_hidden_size": WIDTH,
    "intermediate_size": 2 * WIDTH,
}
QWEN3_TOWER |= {"num_heads": 2, "patch_size": 8, "num_position_embeddings": 16}
QWEN3_TEXT: dict[str, Any] = {
    "num_hidden_layers": 3,
    "head_dim": 8,
    "rope_parameters": {**THREE_AXES, "mrope_interleaved": True},
}


def qwen3_vl() -> Built:
    return qwen("Qwen3VL", {**QWEN3_TOWER, "deepstack_visual_indexes": [0, 1]}, QWEN3_TEXT, 8)


def qwen3_vl_moe() -> Built:
    vision = {**QWEN3_TOWER, "deepstack_visual_indexes": [0, 1]}
    return qwen("Qwen3VLMoe", vision, {**QWEN3_TEXT, **EXPERTS, "num_experts": 4}, 8)


def qwen3_5() -> Built:
    text = {"num_hidden_layers": 4, "head_dim": 16, "linear_key_head_dim": 8, "linear_value_head_dim": 8}
    text |= {"linear_num_key_heads": 2, "linear_num_value_heads": 4}
    text |= {"rope_parameters": {**THREE_AXES, "mrope_interleaved": True, "partial_rotary_factor": 0.5}}
    return qwen("Qwen3_5", QWEN3_TOWER, text, 8)


def glm4v_moe() -> Built:
    marks = {"image": "<|image|>", "video": "<|video|>"}
    edges = {f"{kind}_{edge}": f"<|{verb}_of_{kind}|>" for kind in marks for edge, verb in _EDGES.items()}
    tokenizer = byte_tokenizer(*marks.values(), *edges.values())
    names = {f"{name}_token_id": mark for name, mark in {**marks, **edges}.items()}
    vision = {"depth": 2, "hidden_size": WIDTH, "out_hidden_size": WIDTH, "intermediate_size": 2 * WIDTH}
    text = {"rope_parameters": {**ROTARY, "mrope_section": [1, 1, 0], "partial_rotary_factor": 0.5}, **EXPERTS}
    config = transformers.Glm4vMoeConfig(
        vision_config={**vision, "num_heads": 2, "patch_size": PATCH, "image_size": PICTURE},
        text_config={**text_sizes(tokenizer), **text, "n_routed_experts": 4, "first_k_dense_replace": 1},
        **ids_of(tokenizer, **names),
    )
    size = {edge: 2 * pixels for edge, pixels in QWEN_PIXELS.items()}
    processor = part("glm4v.processing_glm4v.Glm4vProcessor")(
        part("glm4v.image_processing_glm4v.Glm4vImageProcessor")(patch_size=PATCH, size=size),
        tokenizer,
        part("glm4v.video_processing_glm4v.Glm4vVideoProcessor")(patch_size=PATCH, size=size),
        chat_template=chat_template("<|begin_of_image|><|image|><|end_of_image|>"),
    )
    return random_model("Glm4vMoeForConditionalGeneration", config), processor


_EDGES = {"start": "begin", "end": "end"}


def gemma4() -> Built:
    named = {"image_token": "<|image|>", "boi_token": "<|image>", "eoi_token": "<image|>"}
    named |= {"audio_token": "<|audio|>", "boa_token": "<|audio>", "eoa_token": "<audio|>"}
    tokenizer = byte_tokenizer("<|video|>", **named)
    layers = [*["sliding_attention"] * 2, "full_attention"] * 2
    text = {"num_hidden_layers": 6, "head_dim": 8, "global_head_dim": 8, "sliding_window": 16, "layer_types": layers}
    text |= {"tie_word_embeddings": True, "vocab_size_per_layer_input": len(tokenizer)}
    text |= {"hidden_size_per_layer_input": 8, "num_kv_shared_layers": 0}
    vision = {"num_key_value_heads": 2, "head_dim": 16, "pooling_kernel_size": 2, "position_embedding_size": 64}
    config = transformers.Gemma4Config(
        vision_config=tower(**vision),
        text_config={**text_sizes(tokenizer), **text},
        audio_config=None,
        **ids_of(tokenizer, **{f"{name}_id": mark for name, mark in named.items()}, video_token_id="<|video|>"),
    )
    images = part("gemma4.image_processing_gemma4.Gemma4ImageProcessor")
    processor = transformers.Gemma4Processor(
        part("gemma4.feature_extraction_gemma4.Gemma4AudioFeatureExtractor")(),
        images(patch_size=PATCH, max_soft_tokens=70, pooling_kernel_size=2),
        tokenizer,
        part("gemma4.video_processing_gemma4.Gemma4VideoProcessor")(),
        chat_template=chat_template("<|image|>"),
        image_seq_length=70,
    )
    return random_model("Gemma4ForConditionalGeneration", config), processor


def lfm2_vl() -> Built:
    places = [f"<|img_row_{row}_col_{column}|>" for row in range(1, 5) for column in range(1, 5)]
    named = {"image_token": "<image>", "image_start_token": "<|image_start|>", "image_end_token": "<|image_end|>"}
    tokenizer = byte_tokenizer(*places, image_thumbnail_token="<|img_thumbnail|>", **named)
    vision = {"model_type": "siglip2_vision_model", "num_patches": 64, "vision_use_head": False}
    text = {"model_type": "lfm2", "num_hidden_layers": 4, "layer_types": ["conv", "full_attention"] * 2}
    config = transformers.Lfm2VlConfig(
        vision_config=tower(**vision),
        text_config={**text_sizes(tokenizer), **text, "block_multiple_of": 8, "tie_word_embeddings": True},
        downsample_factor=2,
        projector_hidden_size=WIDTH,
        **ids_of(tokenizer, image_token_id="<image>"),
    )
    images = part("lfm2_vl.image_processing_lfm2_vl.Lfm2VlImageProcessor")(
        tile_size=PICTURE,
        encoder_patch_size=PATCH,
        downsample_factor=2,
        max_image_tokens=16,
        min_image_tokens=4,
        max_num_patches=64,
        min_tiles=2,
        max_tiles=4,
    )
    processor = transformers.Lfm2VlProcessor(images, tokenizer, chat_template=chat_template("<image>"))
    return random_model("Lfm2VlForConditionalGeneration", config), processor


def molmo2() -> Built:
    marks = {"image_start": "<im_start>", "low_res_image_start": "<low_res_im_start>", "image_end": "<im_end>"}
    marks |= {"frame_start": "<frame_start>", "frame_end": "<frame_end>"}
    tokenizer = byte_tokenizer("<im_patch>", "<im_col>", "<im_low>", "<|image|>", "<|video|>", *marks.values())
    heads = {"num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 16}
    vision = {**heads, "image_size": [PICTURE, PICTURE], "num_position_embeddings": 16, "num_hidden_layers": 3}
    adapter = {"vision_feature_layer": [-1, -2], "hidden_size": WIDTH, "intermediate_size": 2 * WIDTH, **heads}
    config = transformers.Molmo2Config(
        vision_config=tower(**vision),
        adapter_config={**adapter, "text_hidden_size": WIDTH},
        text_config={**text_sizes(tokenizer), "head_dim": 8, "additional_vocab_size": 8, "rope_parameters": ROTARY},
        image_patch_id=tokenizer.convert_tokens_to_ids("<im_patch>"),
        **ids_of(tokenizer, **{f"{name}_token_id": mark for name, mark in marks.items()}),
    )
    images = part("molmo2.image_processing_molmo2.Molmo2ImageProcessor")(
        size=SQUARE, max_crops=4, overlap_margins=[1, 1], patch_size=PATCH, pooling_size=[2, 2]
    )
    processor = transformers.Molmo2Processor(
        images,
        part("molmo2.video_processing_molmo2.Molmo2VideoProcessor")(),
        tokenizer,
        chat_template=chat_template("<|image|>"),
    )
    return random_model("Molmo2ForConditionalGeneration", config), processor


def mllama() -> Built:
    tokenizer = byte_tokenizer("<|python_tag|>", "<|image|>")
    # as in the real one, the picture's mark is one beyond the words of the output head
    sizes = {**text_sizes(tokenizer), "vocab_size": len(tokenizer) - 1, "num_hidden_layers": 4}
    vision = {"hidden_size": WIDTH, "intermediate_size": 2 * WIDTH, "num_hidden_layers": 2, "num_global_layers": 1}
    vision |= {"attention_heads": 2, "vision_output_dim": 2 * WIDTH, "image_size": PICTURE, "patch_size": PATCH}
    config = transformers.MllamaConfig(
        vision_config={**vision, "max_num_tiles": 4, "intermediate_layers_indices": [0]},
        text_config={**sizes, "cross_attention_layers": [1, 3], "rope_parameters": ROTARY},
        image_token_index=tokenizer.convert_tokens_to_ids("<|image|>"),
    )
    images = part("mllama.image_processing_mllama.MllamaImageProcessor")(size=SQUARE, max_image_tiles=4)
    processor = transformers.MllamaProcessor(images, tokenizer, chat_template=chat_template("<|image|>"))
    return random_model("MllamaForConditionalGeneration", config), processor


def paligemma() -> Built:
    tokenizer = byte_tokenizer(image_token="<image>")
    images = part("siglip.image_processing_siglip.SiglipImageProcessor")(size=SQUARE)
    images.image_seq_length = 16
    text = {"model_type": "gemma", "head_dim": 8, "tie_word_embeddings": True}
    config = transformers.PaliGemmaConfig(
        vision_config={"model_type": "siglip_vision_model", **tower(vision_use_head=False)},
        text_config={**text_sizes(tokenizer), **text},
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        projection_dim=WIDTH,
        hidden_size=WIDTH,
        vocab_size=len(tokenizer),
    )
    template = chat_template("<image>").replace("{{ bos_token }}", "")
    processor = transformers.PaliGemmaProcessor(images, tokenizer, chat_template=template)
    return random_model("PaliGemmaForConditionalGeneration", config), processor


def llama4() -> Built:
    marks = ["<|image|>", "<|patch|>", "<|image_start|>", "<|image_end|>"]
    tokenizer = byte_tokenizer(*marks, "<|tile_x_separator|>", "<|tile_y_separator|>")
    vision = {"vision_output_dim": WIDTH, "projector_input_dim": WIDTH, "projector_output_dim": WIDTH}
    text = {"num_hidden_layers": 4, "head_dim": 8, "intermediate_size_mlp": 2 * WIDTH, "num_local_experts": 4}
    text |= {"num_experts_per_tok": 1, "interleave_moe_layer_step": 2, "attention_chunk_size": 64}
    config = transformers.Llama4Config(
        vision_config=tower(intermediate_size=4 * WIDTH, pixel_shuffle_ratio=0.5, **vision),
        text_config={**text_sizes(tokenizer), **text, "rope_parameters": ROTARY},
        **ids_of(tokenizer, image_token_index="<|patch|>", boi_token_index=marks[2], eoi_token_index=marks[3]),
    )
    images = part("llama4.image_processing_llama4.Llama4ImageProcessor")(
        size=SQUARE, max_patches=4, resize_to_max_canvas=False
    )
    processor = transformers.Llama4Processor(
        images, tokenizer, patch_size=PATCH, pixel_shuffle_ratio=0.5, chat_template=chat_template("<|image|>")
    )
    return random_model("Llama4ForConditionalGeneration", config), processor


def video_llama_3() -> Built:
    tokenizer = byte_tokenizer(image_token="<image>", video_token="<video>")
    vision = tower()
    del vision["image_size"]
    config = transformers.VideoLlama3Config(
        vision_config=vision,
        text_config={"model_type": "qwen2", **text_sizes(tokenizer)},
        **ids_of(tokenizer, image_token_id="<image>", video_token_id="<video>"),
    )
    images = part("video_llama_3.image_processing_video_llama_3.VideoLlama3ImageProcessor")
    videos = part("video_llama_3.video_processing_video_llama_3.VideoLlama3VideoProcessor")
    processor = transformers.VideoLlama3Processor(
        images(patch_size=PATCH, size=QWEN_PIXELS),
        tokenizer,
        videos(patch_size=PATCH),
        chat_template=chat_template("<image>"),
    )
    return random_model("VideoLlama3ForConditionalGeneration", config), processor


def internvl() -> Built:
    named = {"start_image_token": "<img>", "end_image_token": "</img>", "context_image_token": "<IMG_CONTEXT>"}
    tokenizer = byte_tokenizer(**named, video_token="<video>")
    config = transformers.InternVLConfig(
        vision_config=tower(image_size=[PICTURE, PICTURE], patch_size=[PATCH, PATCH]),
        text_config={"model_type": "qwen3", **text_sizes(tokenizer), "head_dim": 8},
        image_seq_length=4,
        **ids_of(tokenizer, image_token_id="<IMG_CONTEXT>"),
    )
    processor = transformers.InternVLProcessor(
        part("got_ocr2.image_processing_got_ocr2.GotOcr2ImageProcessor")(
            size=SQUARE, crop_to_patches=True, min_patches=1, max_patches=4
        ),
        tokenizer,
        part("internvl.video_processing_internvl.InternVLVideoProcessor")(size=SQUARE),
        image_seq_length=4,
        chat_template=chat_template("<IMG_CONTEXT>"),
    )
    return random_model("InternVLForConditionalGeneration", config), processor


def perception_lm() -> Built:
    tokenizer = byte_tokenizer(image_token="<|image|>", video_token="<|video|>")
    vit = {"embed_dim": WIDTH, "img_size": [PICTURE] * 2, "depth": 2, "num_heads": 2, "patch_size": [PATCH] * 2}
    vit |= {"global_pool": "", "use_post_transformer_norm": False, "init_values": 0.1, "ref_feat_shape": [1, 1]}
    vision = {"model_type": "timm_wrapper", "architecture": "vit_pe_core_large_patch14_336", "do_pooling": True}
    config = transformers.PerceptionLMConfig(
        vision_config={**vision, "num_classes": 0, "model_args": vit},
        text_config={"model_type": "llama", **text_sizes(tokenizer)},
        vision_use_cls_token=True,
        projector_pooling_ratio=2,
        **ids_of(tokenizer, image_token_id="<|image|>", video_token_id="<|video|>"),
    )
    images = part("perception_lm.image_processing_perception_lm.PerceptionLMImageProcessor")
    videos = part("perception_lm.video_processing_perception_lm.PerceptionLMVideoProcessor")
    processor = transformers.PerceptionLMProcessor(
        videos(size=SQUARE),
        images(tile_size=PICTURE, max_num_tiles=4, max_frame_tiles=1, size=SQUARE, vision_input_type="thumb+tile"),
        tokenizer,
        patch_size=PATCH,
        pooling_ratio=2,
        chat_template=chat_template("<|image|>"),
    )
    return random_model("PerceptionLMForConditionalGeneration", config), processor


FAMILIES: dict[str, Callable[[], Built]] = {
    build.__name__: build
    for build in (
        qwen2_5_vl,
        qwen3_vl,
        qwen3_vl_moe,
        qwen3_5,
        glm4v_moe,
        gemma4,
        lfm2_vl,
        molmo2,
        mllama,
        paligemma,
        llama4,
        video_llama_3,
        internvl,
        perception_lm,
    )
    if is_known(build.__name__)
}
