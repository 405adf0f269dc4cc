"""`--fold`: which pictures a part of a source has."""

from __future__ import annotations

import pytest

from burnish.errors import ConfigError
from burnish.records import Dropped
from burnish.sources import Sampling, stream
from burnish.sources.folds import Folds

SOURCE = "pocket:heldout/existence+position#per_task=60"


def pictures(fold: str | None) -> list[str]:
    sampling = Sampling(fold=fold, per_image=None)
    return [str(one.facts["scene"]) for one in stream(SOURCE, sampling) if not isinstance(one, Dropped)]


def test_folds_share_no_picture_and_are_all_together() -> None:
    whole, one, others = pictures(None), pictures("1/5"), pictures("2-5/5")
    assert not {*one} & {*others}
    assert sorted([*one, *others]) == sorted(whole)
    assert 0 < len(one) < len(others)


def test_a_fold_does_not_depend_on_the_seed_or_on_other_pictures() -> None:
    folds = Folds.parse("3/7")
    assert [folds.hold(str(i)) for i in range(20)] == [Folds(3, 3, 7).hold(str(i)) for i in range(20)]
    assert sum(Folds(i, i, 7).hold("a picture") for i in range(1, 8)) == 1


@pytest.mark.parametrize("text", ["0/3", "4/3", "3-2/4", "1/0", "1", "1-2", "a/b"])
def test_what_is_no_fold_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=f"--fold {text} is"):
        Sampling(fold=text)
