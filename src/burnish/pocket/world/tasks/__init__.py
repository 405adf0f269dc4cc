"""The sixteen tasks of the pocket world: a new task is one function in this folder, one line here and one test."""

from __future__ import annotations

from burnish.pocket.world.tasks import charts, counting, describing, existence, looking, reading, reasoning, relations
from burnish.pocket.world.tasks.base import SceneQuestion, TaskGroup, WorldTask

TASKS: tuple[WorldTask, ...] = (
    WorldTask(name="attribute", group="seen", stands_for="VQAv2", kind="objects", ask=looking.attribute),
    WorldTask(name="relation", group="seen", stands_for="GQA", kind="objects", ask=relations.relation),
    WorldTask(name="reading", group="seen", stands_for="TextVQA", kind="text", ask=reading.reading),
    WorldTask(name="chart", group="seen", stands_for="ChartQA", kind="bars", ask=charts.chart),
    WorldTask(name="position", group="seen", stands_for="DocVQA", kind="objects", ask=looking.position),
    WorldTask(name="existence", group="seen", stands_for="DVQA", kind="objects", ask=existence.existence),
    WorldTask(name="counting", group="seen", stands_for="GEOQA+", kind="objects", ask=counting.counting),
    WorldTask(name="description", group="seen", stands_for="Synthdog", kind="objects", ask=describing.describe),
    WorldTask(name="number", group="new", stands_for="MathVista", kind="text", ask=reading.number),
    WorldTask(name="geometry", group="new", stands_for="MathVerse", kind="objects", ask=reasoning.geometry),
    WorldTask(name="table", group="new", stands_for="MMMU", kind="table", ask=reading.table),
    WorldTask(name="exist-relation", group="new", stands_for="MME", kind="objects", ask=relations.exist_relation),
    WorldTask(name="chart-compare", group="new", stands_for="MM-Vet", kind="bars", ask=charts.chart_compare),
    WorldTask(
        name="count-attribute", group="new", stands_for="SEED-Bench", kind="objects", ask=counting.count_attribute
    ),
    WorldTask(name="choice", group="new", stands_for="ScienceQA", kind="objects", ask=reasoning.choice),
    WorldTask(name="part", group="new", stands_for="LLaVA-Bench", kind="objects", ask=describing.describe_part),
)

BY_NAME = {task.name: task for task in TASKS}
SEEN = tuple(task for task in TASKS if task.group == "seen")
NEW = tuple(task for task in TASKS if task.group == "new")

__all__ = ["BY_NAME", "NEW", "SEEN", "TASKS", "SceneQuestion", "TaskGroup", "WorldTask"]
