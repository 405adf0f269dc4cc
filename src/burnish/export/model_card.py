"""`burnish card`: a model card beside an adapter or a merged model, with what the hub reads and what was measured."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import tyro
import yaml

from burnish.errors import ConfigError, RunError
from burnish.records import Json
from burnish.scores import Compared, Metric, PairedScore
from burnish.store import Manifest, Run
from burnish.store.disk import explained
from burnish.store.manifest import NAME as MANIFEST

NAME = "README.md"
MARK = "<!-- written by burnish card -->"
"""By which a card is known as one that may be written again."""
_OWN = ("checkpoints/*", "merged/*", "report/*", "lock")
"""What is not uploaded of a training's folder."""
_VLLM_RANK = 512
TASK = "image-text-to-text"
_OF_BOTH = ("win_rate",)
"""Numbers that are of two models, and of neither alone."""


class Method(NamedTuple):
    """What a kind of training does."""

    title: str
    paper: str
    tags: tuple[str, ...]


SEVA = "Self-Supervised Visual Preference Alignment (SeVa), https://arxiv.org/abs/2404.10501"
FIRE = "FIRE: feedback-refinement dialogues, https://arxiv.org/abs/2407.11522"
SDPO = "Self-distillation from feedback (SDPO), https://arxiv.org/abs/2601.20802"
METHODS: Mapping[str, Method] = {
    "dpo": Method("preference training (DPO with LoRA)", SEVA, ("dpo", "seva", "preference")),
    "sft": Method("supervised fine-tuning on ground truths (LoRA)", "", ("sft",)),
    "student": Method("supervised fine-tuning on responses that follow feedback (LoRA)", FIRE, ("sft", "fire")),
    "distil": Method("self-distillation from feedback (LoRA)", SDPO, ("distillation", "sdpo", "fire")),
    "teacher": Method("supervised fine-tuning on feedback (LoRA)", FIRE, ("sft", "fire")),
}
"""By the kind that a training's manifest names."""


@dataclass(frozen=True, kw_only=True)
class CardConfig:
    """Write a model card for a trained adapter and its merged model: base, data, method, flags, measured results,
    limits. The licence is left for you to fill in."""

    checkpoint: tyro.conf.Positional[str]
    """Folder of a finished training (`burnish train …`)."""
    runs: tyro.conf.Positional[tuple[str, ...]] = ()
    """Runs of `burnish bench` before and after training, to compare on the card."""
    push: str | None = None
    """Also upload the folder to the Hugging Face hub under this name, such as you/llava-seva, with your own login (`hf
    auth login`). Burnish never uploads anything without this flag."""
    merged: bool = False
    """Upload the merged model, which `--merge` wrote, instead of the adapter."""

    def __post_init__(self) -> None:
        if not self.checkpoint:
            raise ConfigError("CHECKPOINT is empty: give the folder of a training.")
        if self.push is not None and self.push.count("/") != 1:
            raise ConfigError(f"--push {self.push!r} is not a name on the hub: write it as in you/llava-seva.")


class Trained(NamedTuple):
    """A finished training, as far as a card tells of it."""

    folder: Path
    manifest: Manifest
    summary: Mapping[str, Json]
    adapter: Mapping[str, Any]
    """PEFT's adapter_config.json; empty for a model that was trained whole."""

    @property
    def method(self) -> Method:
        return METHODS[self.manifest.kind]

    @property
    def base(self) -> str:
        """The model that was trained, as it was named."""
        return str(self.manifest.config.get("model", ""))

    @property
    def data(self) -> list[str]:
        """Runs and sources that were trained on, as the flags name them."""
        names = ("run", "more_runs", "runs", "source", "mix")
        values = (self.manifest.settings.get(name) for name in names)
        return [str(one) for value in values if value for one in (value if isinstance(value, list) else [value])]


def write_cards(config: CardConfig, compared: Sequence[Compared]) -> tuple[Path, ...]:
    """Write the card of the adapter, and that of the merged model where there is one.

    Raises RunError for a folder that is not a finished training, or that has a card that somebody else wrote.
    """
    trained = _trained(Path(config.checkpoint))
    merged = trained.folder / "merged"
    folders = {trained.folder: "peft" if trained.adapter else "transformers"} | (
        {merged: "transformers"} if merged.is_dir() else {}
    )
    for folder in folders:
        _refuse_stranger(folder / NAME)
    for folder, library in folders.items():
        with explained(folder, "written"):
            (folder / NAME).write_text(card(trained, library, compared), encoding="utf-8")
    return tuple(folder / NAME for folder in folders)


