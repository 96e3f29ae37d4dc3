"""A fork server for model-written code: its own program, made of the standard library alone."""
