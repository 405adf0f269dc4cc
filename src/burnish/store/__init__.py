"""A run on disk, where every stage of the pipeline meets the next: begun, appended to, resumed, read.

`run.py` tells the layout and the promises; `lines.py` keeps the records' lines, `journal.py` the replies for records
that are not yet whole, `codec.py` turns records into lines and back, `manifest.py` says what made a run, `disk.py`
writes files whole and holds the lock, and `extensions.py` names pictures by their kind.
"""

from burnish.store.journal import JournalEntry
from burnish.store.manifest import Manifest, new_manifest
from burnish.store.run import Run, first_picture

__all__ = ["JournalEntry", "Manifest", "Run", "first_picture", "new_manifest"]
