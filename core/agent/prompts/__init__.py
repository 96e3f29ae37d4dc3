"""Versioned prompt templates; their hash is part of an arm."""
