"""Training on what a run holds: DPO on preference pairs, SFT on answers; both leave a PEFT adapter."""
