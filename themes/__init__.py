"""Colour themes as data: one TOML file each, read by `tui.theme`."""
