"""People look at what was made and say what they think of it (FIRE, appendix A): the verbs `review …`.

    runs ── asks/ ──> cases ── sampling, plan ──> a study in the store ── web/ ──> ratings ── summary ──> tables

`asks/` holds one question to people a file, `cases.py` the nouns; `tables.py`, `database.py` and `migrations/` the
store (SQLite or PostgreSQL), `study.py` and `ratings.py` what is written to it and read from it; `web/` the page.
"""
