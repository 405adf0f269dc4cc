"""The command line: one verb, one config object, one function call.

Nothing heavy is imported before the verb is known, so that `burnish --help` answers at once. Every field of a
verb's configuration is a flag; `--config FILE.yaml` gives the same fields from a file, and flags win over it.
"""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from io import TextIOWrapper
from itertools import takewhile
from typing import Any

from burnish import __version__
from burnish.commands import VERBS, split_verb
from burnish.errors import BurnishError
from burnish.flags import parse_config, parse_given, refuse_broken_words
from burnish.lazy import load
from burnish.pocket.defaults import POCKET, usual_values
from burnish.printable import printable
from burnish.progress import keep_bars_out_of_files
from burnish.redaction import redacted

_PIPE_CLOSED = 141
"""What shells say of a program that wrote to a closed pipe (128 + SIGPIPE)."""
_MENDS: Mapping[type[OSError], str] = {
    FileExistsError: "it is a file, and a folder is needed there: give another name",
    NotADirectoryError: "a folder is needed there: give another place",
    IsADirectoryError: "a file is needed there: give its name too",
    PermissionError: "fix its permissions, or give another place",
}
"""What to do about what a disk refuses."""
_FAULT = 70
"""An internal fault (EX_SOFTWARE of sysexits)."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb; 0 when it succeeded, 2 when the input was wrong (one sentence on standard error), 3 when a gate
    that the verb was given is not passed, 70 for a fault of Burnish itself, 130 when it was stopped, 141 when nobody
    reads on."""
    words = list(sys.argv[1:] if argv is None else argv)
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal that knows fewer characters than texts have
    keep_bars_out_of_files()
    try:
        refuse_broken_words(words)
        answered = answer(words)
        if answered is not None:
            print(answered, end="\n" if answered else "")
            return 0
    except BurnishError as error:
        return _refused(error)
    except BrokenPipeError:
        return _unread()
    return call(words)


def answer(words: Sequence[str]) -> str | None:
    """The text of help, version and completion; None where the words call a verb. Raises BurnishError."""
    first, *rest = words or ["--help"]
    if first in ("-V", "--version"):
        return f"burnish {__version__}"
    if first in ("--install-completion", "--complete"):
        from burnish.help.completion import install, offers

        return "\n".join(offers(rest)) if first == "--complete" else install(rest[0] if rest else "")
    asks_help = first == "help" or {"-h", "--help"} & {first, *rest}
    return help_of([*takewhile(lambda word: not word.startswith("-"), words[first == "help" :])]) if asks_help else None


def help_of(words: Sequence[str]) -> str:
    """The help of the verb that the words begin with, of all that begin with them, or of everything."""
    from burnish.help.overview import beginning, group_help, overview
    from burnish.help.verb import verb_help

    if not words:
        return overview()
    for length in (3, 2, 1):
        name = " ".join(words[:length])
        if name in VERBS:
            return verb_help(name)
        if beginning(name) and length >= len(words):
            return group_help(name)
    return verb_help(split_verb(words)[0])


def call(words: Sequence[str]) -> int:
    """Run the verb that the words begin with; its exit code."""
    try:
        code = _run(*split_verb(words))
        sys.stdout.flush()
    except BurnishError as error:
        return _refused(error)
    except BrokenPipeError:
        return _unread()
    except OSError as error:
        print(f"burnish: {printable(redacted(_disk_trouble(error)))}.", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("\nburnish: stopped; the same command resumes from here.", file=sys.stderr)
        return 130
    except Exception as error:  # noqa: BLE001 - the last net: no user is shown a traceback
        print(f"burnish: {_fault(words, error)}", file=sys.stderr)
        return _FAULT
    return code


def _run(name: str, words: Sequence[str]) -> int:
    """Run a verb, or print its configuration; its exit code."""
    if "--print-config" in words:
        print(config_file(name, [word for word in words if word != "--print-config"]))
        return 0
    if "--verbose" in words:
        from burnish.report.terminal import VERBOSE

        words = [word for word in words if word != "--verbose"]
        VERBOSE.set(True)
    verb = VERBS[name]
    config = parse_config(load(verb.config), f"burnish {name}", words, usual_values(name))
    _print_usual(name, config)
    return load(verb.call)(config) or 0


def config_file(verb: str, words: Sequence[str]) -> str:
    """What the words mean, over the defaults, as a YAML file for `--config`. Raises BurnishError."""
    from burnish.help.print_config import as_yaml
    from burnish.help.verb import grouped

    kind = load(VERBS[verb].config)
    given = parse_given(kind, f"burnish {verb}", words, usual_values(verb))
    return as_yaml(verb, [field for group in grouped(verb, kind).values() for field in group], given)


def _refused(error: BurnishError) -> int:
    print(f"burnish: {printable(redacted(str(error)))}", file=sys.stderr)
    return 2


def _disk_trouble(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    mend = next((mend for kind, mend in _MENDS.items() if isinstance(error, kind)), "")
    return f"{where}{error.strerror or error}{mend and f'; {mend}'}"


def _unread() -> int:
    """For a pipe that was closed: whoever reads, such as `head`, has seen enough."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _PIPE_CLOSED


def _fault(words: Sequence[str], error: Exception) -> str:
    """One sentence on a fault of Burnish itself, whose traceback is left in a file."""
    gist = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    command = " ".join(["burnish", *words])
    text = f"{command}\nBurnish {__version__}, Python {sys.version}\n\n{''.join(traceback.format_exception(error))}"
    try:
        descriptor, name = tempfile.mkstemp(prefix="burnish-fault-", suffix=".log")
        with open(descriptor, "w", encoding="utf-8", errors="backslashreplace") as file:  # noqa: PTH123
            file.write(redacted(text))
        where = f"what happened is written to {name}"
    except OSError as refused:
        where = f"what happened could not be written to a file ({refused.strerror})"
    return f"This is a fault of Burnish ({printable(redacted(gist))}), not of what you gave: {where}; please report it."


def _print_usual(verb: str, config: Any) -> None:
    """Which defaults are not the papers' but the pocket model's own."""
    usual = usual_values(verb)(getattr(config, "model", ""))
    taken = {name: value for name, value in usual.items() if value == _plain(getattr(config, name))}
    if taken:
        flags = ", ".join(f"--{name.replace('_', '-')} {_words(value)}" for name, value in taken.items())
        print(f"burnish: defaults of --model pocket: {flags} ({POCKET[verb].reason}).", file=sys.stderr)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _words(value: Any) -> str:
    return " ".join(value) if isinstance(value, list) else f"{value}"
