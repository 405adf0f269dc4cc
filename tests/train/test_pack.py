"""Trees of tokens, computed by hand: what is shared, where branches begin, what is trained, how a tree is laid out."""

from __future__ import annotations

import pytest

from burnish.train.token_tree import (
    ChatTurn,
    Expansion,
    Layout,
    Node,
    expand,
    expansion,
    is_branched,
    lay_out,
    pack,
    paths,
)

END = 9


def test_a_plain_conversation_is_one_chain() -> None:
    # turn 2 is asked 1 2 3 and says 4 END; turn 3 is asked all of that and 5 6, and says 7 END
    tree = pack([ChatTurn(2, [1, 2, 3], [4, END]), ChatTurn(3, [1, 2, 3, 4, END, 5, 6], [7, END])])
    assert tree == (
        Node(-1, (1, 2, 3), 0),
        Node(0, (4, END), 2),
        Node(1, (5, 6), 0),
        Node(2, (7, END), 3),
    )
    assert lay_out(tree) == Layout(
        ids=[1, 2, 3, 4, END, 5, 6, 7, END],
        before=[-1, 0, 1, 2, 3, 4, 5, 6, 7],
        last=[8, 8, 8, 8, 8, 8, 8, 8, 8],
        positions=[0, 1, 2, 3, 4, 5, 6, 7, 8],
        turns=[0, 0, 0, 2, 2, 0, 0, 3, 3],
    )
    assert not is_branched(lay_out(tree))
    assert paths(tree) == [tree]


def test_prompts_that_differ_at_their_end_share_a_trunk() -> None:
    # a teacher that sees the latest response alone: 1 2 is the question, 3 or 4 the response, 5 the request
    tree = pack([ChatTurn(1, [1, 2, 3, 5], [6, END]), ChatTurn(2, [1, 2, 4, 5], [7, END])])
    assert tree == (
        Node(-1, (1, 2), 0),
        Node(0, (3, 5), 0),
        Node(1, (6, END), 1),
        Node(0, (4, 5), 0),
        Node(3, (7, END), 2),
    )
    layout = lay_out(tree)
    assert layout.ids == [1, 2, 3, 5, 6, END, 4, 5, 7, END]
    # 4 at place 6 follows the trunk's last token at place 1
    assert layout.before == [-1, 0, 1, 2, 3, 4, 1, 6, 7, 8]
    # the trunk is seen by all; 3 5 6 END to place 5 by one another, 4 5 7 END by their like
    assert layout.last == [9, 9, 5, 5, 5, 5, 9, 9, 9, 9]
    assert layout.positions == [0, 1, 2, 3, 4, 5, 2, 3, 4, 5]
    assert is_branched(layout)
    assert paths(tree) == [
        (Node(-1, (1, 2), 0), Node(0, (3, 5), 0), Node(1, (6, END), 1)),
        (Node(-1, (1, 2), 0), Node(0, (4, 5), 0), Node(1, (7, END), 2)),
    ]


def test_equal_prompts_are_one_and_equal_targets_are_two() -> None:
    tree = pack([ChatTurn(1, [1, 2], [3, END]), ChatTurn(2, [1, 2], [3, END])])
    assert tree == (Node(-1, (1, 2), 0), Node(0, (3, END), 1), Node(0, (3, END), 2))
    assert lay_out(tree).before == [-1, 0, 1, 2, 1, 4]


def test_a_template_without_an_end_token_goes_on_behind_the_last_word() -> None:
    """LLaVA-1.5 writes no end token into a conversation, but must learn to end: the end is a leaf of its own."""
    tree = pack([ChatTurn(2, [1, 2], [3, 4, END]), ChatTurn(3, [1, 2, 3, 4, 5], [6, END])])
    assert tree == (
        Node(-1, (1, 2), 0),
        Node(0, (3, 4), 2),
        Node(1, (END,), 2),
        Node(1, (5,), 0),
        Node(3, (6, END), 3),
    )
    # branches within a branch: 3 4 are seen by END at place 4, and by all of 5 6 END
    assert lay_out(tree).last == [7, 7, 7, 7, 4, 7, 7, 7]
    # read one by one, 3 and 4 are trained where their own end follows, and only read where 5 does
    assert paths(tree) == [
        (Node(-1, (1, 2), 0), Node(0, (3, 4), 2), Node(1, (END,), 2)),
        (Node(-1, (1, 2), 0), Node(0, (3, 4), 0), Node(1, (5,), 0), Node(2, (6, END), 3)),
    ]


def test_the_longest_shared_way_is_taken() -> None:
    # 3 begins two branches: a target that is 3 END, and a prompt that goes on 3 4; the third prompt follows the latter
    lessons = [ChatTurn(1, [1], [3, END]), ChatTurn(2, [1, 3, 4, 5], [6, END]), ChatTurn(3, [1, 3, 4, 7], [8, END])]
    tree = pack(lessons)
    assert tree == (
        Node(-1, (1,), 0),
        Node(0, (3,), 1),
        Node(1, (END,), 1),
        Node(1, (4,), 0),
        Node(3, (5,), 0),
        Node(4, (6, END), 2),
        Node(3, (7,), 0),
        Node(6, (8, END), 3),
    )


@pytest.mark.parametrize("shared", [0, 1, 5, 9])
def test_every_way_reads_back_its_prompt_and_target(shared: int) -> None:
    """Whatever is shared: each target stands once, behind its own prompt."""
    stem = list(range(100, 109))
    lessons = [ChatTurn(turn, [*stem[:shared], *([turn] * (9 - shared))], [10 * turn, 11, END]) for turn in range(1, 5)]
    ways = [lay_out(chain) for chain in paths(pack(lessons))]
    read = [([i for i, turn in zip(way.ids, way.turns, strict=True) if not turn], way.ids[-3:]) for way in ways]
    assert read == [(lesson.prompt, lesson.target) for lesson in lessons]


@pytest.mark.parametrize(
    ("written", "processed", "found"),
    [
        ([1, 50, 2], [1, 50, 50, 50, 2], Expansion(2, 2, (50, 50))),  # <image> repeated
        ([1, 50, 2], [1, 60, 50, 50, 61, 2], Expansion(1, 2, (60, 50, 50, 61))),  # put between marks of its own
        ([50, 2], [0, 50, 50, 2], Expansion(0, 0, (0, 50))),  # a begin token that the template does not write
        ([1, 2], [1, 2], Expansion(2, 2, ())),
        ([1, 50, 3, 2], [1, 60, 70, 2], Expansion(1, 3, (60, 70))),  # the word behind is cut in another way
    ],
)
def test_what_a_processor_puts_in(written, processed, found) -> None:
    assert expansion(written, processed) == found
    start, stop, ids = found
    assert [*written[:start], *ids, *written[stop:]] == processed


def test_the_picture_goes_into_the_trunk() -> None:
    tree = (Node(-1, (1, 50, 2), 0), Node(0, (3, END), 1))
    assert expand(tree, Expansion(1, 2, (50, 50))) == (Node(-1, (1, 50, 50, 2), 0), Node(0, (3, END), 1))


@pytest.mark.parametrize(
    "tree",
    [
        (Node(-1, (1,), 0), Node(0, (50, 2, 3, END), 1)),  # the mark stands behind the trunk
        (Node(-1, (1, 50, 2), 0), Node(-1, (4, 50, 2), 0)),  # two beginnings
    ],
)
def test_a_picture_that_not_all_turns_share_is_refused(tree) -> None:
    with pytest.raises(ValueError, match="the picture does not stand in what all turns share"):
        expand(tree, Expansion(1, 2, (50, 50)))
