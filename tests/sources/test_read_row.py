"""A row is read fast where it is plain JSON, and as people write them where it is not: the values are the same."""

import json

import pytest

from burnish.jsons import read_row


@pytest.mark.parametrize(
    "line",
    [
        b'{"id": 99999999999999999999999, "low": -9223372036854775809}',
        b'{"a": 1e999, "b": [-0.0, 1E5, 0.1]}',
        b'{"cut": "\\ud800", "whole": "\\ud83d\\ude00"}',
        b'{"a": 1, "a": 2} \r\n',
    ],
)
def test_values_are_those_of_pythons_json(line: bytes) -> None:
    assert repr(read_row(line)) == repr(json.loads(line))


def test_what_is_no_number_stands_for_nothing() -> None:
    assert read_row(b'{"a": NaN, "b": -Infinity}') == {"a": None, "b": None}


@pytest.mark.parametrize("line", [b"{", b"[" * 100_000, b"1" * 5_000, b'"\xff"', b"\xef\xbb\xbf{}"])
def test_everything_wrong_is_a_value_error(line: bytes) -> None:
    with pytest.raises(ValueError):
        read_row(line)
