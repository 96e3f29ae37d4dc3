"""Tasks in: built-in programs and their mutants, importers, and the oracle check of them all."""
