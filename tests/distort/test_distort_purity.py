"""Every distortion is a pure function of picture and seed: of no global state, order, thread, process or batch."""

import hashlib
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from burnish.distort import names, parse, show

RANDOM = ("rrcrop", "crop", "affine", "jitter", "autoaug", "moco", "byol", "simclr", "noise", "imagenoise", "flip:0.5")
FIXED = ("flip", "centercrop", "invert", "grey", "lowres", "jpeg")
ALL = (*RANDOM, *FIXED)


def _scene(width: int = 61, height: int = 47) -> Image.Image:
    """Gradients and a block: something of every colour, not alike in any corner."""
    y, x = np.mgrid[0:height, 0:width]
    pixels = np.stack([x * 255 // width, y * 255 // height, (x * y) % 256], axis=-1).astype(np.uint8)
    pixels[height // 4 : height // 2, : width // 3] = (230, 40, 20)
    return Image.fromarray(pixels)


def _digest(spec: str, seed: int, image: Image.Image) -> str:
    seen = show(parse(spec), image, seed)
    return hashlib.sha256(repr(seen.size).encode() + seen.tobytes()).hexdigest()


def test_every_name_is_examined_here() -> None:
    assert {spec.partition(":")[0] for spec in ALL} == set(names())


@pytest.mark.parametrize("spec", ALL)
def test_the_same_seed_gives_the_same_bytes_whatever_came_between(spec: str) -> None:
    scene = _scene()
    first = [_digest(spec, seed, scene) for seed in range(3)]
    for other in ("moco", "autoaug", "noise"):
        _digest(other, 99, _scene(20, 30))
    torch.manual_seed(5)
    assert [_digest(spec, seed, scene) for seed in (2, 1, 0)] == first[::-1]


@pytest.mark.parametrize("spec", RANDOM)
def test_other_seeds_give_other_pictures(spec: str) -> None:
    pictures = {_digest(spec, seed, _scene()) for seed in range(12)}
    assert len(pictures) == 2 if spec == "flip:0.5" else len(pictures) > 6


@pytest.mark.parametrize("spec", FIXED)
def test_what_has_nothing_to_draw_is_the_same_at_every_seed(spec: str) -> None:
    assert len({_digest(spec, seed, _scene()) for seed in range(5)}) == 1


@pytest.mark.parametrize("spec", ALL)
def test_no_global_random_state_is_touched(spec: str) -> None:
    states = random.getstate(), str(np.random.get_state()), torch.random.get_rng_state()
    for seed in range(5):
        _digest(spec, seed, _scene())
    assert random.getstate() == states[0]
    assert str(np.random.get_state()) == states[1]
    assert torch.equal(torch.random.get_rng_state(), states[2])


def test_threads_do_not_disturb_one_another() -> None:
    jobs = [(spec, seed) for seed in range(2) for spec in ALL]
    alone = [_digest(spec, seed, _scene()) for spec, seed in jobs]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(lambda job: _digest(*job, _scene()), jobs)) == alone


def test_the_number_of_threads_that_torch_uses_does_not_matter() -> None:
    big = _scene(643, 409)
    before, digests = torch.get_num_threads(), []
    try:
        for threads in (1, 3):
            torch.set_num_threads(threads)
            digests.append([_digest(spec, seed, big) for spec in ("rrcrop", "moco") for seed in range(3)])
    finally:
        torch.set_num_threads(before)
    assert digests[0] == digests[1]


def test_another_process_finds_the_same_bytes() -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from test_distort_purity import ALL, _digest, _scene; "
        "print(*[_digest(spec, 3, _scene()) for spec in ALL])"
    )
    here = Path(__file__).parent
    done = subprocess.run([sys.executable, "-c", code, str(here)], check=True, capture_output=True, text=True)
    assert done.stdout.split() == [_digest(spec, 3, _scene()) for spec in ALL]


@pytest.mark.parametrize("spec", ALL)
def test_the_picture_given_is_left_as_it_is(spec: str) -> None:
    scene = _scene()
    before = scene.tobytes()
    _digest(spec, 0, scene)
    assert scene.tobytes() == before


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (5, 1), (2, 3), (150, 2), (17, 31)])
@pytest.mark.parametrize("spec", [*ALL, "autoaug:cifar10", "autoaug:svhn", "moco+jpeg+noise:500"])
def test_every_distortion_takes_pictures_of_odd_sizes(spec: str, size: tuple[int, int]) -> None:
    for seed in range(2):
        seen = show(parse(spec), _scene(*size), seed)
        assert seen.mode == "RGB"
        assert min(seen.size) >= 1


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "CMYK", "1"])
def test_every_distortion_takes_pictures_of_other_modes(mode: str) -> None:
    for spec in ALL:
        assert parse(spec).image(_scene().convert(mode), 0).convert("RGB").mode == "RGB"
        assert show(parse(spec), _scene().convert(mode), 0).mode == "RGB"
