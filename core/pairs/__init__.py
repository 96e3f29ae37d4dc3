"""The signal: candidates, the filters that drop them with a reason, pairs, datasets, formats."""
