"""Which tasks belong together, which side of a split they are on, and whether that leaks."""
