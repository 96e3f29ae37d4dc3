"""Runs model-written code: a warm fork server, limits, and verdicts it cannot fake."""
