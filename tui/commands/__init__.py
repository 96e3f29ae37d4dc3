"""The headless twin of every screen; imports no textual."""
