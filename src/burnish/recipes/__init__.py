"""The papers' experiments as recipes: a YAML file names verbs and their flags, and what is read from their results.

A recipe adds nothing that the verbs do not do: it says which runs there are, which of them stand in which row and
column of a paper's table, and what the paper found there.
"""
