"""Generic widgets: they know text and cells, nothing of core."""
