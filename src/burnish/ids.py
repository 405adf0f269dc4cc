"""Names and seeds that depend on content alone, so that any machine at any time finds the same ones."""

from __future__ import annotations

import hashlib


def content_key(data: bytes) -> str:
    """SHA-256 of the bytes as 64 hex digits: the name of a picture in a run."""
    return hashlib.sha256(data).hexdigest()


def stable_seed(*parts: str | int) -> int:
    """A seed in 0 .. 2**63 - 1 that depends on the parts and nothing else (`hash()` differs by process)."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
