"""Lets torchvision be imported beside a build of torch that its compiled operators do not fit.

PyPI's torchvision is compiled for PyPI's torch. Beside another build (the one for CPUs alone) its library of operators
cannot be loaded, and importing it ends in an error, because it describes operators that are not there. Processors of
pictures need none of them: its transforms are Python on torch's own operators.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from importlib.abc import Loader, MetaPathFinder
else:  # which takes half of the time of `import burnish`; Python asks for their methods alone
    Loader = MetaPathFinder = object

NAME = "torchvision"
DESCRIBED = ("nms", "qnms")
"""The operators that torchvision describes when it is imported, whether they are there or not."""

_declared: list[object] = []
"""Keeps the declarations alive."""


class _Loading(Loader):
    """Loads torchvision as its own loader does, once its operators are seen to."""

    def __init__(self, own: Any) -> None:
        self._own = own

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        created: ModuleType | None = self._own.create_module(spec)
        return created

    def exec_module(self, module: ModuleType) -> None:
        _declare_if_missing([*module.__path__])
        self._own.exec_module(module)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name)


class _Watch(MetaPathFinder):
    """Finds torchvision where it is, for those who only ask for it too."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != NAME or (found := PathFinder.find_spec(NAME, path, target)) is None:
            return None
        if found.loader is not None:
            found.loader = _Loading(found.loader)
        return found


def watch() -> None:
    """Begin to watch for the import of torchvision. It costs nothing until then."""
    if NAME not in sys.modules and not any(isinstance(finder, _Watch) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Watch())


def _declare_if_missing(folders: Sequence[str]) -> None:
    """Declare the described operators, without a way to compute them, where torchvision's library does not load."""
    import torch

    library: Any = torch.library
    operators: Any = torch.ops
    files = [file for folder in folders for file in Path(folder).glob("_C.*")]
    try:
        for file in files:
            operators.load_library(file)
    except OSError:
        files = []
    if not files:
        declarations = library.Library(NAME, "DEF")
        for name in DESCRIBED:
            declarations.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _declared.append(declarations)
