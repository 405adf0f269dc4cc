"""Two results of one benchmark, paired by question: `sides.py` says what a result is, `reading.py` and one file a kind
read it, `refusing.py` refuses what is not comparable, `verb.py` compares."""
