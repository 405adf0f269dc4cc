"""Keys and seeds depend on content alone."""

from burnish.ids import content_key, stable_seed


def test_content_key_is_sha256() -> None:
    # The published SHA-256 of the empty message and of "abc" (FIPS 180-2, B.1).
    assert content_key(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert content_key(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_stable_seed_is_the_same_in_every_process_and_tells_parts_apart() -> None:
    assert stable_seed(0, "a", "noise:800") == 2325618598741388025
    assert stable_seed("ab", "c") != stable_seed("a", "bc")
    assert stable_seed(1) != stable_seed(2)
    assert all(0 <= stable_seed(i) < 2**63 for i in range(1000))
