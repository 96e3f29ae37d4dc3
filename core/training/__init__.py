"""Training: the built-in trainer's numerics, and the jobs that run at a trainer."""
