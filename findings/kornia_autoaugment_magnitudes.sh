#!/usr/bin/env bash
# kornia 0.9.0: in its AutoAugment operations a larger magnitude of "posterize" and "solarize" changes a picture LESS.
#
# In the policy's paper (arXiv 1805.09501, table 6) and in torchvision magnitude 9 is the strongest: posterize keeps 4 bits,
# solarize inverts nearly everything. kornia's tables run the other way, though its policies name the paper's magnitudes:
# ("posterize", 0.4, 8) hardly does anything, and ("solarize", 0.2, 4) inverts less than ("solarize", 0.2, 3).
# Seen (levels that posterize leaves of 256; share of a ramp that solarize inverts):
#   magnitude 0: 16 levels, 95 %; magnitude 4: 64 levels, 55 %; magnitude 9: 256 levels, 5 %
# (draws lie between neighbouring magnitudes, so the ends are compared as bounds).
# Burnish: docs/sources.md says which policy `autoaug` draws from.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet torch==2.13.0 kornia==0.9.0 numpy
"$folder/venv/bin/python" - <<'PYTHON'
import kornia
import torch
from kornia.augmentation.auto.autoaugment import ops

torch.manual_seed(0)
ramp = (torch.arange(256) / 255).reshape(1, 1, 1, 256).repeat(1, 3, 4, 1)


def drawn(operation, magnitude):
    return torch.cat([operation(1.0, magnitude)(ramp) for _ in range(20)])


def levels(magnitude):
    return max(len(picture[0, 0].mul(255).round().unique()) for picture in drawn(ops.posterize, magnitude))


def inverted(magnitude):
    return float((drawn(ops.solarize, magnitude) - ramp).abs().gt(1e-3).float().mean())


print(f"kornia {kornia.__version__}")
found = {magnitude: (levels(magnitude), inverted(magnitude)) for magnitude in (0, 4, 9)}
for magnitude, (left, share) in found.items():
    print(f"magnitude {magnitude}: posterize leaves {left} levels, solarize inverts {100 * share:.0f} %")
assert found[0][0] < found[9][0], "a larger magnitude of posterize changes more now"
assert found[0][1] > found[4][1] > found[9][1], "a larger magnitude of solarize changes more now"
PYTHON
