"""Every recipe that comes with Burnish, at both scales: it parses, and its verbs take what it gives them."""

from pathlib import Path

import pytest

from burnish.recipes.amounts import count
from burnish.recipes.config import ScaleName
from burnish.recipes.plan import Plan, make_plan, stand_ins
from burnish.recipes.recipe import Recipe, read_recipe

RECIPES = Path(__file__).parents[2] / "recipes"
FILES = sorted(path for path in RECIPES.glob("*.yaml") if path.stem != "owleval")
OWLEVAL = RECIPES / "owleval.yaml"
"""Of neither paper, and about recorded answers alone: it has no pocket scale."""
OURS = (
    *("seva-gains", "seva-price", "seva-settings", "seva-when", "objectives", "mdpo"),
    *("fire-teacher", "fire-simulated", "feedback-as-preference", "improve-rounds"),
)
"""What the papers do not ask: these have no paper scale."""


def _scales(file: Path) -> tuple[ScaleName, ...]:
    return ("pocket",) if file.stem in OURS else ("pocket", "paper")


PLANS = [(file, scale) for file in FILES for scale in _scales(file)]


def _planned(file: Path, scale: ScaleName) -> tuple[Recipe, Plan]:
    """Of one seed: those of the others differ in that number alone."""
    recipe = read_recipe(file, scale)
    return recipe, make_plan(recipe, stand_ins(recipe, {}), recipe.seeds[:1])


def test_there_is_one_for_each_table_and_figure() -> None:
    seva = [
        *(f"seva-table{n}" for n in (1, 3, 4, 5, 6)),
        *(f"seva-figure{n}" for n in (2, 5, 7)),
        "seva-many-negatives",
    ]
    fire = [*(f"fire-table{n}" for n in (1, 2, 3, 4, 5, 6, "A2")), *(f"fire-figure{n}" for n in (5, 6, 7))]
    assert {file.stem for file in FILES} == {*seva, *fire, *OURS}


@pytest.mark.parametrize(
    ("file", "scale"), [*PLANS, (OWLEVAL, "paper")], ids=lambda one: one.stem if one in FILES else None
)
def test_it_parses_and_its_verbs_take_its_flags(file: Path, scale: ScaleName) -> None:
    recipe, plan = _planned(file, scale)
    assert plan.steps
    if scale == "paper":  # where nothing is there, the recipe says how much its authors published, and where it is
        assert count(recipe, plan).keys() == plan.steps.keys()
        assert recipe.ahead.places.keys() >= {*recipe.models, *recipe.files}
    assert len(plan.cells) == len(recipe.rows) * len(recipe.columns)
    assert set(recipe.drawn) <= {column.name for column in recipe.columns}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_papers_numbers_stand_beside_a_row(file: Path) -> None:
    """A row of the paper that no row of ours names would be lost without a word."""
    for scale in _scales(file):
        recipe = read_recipe(file, scale)
        assert set(recipe.published.rows) <= {row.published for row in recipe.rows}


def test_recipes_share_what_is_alike_in_them() -> None:
    """Table 6's rank 64, figure 7's 800 steps, table 1's Diffusion-W and one negative are one training."""
    found = []
    for name in ("seva-table6", "seva-figure7", "seva-table1", "seva-many-negatives"):
        plan = make_plan(read_recipe(RECIPES / f"{name}.yaml", "pocket"), {}, (0,))
        found.append({key for key, step in plan.steps.items() if step.verb == "train dpo"})
    assert len(set.intersection(*found)) == 1
