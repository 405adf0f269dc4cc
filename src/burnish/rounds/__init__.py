"""`burnish improve`: pairs, training and bench by the verbs' own functions, round after round, each from the last."""
