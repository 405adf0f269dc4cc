"""Prints a run's overview, and a record with its pictures."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

from burnish.errors import BurnishError
from burnish.report.cards import PictureOf, card_of
from burnish.report.provenance import origin_of
from burnish.report.show import ShowConfig
from burnish.report.show.finding import FoundRecord, find, follows
from burnish.report.show.overview import open_run, overview
from burnish.report.show.pictures import can_draw, draw
from burnish.report.show.writing import QUIET, Pen, VerdictOf, beside, lines, title
from burnish.report.terminal import coloured, listed, prose, say, show
from burnish.store import Run


def show_run(config: ShowConfig, judge: VerdictOf) -> None:
    """Print what is asked for. Raises RunError for a folder that is not a run, or a record that is not in it."""
    run = open_run(Path(config.run))
    origin = origin_of(run.path.name, run)
    if config.id is None and config.search is None and config.number == 1:
        show(overview(run, origin))
        listed("Made by:", [origin.command] if origin.command else [])
        if not len(run):
            return
    found = find(run, config)
    _print_record(run, found, config, judge)
    say("", prose(f"From {origin.line}", QUIET))
    listed("Picture:", dict.fromkeys(_path(run, of) for of in _pictures(run, found)))
    if config.search is None and follows(run, found):
        number = config.number + 1 if config.id is not None else 2
        command = ["burnish", "show", config.run, found.record.id, "--number", str(number)]
        listed("The next record has the same id:", [shlex.join(command)])


def _print_record(run: Run, found: FoundRecord, config: ShowConfig, judge: VerdictOf) -> None:
    say("", title(found.record, found.place, len(run)), "")
    pictures = _pictures(run, found)
    if pictures and not config.no_picture and can_draw():
        _show_pictures(run, pictures)
    say(beside(lines(found.record, Pen(coloured(), judge))))


def _pictures(run: Run, found: FoundRecord) -> Sequence[PictureOf]:
    return card_of(found.record, run.manifest.seed).pictures


def _show_pictures(run: Run, pictures: Sequence[PictureOf]) -> None:
    """The pictures, or why there are none: a record without its picture is still a record."""
    try:
        draw(run, pictures)
    except BurnishError as error:
        say(prose(f"The picture cannot be drawn: {error}", QUIET))
    say("")


def _path(run: Run, picture: PictureOf) -> str:
    try:
        return str(run.image_path(picture.key))
    except BurnishError as error:
        return str(error)
