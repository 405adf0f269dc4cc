"""`burnish --help`, and the help of a word that several verbs begin with, such as `burnish train --help`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from burnish.commands import VERBS

STAGES: Mapping[str, tuple[str, ...]] = {
    "Start": ("demo", "check", "improve"),
    "Make": ("distort", "pairs", "pairs NAME", "compose", "simulate"),
    "Train": ("train dpo", "train sft", "train student", "train teacher", "train NAME", "show-mask"),
    "Bench": (
        *("bench answers", "bench sampled", "bench fixed", "bench free", "bench NAME"),
        *("bench standard NAME", "bench judged NAME", "score NAME", "submit NAME"),
        *("compare", "compare NAME"),
    ),
    "Look": ("report", "show", "view", "stats"),
    "People": ("review", "review NAME"),
    "Data": ("import", "import NAME", "validate", "merge", "export", "card", "make-NAME"),
    "Papers": ("run",),
}
"""What stands together in the overview; NAME folds all verbs that begin so. A verb that is missing here comes last."""
FOLDED: Mapping[str, str] = {
    "pairs NAME": "from-samples: drawn; from-dialogues: feedback",
    "train NAME": "distil: from feedback; pocket: the small model",
    "bench NAME": "teacher: fool a teacher; lmms: run lmms-eval",
    "bench standard NAME": "ask and score a standard benchmark: mme, …",
    "bench judged NAME": "have a judge rate answers: pairwise, mmvet, …",
    "score NAME": "score recorded answers: mme, fixed, free, …",
    "compare NAME": "together, leaderboard: many; power: what can show",
    "import NAME": "pairs or results from other tools",
    "review NAME": "import ratings from a FIRE file; summarise them",
    "make-NAME": "make a benchmark from your own annotations",
    "submit NAME": "write a benchmark server's file: vqav2, …",
}
_STAGE, _VERB = 8, 21


def overview() -> str:
    """What `burnish --help` prints: every verb by its stage, in lines of 80 columns."""
    return "\n".join(
        [
            "usage: burnish VERB … [options]",
            "Burnish improves a vision-language model without labels.\n",
            *(line for stage, verbs in _stages().items() for line in _lines(stage, verbs)),
            "",
            "`burnish VERB --help` explains flags, `burnish score --help` lists NAMEs.",
            "`burnish --install-completion` lets Tab complete verbs and flags.",
        ]
    )


def beginning(words: str) -> list[str]:
    """The verbs that begin with these words, the verb of just these words left out."""
    return [name for name in VERBS if name.startswith(f"{words} ")]


def group_help(words: str) -> str:
    """The verbs that begin with these words: one per line, those that the overview folds as one."""
    folds = [fold.removesuffix(" NAME") for fold in FOLDED if fold.startswith(f"{words} ") and fold != f"{words} NAME"]
    alone = [name for name in beginning(words) if not any(name.startswith(f"{fold} ") for fold in folds)]
    listed = {name: VERBS[name].what for name in alone} | {f"{fold} NAME": FOLDED[f"{fold} NAME"] for fold in folds}
    width = max(map(len, listed))
    lines = "\n".join(f"  {name:{width}}  {what}" for name, what in listed.items())
    return f"usage: burnish {words} … [options]\n\n{lines}\n\n`burnish {next(iter(alone))} --help` explains its flags."


def _stages() -> dict[str, list[str]]:
    """Stage to verbs, each verb of `VERBS` in one of them."""
    known = {stage: [verb for verb in verbs if verb in VERBS or verb in FOLDED] for stage, verbs in STAGES.items()}
    rest = [verb for verb in VERBS if not any(_covers(one, verb) for verbs in known.values() for one in verbs)]
    return {**known, "More": rest} if rest else known


def _covers(shown: str, verb: str) -> bool:
    return shown == verb or (shown in FOLDED and verb.startswith(shown.removesuffix("NAME")))


def _lines(stage: str, verbs: Iterable[str]) -> list[str]:
    whats = [(verb, FOLDED.get(verb) or VERBS[verb].what) for verb in verbs]
    return [f"{'' if i else stage:{_STAGE}}{verb:{_VERB}}{what}" for i, (verb, what) in enumerate(whats)]
