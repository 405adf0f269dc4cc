"""Specifications of distortions: what parses, what they are called afterwards, and what a mistake is told."""

import subprocess
import sys

import pytest

from burnish.distort import FIGURE_2, Distortion, names, parse, usage
from burnish.errors import DistortionError


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("noise:800", "noise:800"),
        ("noise", "noise:800"),
        ("noise:007", "noise:7"),
        ("moco", "moco"),
        ("rrcrop:0.2-1.0", "rrcrop:0.2-1"),
        ("rrcrop:.50-1", "rrcrop:0.5-1"),
        ("flip", "flip:1"),
        ("imagenoise:500", "imagenoise:500,336"),
        ("imagenoise:500,448", "imagenoise:500,448"),
        ("jitter:0,0.25", "jitter:0,0.25"),
        (" MOCO + Noise: 500 ", "moco+noise:500"),
        ("gray", "grey"),
        ("RandFlip+Diffusion-S", "flip:1+noise:999"),
    ],
)
def test_a_specification_has_one_canonical_form(written: str, canonical: str) -> None:
    distortion = parse(written)
    assert distortion.spec == str(distortion) == canonical
    assert parse(canonical) == distortion
    assert hash(parse(canonical)) == hash(distortion)


def test_every_name_parses_with_its_defaults_and_is_listed_with_its_parameters() -> None:
    assert [line.partition(":")[0] for line in usage()] == list(names())
    for name in names():
        distortion = parse(name)
        assert distortion.spec.partition(":")[0] == name
        assert parse(distortion.spec) == distortion
        assert distortion.what


def test_all_twelve_of_figure_2_are_there_under_the_papers_names() -> None:
    assert len(FIGURE_2) == 12
    for paper, spec in FIGURE_2.items():
        assert parse(paper).spec == spec


def test_only_noise_needs_the_models_pixels() -> None:
    assert [name for name in names() if parse(name).in_pixels] == ["noise"]
    assert parse("moco+noise:500").in_pixels
    assert not parse("moco+imagenoise:500").in_pixels


@pytest.mark.parametrize(
    ("spec", "complaint"),
    [
        ("mocco", "There is no distortion 'mocco' (did you mean moco?): the names are flip, rrcrop, crop,"),
        ("flip+nois:800", "There is no distortion 'nois' in 'flip+nois:800' (did you mean noise?)"),
        ("zzz", "There is no distortion 'zzz': the names are"),
        ("", "The distortion '' has an empty part"),
        ("moco+", "The distortion 'moco+' has an empty part (join names by +"),
        ("noise:1000", "noise:1000 is out of range: STEPS in noise:STEPS must be a whole number from 0 to 999"),
        ("noise:-1", "not '-1', as in noise:800."),
        ("noise:8e2", "not '8e2'"),
        ("noise:", "not ''"),
        ("flip:nan", "PROBABILITY in flip:PROBABILITY must be a number from 0 to 1, not 'nan', as in flip:1."),
        ("rrcrop:0.9-0.2", "SCALE in rrcrop:SCALE must be LOW-HIGH with 0.01 <= LOW <= HIGH <= 1"),
        ("rrcrop:0.5", "not '0.5', as in rrcrop:0.2-1."),
        ("autoaug:coco", "must be one of imagenet, cifar10, svhn"),
        ("jitter:0.5,2", "HUE in jitter:BRIGHTNESS,HUE must be a number from 0 to 0.5, not '2'"),
        ("moco:3", "moco:3 has too many parameters: it is written moco."),
        ("noise:800,1", "noise:800,1 has too many parameters: it is written noise:STEPS."),
        ("noise:800+moco+flip", "has noise too early"),
        ("noise:800+moco+flip", "as in moco+flip:1+noise:800."),
    ],
)
def test_a_mistake_is_told_in_one_sentence(spec: str, complaint: str) -> None:
    with pytest.raises(DistortionError) as caught:
        parse(spec)
    message = str(caught.value)
    assert complaint in message
    assert message.endswith(".")
    assert "\n" not in message


def test_what_a_composition_does_is_told_from_left_to_right() -> None:
    assert parse("flip+grey").what == "left and right mirrored, then without colour"


def test_a_distortion_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        parse("moco").parts = ()  # type: ignore[misc]
    assert isinstance(parse("moco"), Distortion)


def test_parsing_imports_neither_torch_nor_kornia() -> None:
    code = (
        "import sys; from burnish.distort import names, parse; [parse(name) for name in names()]; "
        "assert not {'torch', 'kornia', 'numpy', 'PIL'} & set(sys.modules), sorted(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
