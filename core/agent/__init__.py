"""One rollout: the state a policy sees, the protocol it answers in, the loop, the limits."""
