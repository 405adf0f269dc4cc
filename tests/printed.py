"""Tables as a terminal of some width shows them, without colour."""

from io import StringIO

from rich.console import Console

from burnish.report.tables import Table
from burnish.report.terminal import drawn


def printed(table: Table, width: int = 80) -> str:
    """The table's lines, without the empty one before it."""
    console = Console(file=StringIO(), width=width, color_system=None)
    with console.capture() as captured:
        console.print(drawn(table, width), crop=False)
    return "\n".join(line.rstrip() for line in captured.get().splitlines()[1:])
