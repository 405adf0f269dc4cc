"""What others wrote cannot steer a terminal."""

import unicodedata

import pytest

from burnish.printable import one_line, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a plain question?", "a plain question?"),
        ("two\nlines", "two\nlines"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("bell\x07, delete\x7f, return\rback", "bell␇, delete␡, return␍back"),
        ("\x9b31m", "\ufffd31m"),  # the one-byte form of ESC [
        ("a\tb\u00a0c\u3000d", "a b c d"),
        ("\u202eevil", "\ufffdevil"),  # would be read from right to left
        ("paragraph\u2029next", "paragraph\nnext"),
        ("宝 is treasure", "宝 is treasure"),
        ("👩\u200d🔬", "👩\u200d🔬"),
        ("[bold]no markup[/bold]", "[bold]no markup[/bold]"),
    ],
)
def test_control_characters_become_visible(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_no_character_at_all_controls() -> None:
    for code in range(0x11_0000):
        for char in printable(chr(code)):
            assert char in "\n\u200c\u200d" or unicodedata.category(char)[0] not in "CZ" or char == " ", hex(code)


def test_one_line() -> None:
    assert one_line(" a\n\n b\t c\x1b ") == "a b c␛"
