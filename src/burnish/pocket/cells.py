"""Names what is in each cell of a picture: a lesson for the tower alone, and a side lesson all through training.

From answers alone a small tower learns colours in minutes but characters hardly ever; told what its sixteen
patches hold, it knows them within a few hundred steps. The classifier is thrown away afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from burnish.pocket.world.scene import COLORS, DIGITS, GRID, LETTERS, MAX_HEIGHT, SHAPES, SIZES, Scene

CHARACTERS = DIGITS + LETTERS
CLASSES = (len(SHAPES), len(COLORS), len(SIZES), len(CHARACTERS), MAX_HEIGHT)
"""Shape, color, size, character, height of the column's bar; one class more of each is "none"."""


class CellClassifier(torch.nn.Module):
    """Linear classifiers on the features that the language model gets for each patch."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = torch.nn.ModuleList(torch.nn.Linear(width, count + 1) for count in CLASSES)

    def forward(self, features_BPD: torch.Tensor, labels_BPC: torch.Tensor) -> torch.Tensor:
        """Cross-entropy (nats), summed over the kinds of label and averaged over patches."""
        losses = [
            torch.nn.functional.cross_entropy(head(features_BPD).flatten(0, 1).float(), labels_BPC[..., kind].flatten())
            for kind, head in enumerate(self.heads)
        ]
        return torch.stack(losses).sum()


def cell_labels(scenes: Sequence[Scene]) -> torch.Tensor:
    """What each cell holds: int64, (scene, cell, kind of label), 0 for none."""
    labels = torch.zeros(len(scenes), GRID * GRID, len(CLASSES), dtype=torch.int64)
    for row, scene in enumerate(scenes):
        for thing in scene.things:
            looks = SHAPES.index(thing.shape), COLORS.index(thing.color), SIZES.index(thing.size)
            labels[row, thing.cell, :3] = torch.tensor(looks) + 1
        for glyph in scene.glyphs:
            labels[row, glyph.cell, 3] = CHARACTERS.index(glyph.char) + 1
        for column, bar in enumerate(scene.bars):
            labels[row, column::GRID, 1] = COLORS.index(bar.color) + 1
            labels[row, column::GRID, 4] = bar.height
    return labels
