"""The engine: everything gemel does, without a screen."""
