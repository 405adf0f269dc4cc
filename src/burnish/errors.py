"""Everything that Burnish raises on purpose, in one small tree.

    BurnishError            the root; the command line prints its one sentence and exits with 2
    ├── ConfigError         a flag or a field has a value that cannot work
    ├── SourceError         a source of examples cannot be read
    │   └── LineError       one line or row of it cannot be used; it is counted, and the others are
    ├── ImageError          one picture is missing, broken, too large or out of bounds
    ├── RunError            a run on disk cannot be used as asked
    │   ├── ConfigChanged   it was begun with another configuration
    │   ├── RunLocked       another process is writing it
    │   └── NothingAnswered no reply that it asked for is an answer: there is nothing to score
    ├── DistortionError     a distortion's name or parameters are wrong, or it does not fit the backend
    ├── ModelError          a model cannot be loaded or cannot do what is asked
    │   └── RequestError    one request cannot be put to it; it is refused, and the others are answered
    ├── TrainingError       a training came to numbers that are none, and stopped
    ├── RatingsError        the store of human ratings cannot be used
    └── ServerError         an endpoint refused a request or stayed silent after every retry

Each message is one sentence that says what is wrong, where, and how to fix it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any


class BurnishError(Exception):
    """An expected failure: its text is shown to the user as it is."""


class ConfigError(BurnishError):
    """A flag or a configuration field has a value that cannot work."""


class SourceError(BurnishError):
    """A source of examples cannot be read."""


class LineError(SourceError):
    """One line or row of a source cannot be used; `reason` is the short name it is counted under."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class ImageError(BurnishError):
    """One picture cannot be used; `reason` is the short name it is counted under."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class RunError(BurnishError):
    """A run on disk cannot be used as asked."""


class ConfigChanged(RunError):
    """The run was begun with another configuration."""


class RunLocked(RunError):
    """Another process is writing this run."""


class NothingAnswered(RunError):
    """No reply that a run asked for is an answer, so that there is nothing to score; `replies` are the counts of those
    that were read from files, as `ReplyCounts` has them."""

    def __init__(self, message: str, replies: Mapping[str, Any] = MappingProxyType({})) -> None:
        super().__init__(message)
        self.replies = replies


class DistortionError(BurnishError):
    """A distortion's name or parameters are wrong, or it does not fit the backend."""


class ModelError(BurnishError):
    """A model cannot be loaded, or cannot do what is asked of it."""


class RequestError(ModelError):
    """One request cannot be put to a model; others can."""


class TrainingError(BurnishError):
    """A training came to a loss, a gradient or weights that are not finite numbers, and stopped."""


class RatingsError(BurnishError):
    """The store of human ratings cannot be used."""


class ServerError(BurnishError):
    """An endpoint refused a request, or stayed silent after every retry."""