def push(config: CardConfig, name: str) -> str:
    """Upload the adapter, or the merged model, to the hub; its address. Raises RunError where the hub refuses."""
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HFValidationError

    folder = Path(config.checkpoint) / ("merged" if config.merged else "")
    if not folder.is_dir():
        raise RunError(f"{folder} is not there: train with --merge first, or push the adapter.")
    hub = HfApi()
    try:
        hub.create_repo(name, exist_ok=True)
        hub.upload_folder(
            repo_id=name, folder_path=folder, ignore_patterns=["checkpoints/*", "merged/*", "lock", "report/*"]
        )
    except (OSError, HFValidationError) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise RunError(
            f"{name} cannot be pushed ({first}): look at the name, the network and `hf auth login`."
        ) from error
    return f"https://huggingface.co/{name}"


def card(trained: Trained, library: str, compared: Sequence[Compared]) -> str:
    """The card as Markdown, its front matter as the hub reads it."""
    front = yaml.safe_dump(_front(trained, library, compared), sort_keys=False, allow_unicode=True)
    parts = [
        f"# {trained.folder.resolve().name}",
        MARK,
        _begin(trained, library),
        "## Data",
        _data(trained),
        "## What was measured",
        _measured(compared),
        "## Limits",
        _limits(trained, compared),
        "## How it was made",
        _made(trained),
        "## Licence",
        "To be filled in by whoever shares this: the base model, the pictures and the questions have licences of their "
        "own. Set `license` in the front matter.",
    ]
    return f"---\n{front}---\n\n" + "\n\n".join(parts) + "\n"


def _front(trained: Trained, library: str, compared: Sequence[Compared]) -> dict[str, Any]:
    base, data = _hub_name(trained.base), _hub_data(trained)
    return {
        "license": "unknown",
        **({"base_model": base} if base else {}),
        **({"base_model_relation": "adapter" if library == "peft" else "finetune"} if base else {}),
        "library_name": library,
        "pipeline_tag": TASK,
        "tags": ["burnish", *(["lora"] if trained.adapter else []), *trained.method.tags],
        **({"datasets": data} if data else {}),
        **({"model-index": [model_index(trained.folder.resolve().name, compared)]} if compared else {}),
    }


def model_index(name: str, compared: Sequence[Compared]) -> dict[str, Any]:
    """What was measured of the trained model, as the hub reads it: the numbers after training, shares in percent."""
    return {"name": name, "results": [_result(one) for one in compared]}


def _result(compared: Compared) -> dict[str, Any]:
    metrics = {metric.name: metric for metric in compared.metrics}
    shown = [score for score in compared.scores if score.level == "all" and not score.distortion]
    title = compared.title or compared.benchmark
    return {
        "task": {"type": TASK, "name": "Image-Text-to-Text"},
        "dataset": {"type": _slug(compared.questions or title), "name": title},
        "metrics": [
            _number(metrics[score.metric], value)
            for score in (compared.headline, *(one for one in shown if one != compared.headline))
            if (value := score.after.value) is not None and score.metric not in _OF_BOTH
        ],
    }


def _number(metric: Metric, value: float) -> dict[str, Any]:
    shown = 100 * value if metric.unit == "%" else value
    return {"type": metric.name, "name": metric.title, "value": round(shown, 4)}


