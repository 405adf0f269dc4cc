"""Makers of training data: each turns examples into the records of a run."""
