"""Results of free dialogues for tests: scores given by hand, counted by the real bench."""

from burnish.bench.free_metrics import free_scores
from burnish.bench.free_rules import FreeRules, worth
from burnish.bench.free_run import DialogueKey, FreeRun, Played
from burnish.replies import count_texts
from burnish.scores import FreeScores

RULES = FreeRules()
TASKS = {"position": ("DocVQA", "seen"), "attribute": ("VQAv2", "seen"), "part": ("LLaVA-Bench", "new")}


def free_run(name: str, *dialogues: list[float | None]) -> FreeRun:
    """Each list of scores once for every task, on a picture of its own."""
    played = [
        Played(
            DialogueKey(f"{task} {i}", "?", "!"),
            task,
            {"stands_for": column, "group": group},
            worth(dialogues[i], RULES),
        )
        for task, (column, group) in TASKS.items()
        for i in range(len(dialogues))
    ]
    return FreeRun(
        name,
        f"/models/a/long/path/of/checkpoints + {name}",
        "oracle",
        tuple(played),
        {"no picture": 2},
        count_texts(()),
    )


def free_result() -> FreeScores:
    """Two seeds of a trained student over one of the untrained."""
    seeds = [free_run("trained", [4, 9], [3, 9], [9]), free_run("trained", [4, 9], [3, 5, 8], [9])]
    return free_scores(seeds, RULES, [free_run("untrained", [4, 5], [3, 9], [9])])