def _slug(name: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", name.lower()))


def _begin(trained: Trained, library: str) -> str:
    what = "A PEFT adapter for" if library == "peft" else "A full model, made by merging an adapter into"
    title = trained.method.title
    if not trained.adapter:
        what, title = "A full model, begun from", title.replace(" with LoRA", "").replace(" (LoRA)", "")
    paper = f" The method: {trained.method.paper}." if trained.method.paper else ""
    return f"{what} `{trained.base}`, trained by {title} with Burnish.{paper}"


def _data(trained: Trained) -> str:
    lines = []
    for name in trained.data:
        source = _source_of(name)
        lines.append(f"- `{name}`" + (f", made from `{source}`" if source else ""))
    counts = {name: trained.summary.get(name) for name in ("examples", "answers", "steps")}
    shown = ", ".join(f"{value:,} {name}" for name, value in counts.items() if isinstance(value, int))
    left_out = trained.summary.get("left_out")
    reasons = ", ".join(f"{n} ({why})" for why, n in left_out.items()) if isinstance(left_out, dict) else ""
    return "\n".join(lines) + f"\n\nTrained on {shown}." + (f" Left out: {reasons}." if reasons else "")


def _measured(compared: Sequence[Compared]) -> str:
    if not compared:
        return "Nothing yet: `burnish card CHECKPOINT BEFORE AFTER` puts the comparison of two runs here."
    return "\n\n".join(_table(one) for one in compared)


def _table(compared: Compared) -> str:
    metrics = {metric.name: metric for metric in compared.metrics}
    shown = [score for score in compared.scores if score.level == "all" and not score.distortion]
    rows = [_row(score, metrics[score.metric]) for score in shown]
    head = ["| | before | after | change, 95 % interval | p | verdict |", "|---|--:|--:|--:|--:|---|"]
    place = compared.questions or compared.benchmark
    return (
        f"`{compared.before.name}` before and `{compared.after.name}` after, on `{place}`: {compared.n:,} answers "
        f"about {compared.pictures:,} pictures.\n\n" + "\n".join([*head, *rows])
    )


def _row(score: PairedScore, metric: Metric) -> str:
    scale, unit = (100, " %") if metric.unit == "%" else (1, "")

    def shown(value: float | None, sign: str = "") -> str:
        return "–" if value is None else f"{scale * value:{sign}.1f}"

    change = score.difference
    bounds = f" ({shown(change.low, '+')} to {shown(change.high, '+')})" if change.low is not None else ""
    p = "–" if score.p_value is None else f"{score.p_value:.3f}"
    cells = (
        shown(score.before.value),
        shown(score.after.value),
        f"{shown(change.value, '+')}{bounds}",
        p,
        score.verdict,
    )
    return f"| {metric.title}{unit} | {' | '.join(cells)} |"


def _limits(trained: Trained, compared: Sequence[Compared]) -> str:
    rank = trained.adapter.get("r")
    open_ones = [one for one in compared if one.verdict not in ("better", "worse")]
    lines = [
        "Measured on the questions above alone; nothing is known of others, of other languages, or of safety.",
        "Comparisons that are called neither better nor worse: "
        f"{len(open_ones)} of {len(compared)}; of 20 without any change, one would be called by chance."
        if compared
        else "",
        "What the base model does wrong, this model may do as well."
        + (" Its pairs came from the base model's own answers, which nobody checked." if _is_own(trained) else ""),
        f"At rank {rank} vLLM takes the merged model only (its adapters end at rank {_VLLM_RANK})."
        if isinstance(rank, int) and rank > _VLLM_RANK
        else "",
    ]
    return "\n".join(f"- {line}" for line in lines if line)


def _is_own(trained: Trained) -> bool:
    made = (_manifest(name) for name in trained.data)
    return trained.manifest.kind == "dpo" and all(one is not None and "distort" in one.config for one in made)


def _made(trained: Trained) -> str:
    manifest = trained.manifest
    facts = {
        **{f"fingerprint of the {name}": value for name, value in manifest.fingerprints.items()},
        "seed": manifest.seed,
        "begun": manifest.created,
        "Burnish": manifest.version,
    }
    listed = "\n".join(f"- {name}: `{value}`" for name, value in facts.items())
    flags = yaml.safe_dump(manifest.settings, sort_keys=True, allow_unicode=True)
    return f"{listed}\n\nAll flags of `burnish train {manifest.kind}`:\n\n```yaml\n{flags}```"


def _trained(folder: Path) -> Trained:
    """Raises RunError for what is not a finished training."""
    run = Run.open(folder)
    if run.manifest.kind not in METHODS:
        raise RunError(f"{folder} holds {run.manifest.kind}, not a training: give the folder of `burnish train …`.")
    if run.summary is None:
        raise RunError(f"{folder} is not finished: give its `burnish train` command again.")
    whole = run.manifest.config.get("full") is True
    adapter: Mapping[str, Any] = {} if whole else json.loads((folder / "adapter_config.json").read_bytes())
    return Trained(folder, run.manifest, run.summary, adapter)


def _refuse_stranger(path: Path) -> None:
    if path.is_file() and MARK not in path.read_text(encoding="utf-8", errors="replace"):
        raise RunError(f"{path} was not written by `burnish card`: move it away first.")


def _hub_name(model: str) -> str:
    """A name on the hub; empty for a folder, which the hub could not find."""
    return model if model.count("/") == 1 and not Path(model).exists() and model[0] not in "./~" else ""


def _manifest(path: str) -> Manifest | None:
    """What made the run at a path, with or without a share behind it; None for what is not a run any more."""
    folder = next((one for one in (path, path.rpartition("=")[0]) if one and (Path(one) / MANIFEST).is_file()), None)
    return None if folder is None else Run.open(Path(folder)).manifest


def _source_of(name: str) -> str:
    made = _manifest(name)
    return "" if made is None else str(made.config.get("source", ""))


def _hub_data(trained: Trained) -> list[str]:
    """Data sets of the hub among the sources."""
    sources = [(_source_of(name) or name) for name in trained.data]
    named = (source.removeprefix("huggingface:").partition("#")[0] for source in sources if "huggingface:" in source)
    return list(dict.fromkeys(name for name in named if _hub_name(name)))
