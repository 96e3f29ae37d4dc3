"""What things cost: prices, and the sums of what was spent."""
