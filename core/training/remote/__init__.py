"""Jobs at Together: planned and priced before, bought once, followed to their end."""
