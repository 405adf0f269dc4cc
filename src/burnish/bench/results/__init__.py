"""Results of other harnesses as runs of Burnish: lmms-eval's samples and VLMEvalKit's tables."""
