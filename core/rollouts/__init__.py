"""Many rollouts: arms, plans, the scheduler, resume."""
