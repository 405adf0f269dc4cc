"""The verbs by name: a new one is a function under `burnish.verbs` and a line here. Nothing heavy is imported."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import takewhile
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
    "check": Verb("burnish.check.config:CheckConfig", "burnish.verbs.show:check", "check that a model works correctly"),
    "distort": Verb(
        "burnish.report.sheet:SheetConfig", "burnish.verbs.show:distort", "draw the distortions of a picture"
    ),
    "pairs": Verb("burnish.make.pairs:PairsConfig", "burnish.verbs.make:pairs", "make preference pairs (SeVa)"),
    "pairs from-dialogues": Verb(
        "burnish.make.from_dialogues:FromDialoguesConfig",
        "burnish.verbs.make:pairs_from_dialogues",
        "make pairs of dialogues, asking no model",
    ),
    "pairs from-samples": Verb(
        "burnish.make.from_samples:FromSamplesConfig",
        "burnish.verbs.make:pairs_from_samples",
        "pairs of drawn answers: best over worst",
    ),
    "improve": Verb(
        "burnish.rounds.config:ImproveConfig",
        "burnish.rounds.verb:improve_and_print",
        "improve a model in rounds, without labels",
    ),
    "compose": Verb(
        "burnish.make.compose:ComposeConfig",
        "burnish.verbs.make:compose",
        "write dialogues with a strong model (FIRE-100K)",
    ),
    "simulate": Verb(
        "burnish.make.simulate:SimulateConfig",
        "burnish.verbs.make:simulate",
        "let a student and a teacher talk (FIRE-1M)",
    ),
    "pairs to-dialogues": Verb(
        "burnish.make.to_dialogues:ToDialoguesConfig",
        "burnish.verbs.make:pairs_to_dialogues",
        "dialogues of self-correction, out of pairs",
    ),
    "train dpo": Verb("burnish.train.config:DPOConfig", "burnish.verbs.train:train_dpo", "train on preference pairs"),
    "train sft": Verb(
        "burnish.train.config:SFTConfig", "burnish.verbs.train:train_sft", "fine-tune on answers, to compare with"
    ),
    "train student": Verb(
        "burnish.train.dialogue_config:StudentConfig",
        "burnish.verbs.train:train_student",
        "train a student to refine answers (FIRE)",
    ),
    "train teacher": Verb(
        "burnish.train.dialogue_config:TeacherConfig",
        "burnish.verbs.train:train_teacher",
        "train a teacher to give feedback (FIRE)",
    ),
    "train distil": Verb(
        "burnish.train.dialogue_config:DistilConfig",
        "burnish.verbs.train:train_distil",
        "self-distillation from feedback (SDPO)",
    ),
    "train pocket": Verb(
        "burnish.pocket.config:TrainPocketConfig",
        "burnish.verbs.train:train_pocket",
        "train the small model of the demo",
    ),
    "show-mask": Verb(
        "burnish.train.dialogue_config:ShowMaskConfig",
        "burnish.verbs.train:show_mask",
        "show which tokens of a dialogue are trained",
    ),
    "bench answers": Verb(
        "burnish.bench.answers:AnswersConfig",
        "burnish.verbs.bench:bench_answers",
        "ask questions and score the answers",
    ),
    "bench fixed": Verb(
        "burnish.bench.fixed:FixedConfig",
        "burnish.verbs.bench:bench_fixed",
        "predict the next turn of recorded dialogues (FIRE)",
    ),
    "bench free": Verb(
        "burnish.bench.free:FreeConfig",
        "burnish.verbs.bench:bench_free",
        "measure how fast a student improves (FIRE)",
    ),
    "bench teacher": Verb(
        "burnish.bench.teacher:BenchTeacherConfig",
        "burnish.verbs.bench:bench_teacher",
        "try to fool a teacher with wrong answers",
    ),
    **{
        f"bench standard {name}": Verb(
            one.config("ask"),
            "burnish.verbs.bench:bench_standard",
            f"ask and score {one.title}" if "rescore" in one.parts else f"ask {one.title}, for a judge",
        )
        for name, one in having("ask")
    },
    "bench lmms": Verb(
        "burnish.bench.results.configs:LmmsConfig",
        "burnish.verbs.bench:bench_lmms",
        "run tasks of lmms-eval on a model",
    ),
    "bench sampled": Verb(
        "burnish.bench.sampled:SampledConfig",
        "burnish.verbs.bench:bench_sampled",
        "sample answers at several temperatures",
    ),
    **{
        f"bench judged {name}": Verb(bench.config, "burnish.verbs.bench:bench_judged", bench.what)
        for name, bench in JUDGED.items()
    },
    "score agreement": Verb(
        "burnish.bench.judged.agreement:AgreementConfig",
        "burnish.verbs.score:score_agreement",
        "compare one judge with another",
    ),
    **{
        f"make-{name}": Verb(
            one.config("make"), "burnish.verbs.make:make_benchmark", f"make a {one.title} from your own annotations"
        )
        for name, one in having("make")
    },
    "score fixed": Verb(
        "burnish.bench.score_transcripts:ScoreFixedConfig",
        "burnish.verbs.score:score_fixed",
        "score predictions against recorded dialogues (FIRE)",
    ),
    "score free": Verb(
        "burnish.bench.score_transcripts:ScoreFreeConfig",
        "burnish.verbs.score:score_free",
        "score dialogues that exist already (FIRE)",
    ),
    **{
        f"score {name}": Verb(one.config("score"), "burnish.verbs.score:score_standard", f"{one.title}: {one.what}")
        for name, one in having("score")
    },
    **{
        f"submit {name}": Verb(
            one.config("submit"), "burnish.verbs.score:submit", f"write {one.title} answers for its server"
        )
        for name, one in having("submit")
    },
    "compare": Verb(
        "burnish.bench.compare.configs:CompareConfig",
        "burnish.verbs.score:compare",
        "say whether one result is better, and where",
    ),
    "compare together": Verb(
        "burnish.bench.compare.together:TogetherConfig",
        "burnish.verbs.score:compare_together",
        "combine benchmarks and seeds in one verdict",
    ),
    "compare leaderboard": Verb(
        "burnish.bench.compare.leaderboard:LeaderboardConfig",
        "burnish.verbs.score:compare_leaderboard",
        "rank many models, with a page and a forest plot",
    ),
    "compare power": Verb(
        "burnish.bench.compare.power:PowerConfig",
        "burnish.verbs.score:compare_power",
        "tell the smallest change that a result can show",
    ),
    "merge": Verb("burnish.verbs.merge:MergeConfig", "burnish.verbs.merge:merge", "join the runs of all shards"),
    "report": Verb("burnish.report:ReportConfig", "burnish.verbs.show:report", "draw pages, plots and tables of runs"),
    "show": Verb(
        "burnish.report.show:ShowConfig",
        "burnish.verbs.show:show",
        "show a record in the terminal, with its picture",
    ),
    "view": Verb("burnish.view.config:ViewConfig", "burnish.verbs.view:view", "browse a run of any size, live"),
    "import": Verb(
        "burnish.make.importing:ImportConfig",
        "burnish.verbs.make:import_dialogues",
        "import dialogues from a FIRE file",
    ),
    "import pairs": Verb(
        "burnish.make.importing_pairs:ImportPairsConfig",
        "burnish.verbs.make:import_pairs",
        "import pairs from other tools, people or a judge",
    ),
    "import results": Verb(
        "burnish.bench.results.configs:ImportResultsConfig",
        "burnish.verbs.bench:import_results",
        "import results of lmms-eval or VLMEvalKit",
    ),
    "validate": Verb(
        "burnish.report.validation:ValidateConfig",
        "burnish.verbs.show:validate",
        "list everything that is wrong in a FIRE file",
    ),
    "stats": Verb(
        "burnish.report.dialogue_stats:StatsConfig",
        "burnish.verbs.show:stats",
        "count scores, turns and lengths of dialogues",
    ),
    "run": Verb(
        "burnish.recipes.config:RecipeConfig", "burnish.recipes.run:run_recipe", "run an experiment of the papers"
    ),
    "review": Verb(
        "burnish.review.config:ReviewConfig",
        "burnish.verbs.review:review",
        "let people rate dialogues and pairs",
    ),
    "review import": Verb(
        "burnish.review.config:ImportRatingsConfig",
        "burnish.verbs.review:import_ratings",
        "import human ratings from a FIRE file",
    ),
    "review summary": Verb(
        "burnish.review.config:ReviewSummaryConfig",
        "burnish.verbs.review:review_summary",
        "summarise the ratings (FIRE's table A1)",
    ),
    "card": Verb(
        "burnish.export.model_card:CardConfig", "burnish.verbs.show:card", "write a model card for a trained adapter"
    ),
    "export": Verb(
        "burnish.export:ExportConfig", "burnish.verbs.show:export", "write a run in the format of another tool"
    ),
}


def split_verb(words: Sequence[str]) -> tuple[str, list[str]]:
    """The verb's full name and the words that follow it."""
    words = _as_verb(words)
    for length in (3, 2, 1):
        name = " ".join(words[:length])
        if name in VERBS:
            return name, list(words[length:])
    raise ConfigError(_unknown(words))


