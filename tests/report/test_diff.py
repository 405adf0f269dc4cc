from burnish.report.diff import from_difference


def test_long_texts_begin_a_little_before_they_differ() -> None:
    shared = "There is a large green triangle at the center. There is a small "
    one, other = from_difference(f"{shared}red circle.", f"{shared}blue one.", 60)
    assert (one, other) == ("…There is a small red circle.", "…There is a small blue one.")


def test_what_fits_or_differs_early_stays_whole() -> None:
    for pair in (("a red circle", "a blue circle"), ("no" + " more" * 30, "yes" + " more" * 30)):
        assert from_difference(*pair, 60) == pair


def test_texts_without_spaces_are_cut_too() -> None:
    one, other = from_difference("あ" * 80 + "い", "あ" * 80 + "う", 60)
    assert one == "…" + "あ" * 15 + "い" and other == "…" + "あ" * 15 + "う"
