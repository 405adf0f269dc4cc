"""Completion of verbs, flags and their choices in bash, zsh and fish.

A shell asks `burnish --complete WORDS…` what may stand in the place of the last word, so that no script of another
version is ever out of date; where nothing is offered, the shell completes file names.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from burnish.commands import VERBS
from burnish.errors import ConfigError
from burnish.help.fields import Field, fields_of
from burnish.help.verb import EVERYWHERE
from burnish.lazy import load

_BASH = """\
_burnish() {
    mapfile -t COMPREPLY < <(burnish --complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _burnish burnish
"""
_ZSH = """\
#compdef burnish
_burnish() {
    local -a offered
    offered=("${(@f)$(burnish --complete "${(@)words[2,CURRENT]}" 2>/dev/null)}")
    if [[ -n "${offered[1]}" ]]; then compadd -- "${offered[@]}"; else _files; fi
}
if [[ "$funcstack[1]" == _burnish ]]; then _burnish; else compdef _burnish burnish; fi
"""
_FISH = """\
complete -c burnish -a '(burnish --complete (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'
"""
SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
PLACES = {
    "bash": ".local/share/bash-completion/completions/burnish",
    "zsh": ".local/share/zsh/site-functions/_burnish",
    "fish": ".config/fish/completions/burnish.fish",
}
"""Under the home directory, where each shell looks."""


def install(shell: str) -> str:
    """Write the script of a shell ("" for the one in use) where that looks for it; a sentence that says so."""
    name = shell or Path(os.environ.get("SHELL", "")).name
    if name not in SCRIPTS:
        raise ConfigError(f"There is no completion for the shell {name!r}: give one of {', '.join(SCRIPTS)}.")
    file = Path.home() / PLACES[name]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(SCRIPTS[name], encoding="utf-8")
    more = f" Add `fpath+=({file.parent})` before `compinit` in ~/.zshrc." if name == "zsh" else ""
    return f"Completion for {name} is in {file}.{more} Open a new shell to use it."


def offers(words: Sequence[str]) -> list[str]:
    """What may stand in the place of the last word, after those before it."""
    *before, last = words or [""]
    verb = next((name for n in (3, 2, 1) if (name := " ".join(before[:n])) in VERBS and len(before) >= n), None)
    found = {*_next_words(before)}
    if verb:
        found |= {*_of_verb(verb, before[-1], last)}
    return sorted(word for word in found if word.startswith(last))


def _next_words(before: Sequence[str]) -> list[str]:
    """The words that go on from these to a verb."""
    n = len(before)
    return [words[n] for name in VERBS if (words := name.split())[:n] == list(before) and len(words) > n]


def _of_verb(verb: str, previous: str, last: str) -> list[str]:
    fields = fields_of(load(VERBS[verb].config))
    if behind := [field for field in fields if not field.positional and field.flag == previous and field.value]:
        return list(behind[0].choices)
    return _flags(fields) if last.startswith("-") else []


def _flags(fields: Sequence[Field]) -> list[str]:
    shared = ["--config", "--help", *(flag for flag in EVERYWHERE if flag.startswith("--") and " " not in flag)]
    return [*(field.flag for field in fields if not field.positional), *shared]
