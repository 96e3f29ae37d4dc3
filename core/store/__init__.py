"""The only room that speaks SQL: one owner, one writer thread, one module per record."""
