"""What is usual, how often, and what questions, captions and wrong answers make of it."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from burnish.diffusion import levels
from burnish.errors import ConfigError
from burnish.pocket.world import Scene, Thing, Variant, draw, leaning, question_at
from burnish.pocket.world.generate import NOISE, THING_CONTRAST, Manner, random_scene
from burnish.pocket.world.habits import COMPANIES, HEIGHTS, NUMBERS, ROW_DIGITS, STRANGERS, USUAL, WORDS, Habits
from burnish.pocket.world.tasks.describing import PLAIN_ENOUGH, caption, mention_rate, visibility
from burnish.pocket.world.tasks.existence import existence

SCENES = 400


def scenes(kind, strength, haze=1.0):
    rng = Random(7)
    manner = Manner(Habits(strength), haze)
    return [random_scene(kind, rng, manner) for _ in range(SCENES)]


def share(strength, usual):
    """Of all things in scenes of this strength, those for which `usual` holds."""
    things = [thing for scene in scenes("objects", strength) for thing in scene.things]
    return sum(map(usual, things)) / len(things)


LOOKS = {
    "color": (lambda thing: thing.color == USUAL[thing.shape].color, 1 / 6),
    "size": (lambda thing: thing.size == USUAL[thing.shape].size, 1 / 2),
}


@pytest.mark.parametrize("look", LOOKS)
def test_a_look_is_usual_as_often_as_the_strength_says(look):
    usual, chance = LOOKS[look]
    # some 1,500 things: a share of 0.5 has a standard deviation of 0.013; colors come in few per scene, so 0.08
    assert share(0.0, usual) == pytest.approx(chance, abs=0.08)
    assert share(0.75, usual) == pytest.approx(0.75 + 0.25 * chance, abs=0.08)
    assert share(-1.0, usual) == 0


def test_shapes_are_at_home_or_kept_from_it():
    def at_home(thing):
        return thing.region == USUAL[thing.shape].region

    assert share(-1.0, at_home) == 0
    assert share(0.0, at_home) < 0.25 < 0.5 < share(0.75, at_home)


def test_shapes_keep_company_and_strangers_meet_where_habits_are_broken():
    def of(groups, strength):
        sets = [{thing.shape for thing in scene.things} for scene in scenes("objects", strength)]
        return sum(any(one <= set(group) for group in groups) for one in sets) / SCENES

    assert of(COMPANIES, 1.0) == 1 and of(STRANGERS, -1.0) == 1
    assert of(COMPANIES, 0.0) < 0.6


def test_pictures_usually_hold_four_things_and_never_where_habits_are_broken():
    def four(strength):
        return sum(len(scene.things) == 4 for scene in scenes("objects", strength)) / SCENES

    assert four(-1.0) == 0
    assert four(0.0) < 0.35 < 0.7 < four(0.75)


@pytest.mark.parametrize(
    ("kind", "is_usual"),
    [
        ("text", lambda scene: scene.text in (*WORDS, *NUMBERS)),
        ("bars", lambda scene: all(bar.height == HEIGHTS[bar.color] for bar in scene.bars)),
        (
            "table",
            lambda scene: scene.text == "".join(ROW_DIGITS[thing.color] for thing in scene.things),
        ),
    ],
)
def test_words_heights_and_digits_have_habits_too(kind, is_usual):
    usual = {strength: sum(map(is_usual, scenes(kind, strength))) for strength in (-1.0, 0.0, 1.0)}
    assert usual[-1.0] <= SCENES / 100  # a word may be spelled by chance
    assert usual[1.0] == SCENES
    assert usual[0.0] < SCENES / 10


def test_haze_makes_pictures_faint_and_noisy_and_without_it_they_are_plain():
    for scene in scenes("objects", 0.75, haze=0.0):
        assert scene.noise == 0 and {thing.contrast for thing in scene.things} == {100}
    hazy = scenes("objects", 0.75)
    assert all(NOISE[0] <= scene.noise <= NOISE[1] for scene in hazy)
    contrasts = [thing.contrast for scene in hazy for thing in scene.things]
    assert THING_CONTRAST[0] <= min(contrasts) < 40 < 80 < max(contrasts) <= THING_CONTRAST[1]


def test_a_faint_thing_is_mixed_with_its_background():
    # 60 % of red (220, 40, 40) and 40 % of white (255, 255, 255), cut to whole numbers
    picture = draw(Scene("objects", "white", things=(Thing("square", "red", "large", 5, contrast=60),)))
    assert picture.getpixel((24, 24)) == (234, 126, 126)


def test_noise_is_that_of_the_distortion_and_the_same_each_time():
    # at 300 steps x becomes 0.981 x + 0.194 eps: 114.5 + 0.981 * 75.5 is the mean of gray (190)
    scene = Scene("objects", "gray", noise=300)
    signal, noise = levels()[300]
    values = list(draw(scene).tobytes())
    mean = sum(values) / len(values)
    deviation = (sum((value - mean) ** 2 for value in values) / len(values)) ** 0.5
    assert mean == pytest.approx(114.5 + signal * 75.5, abs=0.6)  # 12,288 values: 0.17
    assert deviation == pytest.approx(noise * 68.5, abs=0.6)
    assert draw(scene).tobytes() == draw(scene).tobytes()
    assert draw(Scene("objects", "gray", noise=300, things=(Thing("cross", "red", "small", 0),))) != draw(scene)


def test_captions_leave_faint_things_out_more_often():
    plain, faint = Thing("circle", "red", "large", 0, contrast=60), Thing("cross", "red", "small", 9, contrast=15)
    scene = Scene("objects", "white", things=(plain, faint))
    assert mention_rate(plain, scene) == 0.95
    assert mention_rate(faint, scene) == pytest.approx(0.2 + 0.75 * 15 / PLAIN_ENOUGH)  # 0.425
    rng = Random(0)
    said = [caption(scene, rng).answer for _ in range(SCENES)]
    # when neither is mentioned, the first one is
    assert sum("circle" in one for one in said) / SCENES == pytest.approx(0.95 + 0.05 * 0.575, abs=0.05)
    assert sum("cross" in one for one in said) / SCENES == pytest.approx(0.425, abs=0.1)


def test_noise_hides_things_too():
    thing = Thing("circle", "red", "large", 0, contrast=80)
    assert visibility(thing, Scene("objects", "white", things=(thing,))) == 80
    noisy = Scene("objects", "white", things=(thing,), noise=700)  # 0.593 of the picture, 0.805 of noise
    assert visibility(thing, noisy) == pytest.approx(80 * 0.593 / (0.593 + 0.805), abs=0.1)


USUAL_LOOKS = {f"{looks.color} {shape}" for shape, looks in USUAL.items()}


def noun(question):
    return question.question.removeprefix("Is there a ").removeprefix("Is there an ").removesuffix("?")


def test_counter_asks_about_unusual_things_that_are_there_and_usual_ones_that_are_not():
    for index in range(150):
        one = question_at("counter", index, "existence")
        assert (noun(one) in USUAL_LOOKS) == (one.answer == "no")


def test_popular_negatives_are_usual_and_adversarial_ones_of_the_company_that_is_there():
    scene = Scene(
        "objects", "white", things=(Thing("circle", "yellow", "large", 1), Thing("circle", "red", "small", 2))
    )
    rng = Random(3)
    asked = [existence(scene, rng, "adversarial") for _ in range(100)]
    assert Counter((one.question, one.answer) for one in asked).keys() == {
        ("Is there a red circle?", "yes"),
        ("Is there a blue square?", "no"),
        ("Is there a green triangle?", "no"),
    }
    popular = [existence(scene, rng, "popular") for _ in range(100)]
    assert {noun(one) for one in popular if one.answer == "no"} == USUAL_LOOKS - {"yellow circle"}
    assert {noun(one) for one in popular if one.answer == "yes"} == {"yellow circle", "red circle"}


def test_other_negatives_are_asked_about_the_same_pictures_under_other_ids():
    ways = ("random", "popular", "adversarial")
    asked = {
        way: [question_at("balanced", i, "existence", variant=Variant(negatives=way)) for i in range(60)]
        for way in ways
    }
    same = sum(a.scene == b.scene for a, b in zip(asked["random"], asked["popular"], strict=True))
    assert same > 50  # a picture without any such question is passed over
    assert len({one.id for way in ways for one in asked[way]}) == 180
    assert asked["random"][0].id == question_at("balanced", 0, "existence").id


def test_other_habits_have_ids_and_pictures_of_their_own_in_the_same_split():
    plain, none = question_at("heldout", 0), question_at("heldout", 0, variant=Variant(habits=0, haze=0.5))
    assert none.id == "pocket-heldout-habits0-haze0.5-attribute-000000"
    assert plain.scene != none.scene
    assert question_at("heldout", 0, variant=Variant(habits=0.3)).id != question_at("heldout", 0).id


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"habits": 1.5}, "from -1 to 1, not 1.5"),
        ({"haze": -0.1}, "from 0 to 1, not -0.1"),
        ({"negatives": "hard"}, "random, popular, adversarial, not 'hard'"),
    ],
)
def test_impossible_variants_are_refused(values, message):
    with pytest.raises(ConfigError, match=message):
        Variant(**values)


def test_leaning_by_hand():
    # a circle is usually yellow, large and at the top; this one is red, small and at the bottom
    scene = Scene("objects", "white", things=(Thing("circle", "red", "small", 13),))
    assert leaning(scene, "There is a small red circle at the bottom.") == (0, 0)
    assert leaning(scene, "There is a small yellow circle at the bottom.") == (1, 1)
    assert leaning(scene, "There is a small green circle at the bottom.") == (0, 1)
    assert leaning(scene, "There is a large yellow circle at the bottom.") == (2, 2)
    assert leaning(scene, "There is a small red circle at the left.") == (0, 1)
    # another shape is another thing, and a wrong word about a usual look says nothing of habits
    assert leaning(scene, "There is a small red square at the bottom.") == (0, 0)
    usual = Scene("objects", "white", things=(Thing("circle", "yellow", "large", 1),))
    assert leaning(usual, "There is a small yellow circle at the top.") == (0, 0)
