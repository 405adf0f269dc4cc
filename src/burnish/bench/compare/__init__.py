"""Two results of one benchmark, paired by question: `inputs.py` says what a result is, `loaders.py` and one file a kind
read it, `compatibility.py` refuses what is not comparable, `verb.py` compares."""
