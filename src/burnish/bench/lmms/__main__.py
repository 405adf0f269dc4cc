"""`python -m burnish.bench.lmms …` is lmms-eval's own command line, beside any build of torch.

Burnish comes first, since torchvision from PyPI cannot be imported beside a CPU build of torch otherwise.
"""

from __future__ import annotations

import runpy

if __name__ == "__main__":
    runpy.run_module("lmms_eval", run_name="__main__", alter_sys=True)
