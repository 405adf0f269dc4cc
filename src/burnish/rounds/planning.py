"""What `burnish improve --plan` says: how much each round asks and trains on, before anything starts."""

from __future__ import annotations

from burnish.report.tables import Table
from burnish.rounds import parts
from burnish.rounds.config import ImproveConfig
from burnish.sources import stream


def plan_table(config: ImproveConfig) -> Table:
    """Replies and optimiser steps by what they are for. Raises a BurnishError for flags or sources that are wrong."""
    rows = [row for number in range(1, config.rounds + 1) for row in _round(config, number)]
    asked = sum(len(stream(one.source, one)) for one in parts.answers_configs(config, 0, config.adapter))
    benched = [("bench, before and after each round", f"{asked:,}", f"{asked * (config.rounds + 1):,}", "")]
    return Table(
        title=f"What {config.rounds} rounds ask and train on",
        columns=("", "examples", "replies at most", "steps at most"),
        rows=(*rows, *benched),
        note="A round trains on the pairs that it keeps, which are fewer. Tokens are at most replies times "
        "--max-new-tokens. How long that takes depends on the machine: a round with a small --limit shows its speed.",
    )


def _round(config: ImproveConfig, number: int) -> list[tuple[str, str, str, str]]:
    rows, pairs = [], 0
    if "distort" in config.ways:
        made = parts.pairs_config(config, number, config.adapter)
        examples = len(stream(made.source, made))
        replies = examples * (1 + len(made.distortions))
        rows.append((f"round {number}, pairs", f"{examples:,}", f"{replies:,}", ""))
        pairs += examples
    if "sample" in config.ways:
        drawn = parts.samples_config(config, number, config.adapter)
        examples = len(stream(drawn.source, drawn))
        rows.append((f"round {number}, samples", f"{examples:,}", f"{examples * drawn.samples:,}", ""))
        pairs += examples
    if "dialogues" in config.ways:
        talk = parts.simulate_config(config, number, config.adapter)
        examples = len(stream(talk.source, talk))
        rows.append((f"round {number}, dialogues", f"{examples:,}", f"{examples * 2 * talk.max_turns:,}", ""))
        pairs += examples * talk.max_turns
    train = parts.train_config(config, number, config.adapter, [parts.folder(config, number) / "pairs"])
    steps = -(-pairs // train.batch_size) * train.epochs
    steps = steps if train.max_steps is None else min(steps, train.max_steps)
    return [*rows, (f"round {number}, training", "", "", f"{steps:,}")]
