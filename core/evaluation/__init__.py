"""Base against tuned: the statistics of a comparison and the verdict drawn from it."""
