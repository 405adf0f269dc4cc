"""The flags of visual contrastive decoding; every verb that asks a model for answers has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from burnish.distort import parse
from burnish.errors import ConfigError
from burnish.models import Contrast
from burnish.records import Json

CONTRAST_FLAGS: Final = ("contrast", "contrast_alpha", "contrast_beta")
"""The fields of `ContrastFlags`."""
_ALPHA, _BETA = 1.0, 0.1


@dataclass(frozen=True, kw_only=True)
class ContrastFlags:
    """Visual contrastive decoding (VCD, arXiv 2311.16922); the defaults of its numbers are the paper's."""

    contrast: str | None = None
    """Decode by visual contrast (VCD): subtract what the model predicts for the picture distorted in this way, such as
    `noise:500`, from what it predicts for the picture itself. For local models only; costs twice the compute."""
    contrast_alpha: float = _ALPHA
    """Strength of the contrast: logits are (1 + alpha) * clean - alpha * distorted."""
    contrast_beta: float = _BETA
    """Never choose tokens whose probability on the clean picture is below this share of the likeliest token's."""

    def contrast_by(self, seed: int) -> Contrast | None:
        """What the flags say, with pictures distorted by this seed. Raises ConfigError or DistortionError."""
        if self.contrast is None:
            for name, value, usual in (("alpha", self.contrast_alpha, _ALPHA), ("beta", self.contrast_beta, _BETA)):
                if value != usual:
                    raise ConfigError(f"--contrast-{name} {value} needs a --contrast, such as --contrast noise:500.")
            return None
        return Contrast(distortion=parse(self.contrast), alpha=self.contrast_alpha, beta=self.contrast_beta, seed=seed)

    def refuse_contrast(self, model: str | None, flag: str) -> None:
        """Raise ConfigError where there is no local model to contrast."""
        if self.contrast is None:
            return
        if not model:
            raise ConfigError(f"--contrast {self.contrast} is for a {flag.lstrip('-')}, and there is no {flag}.")
        if model.startswith(("http://", "https://")):
            raise ConfigError(
                f"--contrast {self.contrast} needs a model's scores at every token, which the endpoint of {flag} "
                f"{model} does not give: use a local model."
            )


def named_with_contrast(name: str, config: Mapping[str, Json]) -> str:
    """A model's name in reports, with the contrast that its run's configuration has."""
    return f"{name} + VCD {config['contrast']}" if config.get("contrast") else name
