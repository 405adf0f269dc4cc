"""Every task's answers, worked out a second time from the question's words and the scene's JSON facts."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from burnish.pocket.world import TASKS, make
from burnish.pocket.world.answers import chance

CORNERS = {"circle": 0, "triangle": 3, "square": 4, "diamond": 4, "cross": 12}
PLACES = ["first", "second", "third", "fourth"]
PER_TASK = 150


def examples(task: str, group: str):
    return [make("new" if group == "new" else "heldout", index, task) for index in range(PER_TASK)]


def column(thing):
    return thing["cell"] % 4


def row(thing):
    return thing["cell"] // 4


def region(thing):
    words = [{0: "top", 3: "bottom"}.get(row(thing), ""), {0: "left", 3: "right"}.get(column(thing), "")]
    return " ".join(word for word in words if word) or "center"


def fits(thing, phrase):
    """Whether every word of "small red circle" is true of the thing."""
    words = [re.sub(r"^(cross)es$|^(\w+?)s$", r"\1\2", word) if word != "cross" else word for word in phrase.split()]
    looks = {thing["shape"], thing["color"], thing["size"], "object"}
    return all(word in looks for word in words)


def the_one(things, phrase):
    """The only thing that a phrase (of looks, or "object at the PLACE") can mean."""
    if phrase.startswith("object at the "):
        found = [thing for thing in things if region(thing) == phrase.removeprefix("object at the ")]
    else:
        found = [thing for thing in things if fits(thing, phrase)]
    assert len(found) == 1, phrase
    return found[0]


def side_test(side, thing, other):
    return {
        "left of": column(thing) < column(other),
        "right of": column(thing) > column(other),
        "above": row(thing) < row(other),
        "below": row(thing) > row(other),
    }[side]


def yes(truth):
    return "yes" if truth else "no"


def statements(things):
    return " ".join(f"There is a {one['size']} {one['color']} {one['shape']} at the {region(one)}." for one in things)


SIDE = r"(left of|right of|above|below)"


def second_opinion(question, scene):
    """The answer by the words of the question alone."""
    things, bars = scene["things"], {bar["color"]: bar["height"] for bar in scene["bars"]}
    text = "".join(glyph["char"] for glyph in sorted(scene["glyphs"], key=lambda glyph: glyph["cell"]))

    def asks(pattern):
        found = re.fullmatch(pattern, question)
        return found.groups() if found else None

    if found := asks(r"What color is the (tallest|shortest) bar\?"):
        ordered = sorted(bars, key=bars.get)
        return ordered[-1] if found[0] == "tallest" else ordered[0]
    if found := asks(r"What color is the object with (\d+) corners\?"):
        (only,) = [one for one in things if CORNERS[one["shape"]] == int(found[0])]
        return only["color"]
    if found := asks(r"What (color|shape|size) is the ([^:?]+)(?:: .*)?\?"):
        return the_one(things, found[1])[found[0]]
    if found := asks(r"How many corners does the (.+) have\?"):
        return str(CORNERS[the_one(things, found[0])["shape"]])
    if found := asks(r"Where is the (.+) seen from the (.+)\?"):
        one, other = the_one(things, found[0]), the_one(things, found[1])
        across, down = column(one) - column(other), row(one) - row(other)
        if abs(across) > abs(down):
            return "left" if across < 0 else "right"
        return "above" if down < 0 else "below"
    if found := asks(r"Where is the (.+)\?"):
        return region(the_one(things, found[0]))
    if found := asks(r"What number is right of the (.+) square\?"):
        head = the_one(things, f"{found[0]} square")
        (cell,) = [glyph for glyph in scene["glyphs"] if row(glyph) == row(head) and column(glyph) > column(head)]
        return cell["char"]
    if found := asks(rf"What is {SIDE} the (.+)\?"):
        other = the_one(things, found[1])
        (only,) = [one for one in things if side_test(found[0], one, other)]
        return f"{only['color']} {only['shape']}"
    if found := asks(rf"Is there an? (\w+) {SIDE} the (.+)\?"):
        other = the_one(things, found[2])
        return yes(any(fits(one, found[0]) and side_test(found[1], one, other) for one in things))
    if found := asks(r"What (letter|number) is (above|below) the (.+)\?"):
        thing = the_one(things, found[2])
        (glyph,) = [one for one in scene["glyphs"] if column(one) == column(thing) and side_test(found[1], one, thing)]
        return glyph["char"]
    if found := asks(r"Is the (\w+) bar taller than (\d)\?"):
        return yes(bars[found[0]] > int(found[1]))
    if found := asks(r"Is the (\w+) bar taller than the (\w+) bar\?"):
        return yes(bars[found[0]] > bars[found[1]])
    if found := asks(rf"Is the (.+) {SIDE} the (.+)\?"):
        return yes(side_test(found[1], the_one(things, found[0]), the_one(things, found[2])))
    if found := asks(r"Is there an object with (\d+) corners\?"):
        return yes(any(CORNERS[one["shape"]] == int(found[0]) for one in things))
    if found := asks(r"Is there an? (.+)\?"):
        return yes(any(fits(one, found[0]) for one in things))
    if found := asks(r"How many bars are taller than the (\w+) bar\?"):
        return str(sum(height > bars[found[0]] for height in bars.values()))
    if found := asks(r"How many (.+) are there\?"):
        return str(sum(fits(one, found[0]) for one in things))
    if found := asks(r"What number does the (\w+) bar show\?"):
        return str(bars[found[0]])
    if found := asks(r"Is the ([a-z ]+?) ((?:an? )?\w+(?:, (?:an? )?\w+)* or (?:an? )?\w+)\?"):
        thing = the_one(things, found[0])
        (answer,) = [word for word in re.split(r", | or ", found[1].replace("a ", "")) if word in thing.values()]
        return answer
    if question in ("What does the text say?", "What number does the text say?"):
        return text
    if found := asks(r"What is the (\w+) character\?"):
        return text[PLACES.index(found[0])]
    if question in ("Describe the picture.", "What is in the picture?"):
        return statements(things)
    if found := asks(r"Describe the (.+)\."):
        return statements([one for one in things if fits(one, found[0])])
    raise AssertionError(f"no second opinion on {question!r}")


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_answers_agree_with_a_second_opinion(task):
    for example in examples(task.name, task.group):
        assert second_opinion(example.question, example.facts["scene"]) == example.answer, example.id


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_an_answer_is_among_the_options_where_there_are_any(task):
    for example in examples(task.name, task.group):
        assert not example.facts["options"] or example.answer in example.facts["options"]


@pytest.mark.parametrize(
    ("task", "group"), [("existence", "seen"), ("chart-compare", "new"), ("exist-relation", "new")]
)
def test_yes_is_about_as_often_true_as_no(task, group):
    # 150 fair coins stay between 50 and 100 with a probability above 0.9999
    assert 50 <= Counter(example.answer for example in examples(task, group))["yes"] <= 100


def test_a_guess_is_right_as_often_as_there_are_options():
    assert chance("yes", ("yes", "no")) == 0.5
    assert chance("K7A", ()) == 0.0
    (table,) = {chance(one.answer, one.facts["options"]) for one in examples("table", "new")}
    assert table == 0.1
