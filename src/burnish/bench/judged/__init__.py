"""Judged benchmarks: a judge says what answers are worth. One file per benchmark; they share how a judge is asked."""
