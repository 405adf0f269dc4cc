"""`python -m burnish.generation.replica`: a process that makes blocks for `replicas.py`, by its standard streams.

The first line that it reads says what to call; each further one is the number of a block. It ends with its input.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from burnish.errors import BurnishError
from burnish.generation.serving import SERVING, Served, Serving
from burnish.lazy import load


def main() -> int:
    """Serve until no more is wanted; 2 where what it was told to call refuses."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # whatever prints must not come between the answers
    return serve(json.loads(sys.stdin.buffer.readline()), Serving(sys.stdin.buffer, answers))


def serve(task: Mapping[str, Any], serving: Serving) -> int:
    """Call what the task says, which then serves; an exit code."""
    SERVING.set(serving)
    try:
        config = load(task["kind"])(**{name: _as_field(value) for name, value in task["config"].items()})
        load(task["make"])(config)
    except Served:
        return 0
    except BurnishError as error:
        serving.wanted.readline()  # the block that will not be made
        serving.answer({"error": str(error)})
        return 2
    return 0


def _as_field(value: Any) -> Any:
    """Configurations hold tuples, which JSON has as lists."""
    return tuple(map(_as_field, value)) if isinstance(value, list) else value


if __name__ == "__main__":
    sys.exit(main())
