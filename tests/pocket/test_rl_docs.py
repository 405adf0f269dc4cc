"""The program of docs/rl.md: TRL's GRPO on the pocket model, with a distortion, and the oracle as its reward."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs" / "rl.md"


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning")  # TRL 1.16 uses names that transformers calls old
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_grpo_trains_for_two_steps_with_the_oracles_scores(tmp_path: Path) -> None:
    found = re.search(r"```python\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert found is not None
    program = re.sub(r"LIMIT, STEPS, OUT = .*", f"LIMIT, STEPS, OUT = 16, 2, {str(tmp_path)!r}", found[1])
    names: dict[str, object] = {}
    exec(compile(program, str(DOCS), "exec"), names)
    history = names["trainer"].state.log_history  # type: ignore[attr-defined]
    rewards = [line["rewards/oracle/mean"] for line in history if "rewards/oracle/mean" in line]
    assert len(rewards) == 2
    assert all(0.1 <= reward <= 1 for reward in rewards)
