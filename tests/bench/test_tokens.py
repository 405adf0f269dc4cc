"""The standard tokens of BLEU."""

import pytest

from burnish.bench.tokens import standard_tokens


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Score: 5.\nFeedback: Well done!", ["score", ":", "5", ".", "feedback", ":", "well", "done", "!"]),
        ("1,000 km, 3.5 and 5-6", ["1,000", "km", ",", "3.5", "and", "5", "-", "6"]),
        ("a well-known (red) cat's", ["a", "well-known", "(", "red", ")", "cat's"]),
        ("broken-\nup &amp; &quot;so&quot;", ["brokenup", "&", '"', "so", '"']),
        ("", []),
    ],
)
def test_signs_stand_alone_but_inside_numbers_and_words(text: str, tokens: list[str]) -> None:
    assert standard_tokens(text) == tokens
