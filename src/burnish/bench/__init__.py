"""Benches: each puts questions to a model, keeps the answers in a run, and scores the run."""
