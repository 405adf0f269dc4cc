"""What lmms-eval asks, as Burnish's requests; needs no lmms-eval."""

from typing import Any

import pytest
from PIL import Image

from burnish.bench.lmms.conversation import options_of, request_of_context, request_of_messages, wish_of
from burnish.errors import ConfigError, ModelError
from burnish.models import Decoding


def _picture() -> Image.Image:
    return Image.new("L", (4, 2))


def test_messages_keep_their_roles_and_show_pictures_first() -> None:
    parts = [{"type": "text", "text": "What"}, {"type": "image", "url": _picture()}, {"type": "text", "text": "is it?"}]
    messages = [
        {"role": "system", "content": [{"type": "text", "text": "Be brief."}]},
        {"role": "user", "content": parts},
    ]
    request = request_of_messages(messages, seed=3)
    assert [(message.role, message.text) for message in request.messages] == [
        ("system", "Be brief."),
        ("user", "What\nis it?"),
    ]
    (shown,) = request.messages[1].images
    assert (shown.size, shown.mode, request.seed) == ((4, 2), "RGB", 3)


def test_marks_of_pictures_are_taken_out_of_contexts() -> None:
    request = request_of_context("<image>\nWhat is it?", [_picture()], seed=0)
    assert request.messages[0].text == "What is it?" and len(request.messages[0].images) == 1


def test_films_and_sounds_are_refused() -> None:
    with pytest.raises(ModelError, match="shows a video"):
        request_of_messages([{"role": "user", "content": [{"type": "video", "url": "x.mp4"}]}], seed=0)
    with pytest.raises(ModelError, match="shows a str"):
        request_of_context("What?", ["x.mp4"], seed=0)


@pytest.mark.parametrize(
    ("generation", "decoding"),
    [
        ({}, Decoding(max_new_tokens=1024)),
        ({"max_new_tokens": 16, "temperature": 0, "top_p": 0, "num_beams": 1}, Decoding(max_new_tokens=16)),
        ({"temperature": 0.7, "do_sample": False, "top_p": None}, Decoding(max_new_tokens=1024)),
        ({"temperature": 0.7, "top_p": 0.9}, Decoding(max_new_tokens=1024, temperature=0.7, top_p=0.9)),
    ],
)
def test_wishes(generation: dict[str, Any], decoding: Decoding) -> None:
    assert wish_of(generation).decoding == decoding


def test_answers_end_before_the_first_stop() -> None:
    assert wish_of({"until": ["\n\n", "."]}).cut("Red. Or\n\nblue") == "Red"
    assert wish_of({"until": "USER"}).cut("Red.") == "Red."


def test_a_blank_line_ends_an_answer_only_where_the_tasks_file_says_so() -> None:
    """["\\n\\n"] is what lmms-eval fills in for a task that names no stop."""
    assert wish_of({"until": ["\n\n"]}).cut("First.\n\nSecond.") == "First.\n\nSecond."
    assert wish_of({"until": []}).cut("First.\n\nSecond.") == "First.\n\nSecond."
    assert wish_of({"until": ["Q:", "\n\n"]}).cut("First.\n\nSecond.") == "First."


def test_beams_are_not_drawn_at_random() -> None:
    assert wish_of({"num_beams": 5}).decoding == Decoding(max_new_tokens=1024, beams=5)
    with pytest.raises(ConfigError, match="--beams 5 searches, and --temperature 1 draws"):
        wish_of({"num_beams": 5, "temperature": 1.0})


def test_arguments_are_a_models_flags() -> None:
    options = options_of({"model": "pocket", "batch_size": 4, "pad_to_square": True})
    assert (options.model, options.batch_size, options.pad_to_square) == ("pocket", 4, True)
    with pytest.raises(ConfigError, match="'pretrained'; Burnish knows"):
        options_of({"pretrained": "x", "model": "pocket"})
    with pytest.raises(ConfigError, match="names no model"):
        options_of({})
