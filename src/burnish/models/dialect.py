"""What one endpoint wants to be asked otherwise: found out from its refusals, once for a run, and never guessed.

Newer hosted models want `max_completion_tokens` for `max_tokens`, and take no temperature; many take no
`repetition_penalty`, which is not part of OpenAI's protocol.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Collection, Mapping
from typing import Any, final

NEW_NAMES: Mapping[str, str] = {"max_tokens": "max_completion_tokens"}
"""Fields that endpoints take by another name."""
LESSER = ("max_tokens", "temperature", "top_p", "seed", "repetition_penalty")
"""Fields that a request can do without, or has by another name, when an endpoint refuses them."""
WITHOUT: Mapping[str, str] = {
    "temperature": "answers are drawn at the endpoint's own temperature, so they are not greedy",
    "top_p": "answers are drawn among more words than --top-p says",
    "seed": "answers that are drawn differ when they are asked for again",
    "repetition_penalty": "whatever penalty its checkpoint has acts on answers",
}
"""What it means where an endpoint does not take a field at all."""
_REFUSES = re.compile(
    "unsupported|not support|unexpected|unrecogni|unknown|not permitted|not allowed|extra (?:field|input)|refused|"
    "deprecated|can only be|must be 1|only the default",
    re.IGNORECASE,
)


@final
class Dialect:
    """The fields that an endpoint has refused, as far as is known."""

    def __init__(self, fixed: Collection[str] = ()) -> None:
        """`fixed` fields are a user's own: they are sent, and their refusal is one of the request."""
        self._fixed = frozenset(fixed)
        self.refused: tuple[str, ...] = ()
        """In the order in which they were found."""

    def adapted(self, body: bytes, also: Collection[str] = ()) -> bytes:
        """The request without the fields that are known to be refused, or by their other names."""
        names = [name for name in (*self.refused, *also) if body.rfind(f'"{name}": '.encode()) >= 0]
        if not names:
            return body
        fields: dict[str, Any] = json.loads(body)
        for name in names:
            value = fields.pop(name, None)
            if name in NEW_NAMES and value is not None:
                fields.setdefault(NEW_NAMES[name], value)
        return json.dumps(fields).encode()

    def refused_field(self, body: bytes, message: str) -> str | None:
        """The field of the request that a refusal is about; None where it is about something else."""
        for name in LESSER:
            sent = name not in self._fixed and body.rfind(f'"{name}": '.encode()) >= 0
            renamed = name in NEW_NAMES and NEW_NAMES[name] in message
            if sent and re.search(rf"\b{name}\b", message) and (renamed or _REFUSES.search(message)):
                return name
        return None

    def learn(self, names: Collection[str]) -> None:
        """A request went through without these fields: so do all others, which is said once."""
        new = [name for name in names if name not in self.refused]
        self.refused += tuple(new)
        for name in new:
            print(f"burnish: {meaning(name)}", file=sys.stderr)


def meaning(name: str) -> str:
    """A sentence on what it means that an endpoint refuses a field."""
    if name in NEW_NAMES:
        return f"The endpoint takes {NEW_NAMES[name]} in the place of {name}."
    return f"The endpoint takes no {name}: {WITHOUT[name]}."
