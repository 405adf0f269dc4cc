"""The standard benchmarks of both papers: one file each, which scores recorded answers by the official rule."""
