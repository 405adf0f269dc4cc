"""Judged benchmarks: a judge says what answers are worth. One file a benchmark; they share how a judge is asked."""
