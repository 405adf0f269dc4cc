"""Algorithm 1 of SeVa, with a scripted model whose every answer is known, and with a real one."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import tiny_models
from burnish.config import everything, identity
from burnish.errors import ConfigChanged, ConfigError, DistortionError, NothingAnswered
from burnish.flags import parse_config, words_of
from burnish.generation.questions import clean_request
from burnish.images import decode
from burnish.make import pairs
from burnish.make.length_matching import of_like_length
from burnish.make.pairs import PairsConfig, make_pairs
from burnish.models import Message, ModelOptions, Reply, Request, open_model
from burnish.models.scripted import ScriptedModel
from burnish.records import Dropped, Example, PreferencePair
from burnish.store import Run

BRIGHT, MIDDLE, DARK = 230, 128, 20
"""Grey values; inverted, they are 25 (dark), 127 (middle) and 235 (bright)."""


def _folder(root: Path, values: dict[str, int]) -> str:
    """A folder source with one plain picture for each id."""
    lines = []
    for name, value in values.items():
        Image.new("RGB", (8, 6), (value, value, value)).save(root / f"{name}.png")
        lines.append({"id": name, "image": f"{name}.png", "question": f"How is {name}?", "answer": "bright"})
    file = root / "questions.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return f"folder:{file}"


def _how_bright(request: Request) -> str:
    mean = np.asarray(request.messages[-1].images[0]).mean()
    return "bright" if mean > 200 else "dark" if mean < 60 else "in between"


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> ScriptedModel:
    model = ScriptedModel(_how_bright)
    monkeypatch.setattr(pairs, "open_asked", lambda _: model)
    return model


def _config(source: str, out: Path, *distort: str, **others: object) -> PairsConfig:
    return PairsConfig(source=source, model="scripted", distort=distort, out=str(out), **others)  # type: ignore[arg-type]


def _records(out: Path) -> dict[str, PreferencePair | Dropped]:
    return {record.id: record for record in Run.open(out) if isinstance(record, PreferencePair | Dropped)}


def test_different_answers_make_a_pair_and_equal_ones_are_dropped_with_the_reason(
    tmp_path: Path, scripted: ScriptedModel
) -> None:
    source = _folder(tmp_path, {"a": BRIGHT, "b": MIDDLE, "c": DARK})
    result = make_pairs(_config(source, tmp_path / "run", "invert"))
    records = _records(result.run)
    assert (result.made, result.kept) == (3, 2)
    assert records["b"] == Dropped(
        id="b", source="questions", reason="equal answers", detail="in between", replies=("answered", "answered")
    )
    pair = records["a"]
    assert isinstance(pair, PreferencePair)
    assert (pair.chosen.text, [rejected.answer.text for rejected in pair.rejected]) == ("bright", ["dark"])
    assert (pair.question, pair.answer, pair.rejected[0].distortion) == ("How is a?", "bright", "invert")
    stored = np.asarray(decode(Run.open(result.run).image(pair.image)))
    assert stored.shape == (6, 8, 3)
    assert (stored == BRIGHT).all()


def test_pairs_are_kept_by_the_truth(tmp_path: Path, scripted: ScriptedModel) -> None:
    """All truths are "bright": of the dark picture the chosen answer is wrong and the rejected one right."""
    source = _folder(tmp_path, {"a": BRIGHT, "c": DARK})
    for keep, reason in (("chosen-right", "chosen wrong"), ("rejected-wrong", "rejected right")):
        run = make_pairs(_config(source, tmp_path / keep, "invert", keep=keep)).run
        records = _records(run)
        assert isinstance(records["a"], PreferencePair)
        assert isinstance(records["c"], Dropped) and records["c"].reason == reason


def test_the_reference_sees_the_clean_picture_for_every_answer(tmp_path: Path, scripted: ScriptedModel) -> None:
    make_pairs(_config(_folder(tmp_path, {"a": BRIGHT}), tmp_path / "run", "invert"))
    pair = _records(tmp_path / "run")["a"]
    assert isinstance(pair, PreferencePair)
    picture = (tmp_path / "a.png").read_bytes()
    clean = clean_request(Example(id="a", image=picture, question="How is a?", source="questions"))
    answers = [pair.chosen.token_ids, pair.rejected[0].answer.token_ids]
    assert [[pair.chosen.ref_logp, pair.rejected[0].answer.ref_logp]] == scripted.score([clean], [answers])
    # bytes of the text, then the end token
    assert pair.chosen.token_ids == (*b"bright", 256)


def test_many_distortions_give_many_negatives_without_repeats(tmp_path: Path, scripted: ScriptedModel) -> None:
    source = _folder(tmp_path, {"a": BRIGHT})
    # invert and invert after grey both answer "dark": one negative. flip answers "bright" as the clean picture does.
    make_pairs(_config(source, tmp_path / "run", "invert", "flip", "grey+invert"))
    pair = _records(tmp_path / "run")["a"]
    assert isinstance(pair, PreferencePair)
    assert [(rejected.distortion, rejected.answer.text) for rejected in pair.rejected] == [("invert", "dark")]


def test_a_broken_picture_and_an_empty_answer_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairs, "open_asked", lambda _: ScriptedModel(lambda _: "  "))
    source = _folder(tmp_path, {"a": BRIGHT, "b": DARK})
    (tmp_path / "b.png").write_bytes(b"no picture")
    with pytest.raises(NothingAnswered, match=r"replies: 2 empty; .*empty answer \(1\), broken image \(1\)"):
        make_pairs(_config(source, tmp_path / "run", "invert"))
    reasons = {
        name: record.reason for name, record in _records(tmp_path / "run").items() if isinstance(record, Dropped)
    }
    assert reasons == {"a": "empty answer", "b": "broken image"}


@pytest.mark.parametrize("keep", [False, True])
def test_a_chosen_answer_that_was_cut_makes_no_pair_unless_it_is_kept(
    tmp_path: Path, scripted: ScriptedModel, keep: bool
) -> None:
    """ "in between" is cut after four tokens, "dark" just before its end."""
    source = _folder(tmp_path, {"a": MIDDLE, "b": DARK})
    config = _config(source, tmp_path / "run", "invert", max_new_tokens=5, keep_cut=keep)
    make_pairs(config)
    cut, whole = _records(tmp_path / "run").values()
    assert isinstance(whole, PreferencePair)
    assert (whole.chosen.finish, whole.rejected[0].answer.finish) == ("stop", "length")
    assert whole.replies == ("answered", "cut")
    assert cut.replies == ("cut", "cut")
    assert isinstance(cut, Dropped) and cut.reason == ("equal answers" if keep else "cut answer")


def test_a_flag_that_came_later_does_not_change_a_run_at_its_default(tmp_path: Path) -> None:
    assert "keep_cut" not in identity(_config("s", tmp_path))
    assert identity(_config("s", tmp_path, keep_cut=True))["keep_cut"] is True
    assert everything(_config("s", tmp_path))["keep_cut"] is False


def _said_in_turn(*answers: str) -> ScriptedModel:
    """Answers in the order in which they are asked for: to the clean picture, then to each distorted one."""
    following = iter(answers)
    return ScriptedModel(lambda _: next(following))


@pytest.mark.parametrize(
    ("share", "kept"),
    [
        # with the end token 13 tokens against 14 and 18: |13 - 14| / 14 = 0.071, |13 - 18| / 18 = 0.278
        (None, ["middling here", "very dark in here"]),
        (0.3, ["middling here", "very dark in here"]),
        (0.1, ["middling here"]),
    ],
)
def test_rejected_answers_of_another_length_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, share: float | None, kept: list[str]
) -> None:
    model = _said_in_turn("bright it is", "middling here", "very dark in here")
    monkeypatch.setattr(pairs, "open_asked", lambda _: model)
    source = _folder(tmp_path, {"a": BRIGHT})
    make_pairs(_config(source, tmp_path / "run", "flip", "invert", match_length=share))
    pair = _records(tmp_path / "run")["a"]
    assert isinstance(pair, PreferencePair)
    assert [rejected.answer.text for rejected in pair.rejected] == kept


def test_examples_without_an_answer_of_like_length_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = _said_in_turn("bright it is", "middling here", "very dark in here")
    monkeypatch.setattr(pairs, "open_asked", lambda _: model)
    source = _folder(tmp_path, {"a": BRIGHT})
    result = make_pairs(_config(source, tmp_path / "run", "flip", "invert", match_length=0.05))
    assert (result.made, result.kept) == (1, 0)
    assert _records(result.run)["a"] == Dropped(
        id="a",
        source="questions",
        reason="different lengths",
        detail="13 tokens against 14, 18",
        replies=("answered", "answered", "answered"),
    )


def test_answers_whose_length_nobody_tells_are_no_match(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent(ScriptedModel):
        """As an endpoint that reports no usage."""

        def _reply(self, text: str, max_new_tokens: int) -> Reply:
            return replace(super()._reply(text, max_new_tokens), completion_tokens=0)

    monkeypatch.setattr(pairs, "open_asked", lambda _: Silent(_how_bright))
    source = _folder(tmp_path, {"a": BRIGHT})
    make_pairs(_config(source, tmp_path / "run", "invert", match_length=0.1))
    dropped = _records(tmp_path / "run")["a"]
    assert isinstance(dropped, Dropped)
    assert (dropped.reason, dropped.detail[:12]) == ("unknown length", "It is not kn")


@pytest.mark.parametrize(
    ("chosen", "rejected", "share", "matches"),
    [
        (10, 10, 0, True),
        (10, 9, 0.1, True),
        (9, 10, 0.1, True),
        (10, 8, 0.1, False),
        (1, 2, 0.5, True),
        (1, 3, 0.5, False),
    ],
)
def test_lengths_differ_by_a_share_of_the_longer(chosen: int, rejected: int, share: float, matches: bool) -> None:
    assert of_like_length(chosen, rejected, share) is matches


def test_match_length_may_stand_without_a_number(tmp_path: Path) -> None:
    words = ["pocket", "--model", "pocket", "--out", "out"]
    for flags, expected in (
        ([], None),
        (["--match-length"], 0.1),
        (["--match-length", "0.25"], 0.25),
        (["--match-length=0"], 0.0),
    ):
        assert parse_config(PairsConfig, "burnish pairs", [*words, *flags]).match_length == expected
        assert parse_config(PairsConfig, "burnish pairs", [*flags, *words]).match_length == expected
    for text, expected in (("true", 0.1), ("0.3", 0.3), ("false", None), ("null", None)):
        (tmp_path / "c.yaml").write_text(f"match_length: {text}\n")
        file = ["--config", str(tmp_path / "c.yaml")]
        assert parse_config(PairsConfig, "burnish pairs", [*words, *file]).match_length == expected
    made = everything(parse_config(PairsConfig, "burnish pairs", [*words, "--match-length"]))
    assert parse_config(PairsConfig, "burnish pairs", words_of(PairsConfig, made)).match_length == 0.1


@pytest.mark.parametrize("share", [-0.1, 1.0])
def test_a_share_that_means_nothing_is_refused(tmp_path: Path, share: float) -> None:
    with pytest.raises(ConfigError, match=f"--match-length must be 0 or above and below 1, not {share}"):
        _config("pocket", tmp_path, match_length=share)


def test_a_second_start_of_a_finished_run_asks_nothing(tmp_path: Path, scripted: ScriptedModel) -> None:
    source = _folder(tmp_path, {"a": BRIGHT, "b": DARK})
    first = make_pairs(_config(source, tmp_path / "run", "invert"))
    calls = list(scripted.generate_calls)
    assert make_pairs(_config(source, tmp_path / "run", "invert", batch_size=3)) == first
    assert scripted.generate_calls == calls


def test_a_changed_configuration_is_refused_by_name_and_restart_begins_anew(
    tmp_path: Path, scripted: ScriptedModel
) -> None:
    source = _folder(tmp_path, {"a": BRIGHT, "b": DARK})
    make_pairs(_config(source, tmp_path / "run", "invert"))
    with pytest.raises(ConfigChanged, match="distort"):
        make_pairs(_config(source, tmp_path / "run", "flip"))
    assert make_pairs(_config(source, tmp_path / "run", "flip", restart=True)).kept == 0


def test_wrong_distortions_are_refused_before_anything_is_opened(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="given twice"):
        _config("pocket", tmp_path, "flip", "flip:1")
    with pytest.raises(DistortionError, match="noise"):
        _config("pocket", tmp_path, "nois:800")


def test_a_question_with_the_models_own_mark_is_dropped_and_the_run_ends(tmp_path: Path) -> None:
    _folder(tmp_path, {"a": BRIGHT, "b <image>": MIDDLE, "c": DARK})
    source = f"folder:{tmp_path / 'questions.jsonl'}"
    config = PairsConfig(source=source, model="pocket", device="cpu", max_new_tokens=3, out=str(tmp_path / "run"))
    result = make_pairs(config)
    dropped = {name: record for name, record in _records(result.run).items() if isinstance(record, Dropped)}
    refused = dropped["b <image>"]
    assert refused.reason == "refused"
    assert refused.detail.startswith("The model's chat template or processor cannot take this conversation")
    assert "refused" not in {record.reason for name, record in dropped.items() if name != refused.id}
    assert result.made == 3
    assert Run.open(result.run).summary is not None


def test_a_real_model_keeps_token_ids_and_their_log_probabilities(tmp_path: Path) -> None:
    """The whole path with a LLaVA of random weights and noise on its pixels; scores checked one answer at a time."""
    checkpoint = str(tiny_models.tiny_llava(tmp_path / "model"))
    root = tmp_path / "pictures"
    root.mkdir()
    names = [f"{i}.png" for i in range(3)]
    for i, name in enumerate(names):
        tiny_models.picture(i).save(root / name)
    lines = [{"image": name, "question": "What is this?"} for name in names]
    (root / "questions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    config = PairsConfig(
        source=f"folder:{root / 'questions.jsonl'}",
        model=checkpoint,
        distort=("noise:900", "flip"),
        max_new_tokens=12,
        out=str(tmp_path / "run"),
    )
    assert make_pairs(config).kept > 0
    model = open_model(ModelOptions(model=checkpoint))
    run = Run.open(tmp_path / "run")
    assert run.manifest.fingerprints["model"] == model.fingerprint
    for pair in run.records(PreferencePair):
        picture = decode(run.image(pair.image))
        request = Request(messages=(Message(role="user", text=pair.question, images=(picture,)),))
        for answer in (pair.chosen, *(rejected.answer for rejected in pair.rejected)):
            assert answer.token_ids
            [[alone]] = model.score([request], [[answer.token_ids]])  # type: ignore[attr-defined]
            assert answer.ref_logp == pytest.approx(alone, abs=1e-4)
