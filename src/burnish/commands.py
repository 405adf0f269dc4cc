"""The verbs by name: a new one is a function under `burnish.verbs` and a line here. Nothing heavy is imported."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from burnish.bench.judged.registry import JUDGED
from burnish.bench.standard.registry import having
from burnish.errors import ConfigError


class Verb(NamedTuple):
    """Where a verb's configuration and function live, as `module:name`, imported only when it is called."""

    config: str
    call: str
    what: str


VERBS = {
    "demo": Verb("burnish.demo:DemoConfig", "burnish.demo:run_demo", "SeVa and FIRE on the small model, in minutes"),
    "check": Verb(
        "burnish.check.config:CheckConfig", "burnish.verbs.showing:check", "whether a model works, and is right"
    ),
    "distort": Verb(
        "burnish.report.sheet:SheetConfig", "burnish.verbs.showing:distort", "draw a picture's distortions"
    ),
    "pairs": Verb(
        "burnish.make.pairs:PairsConfig", "burnish.verbs.making:pairs", "make preference pairs (SeVa, algorithm 1)"
    ),
    "pairs from-dialogues": Verb(
        "burnish.make.from_dialogues:FromDialoguesConfig",
        "burnish.verbs.making:pairs_from_dialogues",
        "preference pairs of dialogues, without asking a model",
    ),
    "improve": Verb(
        "burnish.rounds.config:ImproveConfig",
        "burnish.rounds.telling:improve_and_tell",
        "rounds of pairs, training and bench, without labels",
    ),
    "compose": Verb(
        "burnish.make.compose:ComposeConfig",
        "burnish.verbs.making:compose",
        "whole dialogues by a strong model (FIRE-100K)",
    ),
    "simulate": Verb(
        "burnish.make.simulate:SimulateConfig",
        "burnish.verbs.making:simulate",
        "dialogues of student and teacher (FIRE-1M)",
    ),
    "train dpo": Verb(
        "burnish.train.config:DPOConfig", "burnish.verbs.training:train_dpo", "train on preference pairs"
    ),
    "train sft": Verb(
        "burnish.train.config:SFTConfig", "burnish.verbs.training:train_sft", "train on answers (to compare with)"
    ),
    "train student": Verb(
        "burnish.train.dialogue_config:StudentConfig",
        "burnish.verbs.training:train_student",
        "train to refine answers (FIRE)",
    ),
    "train teacher": Verb(
        "burnish.train.dialogue_config:TeacherConfig",
        "burnish.verbs.training:train_teacher",
        "train to give feedback (FIRE)",
    ),
    "train pocket": Verb(
        "burnish.pocket.config:TrainPocketConfig",
        "burnish.verbs.training:train_pocket",
        "train the small model of the demo anew",
    ),
    "show-mask": Verb(
        "burnish.train.dialogue_config:ShowMaskConfig",
        "burnish.verbs.training:show_mask",
        "show a dialogue's trained tokens",
    ),
    "bench answers": Verb(
        "burnish.bench.answers:AnswersConfig",
        "burnish.verbs.benching:bench_answers",
        "ask questions and score the answers",
    ),
    "bench fixed": Verb(
        "burnish.bench.fixed:FixedConfig",
        "burnish.verbs.benching:bench_fixed",
        "the next words in recorded dialogues (FIRE)",
    ),
    "bench free": Verb(
        "burnish.bench.free:FreeConfig",
        "burnish.verbs.benching:bench_free",
        "how fast a student learns in dialogues (FIRE)",
    ),
    "bench teacher": Verb(
        "burnish.bench.teacher:TeacherConfig",
        "burnish.verbs.benching:bench_teacher",
        "whether empty, garbled, off-topic or almost right answers fool a teacher",
    ),
    **{
        f"bench standard {name}": Verb(
            one.config("ask"),
            "burnish.verbs.benching:bench_standard",
            f"ask and score {one.title}" if "rescore" in one.parts else f"ask {one.title}, for a judge",
        )
        for name, one in having("ask")
    },
    "bench sampled": Verb(
        "burnish.bench.sampled:SampledConfig", "burnish.verbs.benching:bench_sampled", "answers at several temperatures"
    ),
    **{
        f"bench judged {name}": Verb(bench.config, "burnish.verbs.benching:bench_judged", bench.what)
        for name, bench in JUDGED.items()
    },
    "score agreement": Verb(
        "burnish.bench.judged.agreement:AgreementConfig",
        "burnish.verbs.scoring:score_agreement",
        "one judge by another",
    ),
    **{
        f"make-{name}": Verb(
            one.config("make"), "burnish.verbs.making:make_benchmark", f"a {one.title} of your own annotations"
        )
        for name, one in having("make")
    },
    "score fixed": Verb(
        "burnish.bench.score:ScoreFixedConfig",
        "burnish.verbs.scoring:score_fixed",
        "predictions against recorded dialogues",
    ),
    "score free": Verb(
        "burnish.bench.score:ScoreFreeConfig",
        "burnish.verbs.scoring:score_free",
        "free dialogues that exist already (FIRE)",
    ),
    **{
        f"score {name}": Verb(one.config("score"), "burnish.verbs.scoring:score_standard", f"{one.title}: {one.what}")
        for name, one in having("score")
    },
    **{
        f"submit {name}": Verb(
            one.config("submit"), "burnish.verbs.scoring:submit", f"{one.title}'s answers for the server"
        )
        for name, one in having("submit")
    },
    "compare": Verb(
        "burnish.bench.compare.configs:CompareConfig",
        "burnish.verbs.scoring:compare",
        "whether one result is better, and where",
    ),
    "compare together": Verb(
        "burnish.bench.compare.together:TogetherConfig",
        "burnish.verbs.scoring:compare_together",
        "several benchmarks and seeds in one verdict",
    ),
    "compare power": Verb(
        "burnish.bench.compare.power:PowerConfig",
        "burnish.verbs.scoring:compare_power",
        "how small a change a result's questions can show",
    ),
    "merge": Verb("burnish.verbs.merging:MergeConfig", "burnish.verbs.merging:merge", "the runs of all shards as one"),
    "report": Verb("burnish.report:ReportConfig", "burnish.verbs.showing:report", "pages, plots and tables of a run"),
    "show": Verb("burnish.report.show:ShowConfig", "burnish.verbs.showing:show", "a record of a run, with its picture"),
    "view": Verb(
        "burnish.view.config:ViewConfig", "burnish.verbs.viewing:view", "a run of any size in a browser, live"
    ),
    "import": Verb(
        "burnish.make.importing:ImportConfig",
        "burnish.verbs.making:import_dialogues",
        "dialogues of a FIRE file as a run",
    ),
    "import pairs": Verb(
        "burnish.make.importing_pairs:ImportPairsConfig",
        "burnish.verbs.making:import_pairs",
        "preferences of other tools, people or a judge",
    ),
    "validate": Verb(
        "burnish.report.validation:ValidateConfig",
        "burnish.verbs.showing:validate",
        "everything wrong with a FIRE file",
    ),
    "stats": Verb(
        "burnish.report.dialogue_stats:StatsConfig",
        "burnish.verbs.showing:stats",
        "scores, turns and lengths of dialogues",
    ),
    "run": Verb("burnish.recipes.config:RecipeConfig", "burnish.recipes.run:run_recipe", "a paper's experiment"),
    "review": Verb(
        "burnish.review.config:ReviewConfig",
        "burnish.verbs.reviewing:review",
        "a page on which people rate what runs hold",
    ),
    "review import": Verb(
        "burnish.review.config:ImportRatingsConfig",
        "burnish.verbs.reviewing:import_ratings",
        "the human ratings of a FIRE file",
    ),
    "review summary": Verb(
        "burnish.review.config:ReviewSummaryConfig",
        "burnish.verbs.reviewing:review_summary",
        "what people said (FIRE's table A1)",
    ),
    "card": Verb(
        "burnish.export.model_card:CardConfig", "burnish.verbs.showing:card", "a model card beside a trained adapter"
    ),
    "export": Verb(
        "burnish.export:ExportConfig", "burnish.verbs.showing:export", "a run in the formats of other tools"
    ),
}


def split_verb(words: Sequence[str]) -> tuple[str, list[str]]:
    """The verb's full name and the words that follow it."""
    words = _as_verb(words)
    for length in (3, 2, 1):
        name = " ".join(words[:length])
        if name in VERBS:
            return name, list(words[length:])
    followers = [name for name in VERBS if name.split()[:2] == words[:2]]
    followers = followers or [name for name in VERBS if name.split()[0] == words[0]]
    known = ", ".join(followers or VERBS)
    raise ConfigError(f"There is no verb {' '.join(words[:2])!r}: choose one of {known}.")


def _as_verb(words: Sequence[str]) -> Sequence[str]:
    """`pairs … --from-dialogues RUN` as the verb that it is."""
    flag = "--from-dialogues"
    if words[0] != "pairs" or not any(word.partition("=")[0] == flag for word in words):
        return words
    named = [word.removeprefix(f"{flag}=") for word in words[1:] if word != flag]
    return ["pairs", "from-dialogues", *named]
