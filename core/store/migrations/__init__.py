"""Numbered SQL files, applied in order, each whole or not at all."""
