"""What was found out about a model, for people and for files."""

from __future__ import annotations

from dataclasses import dataclass, field

from burnish.records import Json


@dataclass(frozen=True, kw_only=True)
class Lora:
    """What an adapter reaches."""

    modules: int = 0
    share: float = 0.0
    """Of the language model's matrices, embeddings and output head left out."""
    missed: tuple[str, ...] = ()
    experts: float = 0.0
    """The share with `--experts`; 0 where no experts are fused."""


@dataclass(frozen=True, kw_only=True)
class Findings:
    """All that `burnish check` finds out."""

    family: str
    """The model type of its configuration."""
    batched_equals_single: bool = False
    logp_difference: float | None = None
    """Nats: the largest between a stored or a training's log-probability and the library's own; None if unknown."""
    noise: bool = False
    """Whether noise in pixel space works."""
    shared_prefix: bool = False
    """Whether answers to one prompt share its reading in training, with the same log-probabilities."""
    why_not_shared: str = ""
    lora: Lora = field(default_factory=Lora)
    thinking: str = ""
    """What its chat template does about thoughts; empty where it knows of none."""
    server_lacks: tuple[str, ...] = ()
    """What is not available from a server of the model."""
    problems: tuple[str, ...] = ()
    """One sentence for each thing that is wrong."""

    @property
    def ok(self) -> bool:
        """Whether all that Burnish does with a model is right with this one."""
        return not self.problems

    def to_json(self) -> dict[str, Json]:
        """For `--json`."""
        return {
            "family": self.family,
            "batched_equals_single": self.batched_equals_single,
            "logp_difference": self.logp_difference,
            "noise": self.noise,
            "shared_prefix": self.shared_prefix,
            "why_not_shared": self.why_not_shared,
            "lora": {
                "modules": self.lora.modules,
                "share": round(self.lora.share, 4),
                "missed": [*self.lora.missed],
                "share_with_experts": round(self.lora.experts, 4),
            },
            "thinking": self.thinking,
            "server_lacks": [*self.server_lacks],
            "problems": [*self.problems],
            "ok": self.ok,
        }

    def rows(self) -> tuple[tuple[str, str], ...]:
        """For the terminal."""
        difference = "unknown" if self.logp_difference is None else f"{self.logp_difference:.1e} nats"
        shared = "yes" if self.shared_prefix else f"no: {self.why_not_shared}"
        adapted = f"{self.lora.modules} modules, {self.lora.share:.0%} of the language model"
        if self.lora.experts:
            adapted += f" ({self.lora.experts:.0%} with --experts)"
        return (
            ("family", self.family),
            ("batched as one at a time", _yes(self.batched_equals_single)),
            ("log-probabilities off by at most", difference),
            ("noise in pixel space", _yes(self.noise)),
            ("shared prefix in training", shared),
            ("LoRA reaches", adapted),
            *(("  not reached", name) for name in self.lora.missed),
            ("thoughts", self.thinking or "none in its chat template"),
            *(("a server of it lacks", what) for what in self.server_lacks),
            *(("wrong", problem) for problem in self.problems),
            ("ok", _yes(self.ok)),
        )


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"
