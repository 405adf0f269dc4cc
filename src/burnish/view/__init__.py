"""The page of a report for runs of any size: paged, searched, filtered, and live while the run is being written.

    run ── tail ──> index (SQLite) ── query ──> places of records ── records ──> cards ── routes ──> a browser

`index.py` is what is kept of every record to find it by, filled by `tail.py` in a process of its own, which also
makes the report's tables and figures (`output.py`); `query.py` turns what a reader chose into numbers of records,
`records.py` reads these from the run itself. The run is only ever read.
"""