def _unknown(words: Sequence[str]) -> str:
    """A sentence about words that begin with no verb: which may be meant."""
    typed = " ".join(takewhile(lambda word: not word.startswith("-"), words[:3])) or words[0]
    if below := [name.removeprefix(f"{typed} ") for name in VERBS if name.startswith(f"{typed} ")]:
        return f"`burnish {typed}` needs one more word: {', '.join(below)}."
    groups = {name.rpartition(" ")[0] for name in VERBS} - {"", *VERBS}
    misspelt = {group for group in groups if not f"{' '.join(words)} ".startswith(f"{group} ")}
    likeness, nearest = max((_likeness(words, name), name) for name in (*VERBS, *misspelt))
    meant = f" Did you mean `burnish {nearest}`?" if likeness >= 0.6 else ""
    return f"There is no verb {typed!r}.{meant} `burnish --help` lists all verbs."


def _likeness(words: Sequence[str], verb: str) -> float:
    """Of the verb and as many words as it has, from 0 to 1."""
    return SequenceMatcher(None, " ".join(words[: len(verb.split())]), verb).ratio()


def _as_verb(words: Sequence[str]) -> Sequence[str]:
    """`pairs … --from-dialogues RUN`, `pairs … --samples K` and `compare … --power` as the verbs that they are."""
    flags = {word.partition("=")[0] for word in words[1:]}
    if words[0] == "compare" and "--power" in flags:
        return ["compare", "power", *(word for word in words[1:] if word != "--power")]
    if words[0] != "pairs" or words[1:2] in (["from-dialogues"], ["from-samples"]):
        return words
    if "--from-dialogues" in flags:
        named = [word.removeprefix("--from-dialogues=") for word in words[1:] if word != "--from-dialogues"]
        return ["pairs", "from-dialogues", *named]
    return ["pairs", "from-samples", *words[1:]] if "--samples" in flags else words
