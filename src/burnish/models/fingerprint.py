"""What a checkpoint is, in 64 hex digits: a digest of the files that decide its answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from burnish.errors import ModelError
from burnish.jsons import read_json
from burnish.records import Json

PATTERNS = (
    "config.json",
    "generation_config.json",
    "*.safetensors",
    "adapter_config.json",
    "processor_config.json",
    "preprocessor_config.json",
    "tokenizer*",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.*",
    "merges.txt",
    "chat_template*",
    "chat_templates/*",
    "*.py",
)
"""Weights, adapter, code, end tokens, processor, tokenizer, chat template; nothing that training leaves beside them."""

BASE_RECORD = "burnish_base.json"
"""Stands beside an adapter, or in a model, that Burnish trained."""


def folder_digest(*folders: Path) -> str:
    """SHA-256 over names and contents of the files that matter, wherever the folders lie."""
    digest = hashlib.sha256()
    for number, folder in enumerate(folders):
        for path in _files(folder):
            line = f"{number}\x1f{path.relative_to(folder).as_posix()}\x1f{file_digest(path)}\n"
            digest.update(line.encode())
    return digest.hexdigest()


def record_base(adapter: Path, base_digest: str, trained_with: Mapping[str, Json]) -> None:
    """Leave beside what was trained which model it came from, so that an adapter is never put on another.

    `trained_with` are options of models, by their names, that its answers depend on.
    """
    record = {"base_fingerprint": base_digest, "trained_with": dict(trained_with)}
    (adapter / BASE_RECORD).write_text(json.dumps(record) + "\n")


def base_matches(adapter: Path, base: Path) -> bool:
    """Whether the adapter was trained on this base, or does not say. Raises ModelError for a damaged record."""
    recorded = _base_record(adapter).get("base_fingerprint")
    return recorded is None or recorded == folder_digest(base)


def trained_with(adapter: Path) -> Mapping[str, Json]:
    """The options of models that the adapter was trained with, as far as it says. Raises ModelError."""
    recorded = _base_record(adapter).get("trained_with", {})
    return recorded if isinstance(recorded, dict) else {}


def _base_record(adapter: Path) -> dict[str, Json]:
    path = adapter / BASE_RECORD
    if not path.is_file():
        return {}
    try:
        record = read_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be read ({error}): copy the adapter's folder again.") from error
    if not isinstance(record, dict):
        raise ModelError(f"{path} is not a record of `burnish train`: copy the adapter's folder again.")
    return record


def file_digest(path: Path) -> str:
    """SHA-256 of a file's content, read once in a process while size and time of change stay the same."""
    status = path.stat()
    return _file_digest(path.resolve(), status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=4096)
def _file_digest(path: Path, size: int, mtime_ns: int) -> str:  # noqa: ARG001 - size and time are the cache's key
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _files(folder: Path) -> list[Path]:
    return sorted({path for pattern in PATTERNS for path in folder.glob(pattern) if path.is_file()})
