"""The verbs that score, compare or hand in what was answered before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from burnish.verbs.output import or_print_replies, print_report, print_scores, print_tables, write_json

if TYPE_CHECKING:
    from burnish.bench.compare.configs import CompareConfig
    from burnish.bench.compare.leaderboard import LeaderboardConfig
    from burnish.bench.compare.power import PowerConfig
    from burnish.bench.compare.together import TogetherConfig
    from burnish.bench.judged.agreement import AgreementConfig
    from burnish.bench.score_transcripts import ScoreFixedConfig, ScoreFreeConfig
    from burnish.bench.standard.registry import ScoreStandardConfig, SubmitConfig

GATE_FAILED = 3
"""Exit code of a comparison that a release gate does not let pass."""


def score_fixed(config: ScoreFixedConfig) -> None:
    """Score predictions, and show tables 2 and 3 of FIRE."""
    from burnish.bench.score_transcripts import score_fixed as score
    from burnish.report.kinds.fixed.tables import fixed_tables
    from burnish.store.codec import to_json

    scores, replies = or_print_replies(lambda: score(config), config.json)
    print_scores(fixed_tables(scores), to_json(scores), replies, config.json)


def score_free(config: ScoreFreeConfig) -> None:
    """Score dialogues, and show tables 4 to 6 of FIRE."""
    from burnish.bench.score_transcripts import score_free as score
    from burnish.report.kinds.free.plots import accuracy_by_turn
    from burnish.report.kinds.free.tables import free_tables
    from burnish.report.plots import save
    from burnish.store.codec import to_json

    scores, replies = or_print_replies(lambda: score(config), config.json)
    drawn = save(accuracy_by_turn(scores), Path(config.plot)) if config.plot else ()
    print_scores(free_tables(scores), to_json(scores), replies, config.json, drawn)


def score_standard(config: ScoreStandardConfig) -> None:
    """Score recorded predictions of a standard benchmark, and show its table."""
    from burnish.bench.standard.registry import benchmark, score
    from burnish.bench.standard.result_record import names_of, recorded, refuse_mixed
    from burnish.replies import count_texts, refuse_no_answer
    from burnish.report.standard_tables import standard_tables
    from burnish.store.codec import to_json

    scored = score(config)
    replies = count_texts(scored.texts)
    or_print_replies(lambda: refuse_no_answer(names_of(config), replies, "check how they were made"), config.json)
    numbers = to_json(scored.scores)
    if config.json is None:
        refuse_mixed(config)
    else:
        numbers["recorded"] = to_json(recorded(config, scored))
    print_scores(standard_tables(scored.scores, benchmark(config.benchmark).title), numbers, replies, config.json)


def score_agreement(config: AgreementConfig) -> None:
    """Measure one judge by another."""
    from burnish.bench.judged.agreement import score_agreement as score
    from burnish.replies import count_replies
    from burnish.report.kinds.judged.tables import judged_tables
    from burnish.store import Run
    from burnish.store.codec import to_json

    scores = score(config)
    replies = count_replies(Run.open(Path(config.judged)))
    print_scores(judged_tables(scores), to_json(scores), replies, config.json)


def compare(config: CompareConfig) -> int:
    """Pair two results, say whether the second is better, and show the questions that flipped; 3 for a gate that is
    not passed."""
    from burnish.bench.compare.verb import compare as pair
    from burnish.report.compare_page import write_comparison
    from burnish.report.terminal import prose, say
    from burnish.report.verdicts import changed_line, gate_line, verdict_line
    from burnish.verbs.shards import whole_run

    before, after = (whole_run((path,)) for path in (config.before, config.after))
    compared = pair(replace(config, before=before, after=after))
    shown = write_comparison(compared, config.folder, config.flips)
    say("", prose(verdict_line(compared)), prose(changed_line(compared)))
    print_report(shown, config.json)
    if compared.gate is None:
        return 0
    say("", prose(gate_line(compared.gate)))
    return 0 if compared.gate.passed else GATE_FAILED


def compare_together(config: TogetherConfig) -> None:
    """Pair results of several benchmarks and seeds, and say what they come to together."""
    from burnish.bench.compare.together import compare_together as pair
    from burnish.report.together_tables import together_tables
    from burnish.store.codec import to_json

    found = pair(config)
    print_tables(together_tables(found), write_json(config.json, to_json(found)))


def compare_leaderboard(config: LeaderboardConfig) -> None:
    """Rank models, and draw their page."""
    from burnish.bench.compare.leaderboard import leaderboard
    from burnish.report.leaderboard import write_leaderboard
    from burnish.store.codec import to_json

    board = leaderboard(config)
    files, tables = write_leaderboard(board, Path(config.out))
    print_tables(tables, [*files, *write_json(config.json, to_json(board))])


def compare_power(config: PowerConfig) -> None:
    """Say how small a change a result's questions can show."""
    from burnish.bench.compare.power import power
    from burnish.report.together_tables import power_tables
    from burnish.store.codec import to_json

    found = power(config)
    print_tables(power_tables(found), write_json(config.json, to_json(found)))


def submit(config: SubmitConfig) -> None:
    """Write recorded answers for a benchmark's server."""
    from burnish.bench.standard.registry import submit as write
    from burnish.report.counts_tables import counted

    written = write(config)
    counts = {"answers": written.answers, "empty ones": written.empty}
    note = "Upload the file to the benchmark's server."
    print_tables([counted(f"Answers for {config.benchmark}", counts, note=note)], [written.path])
