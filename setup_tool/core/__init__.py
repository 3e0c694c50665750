"""Pure values: what is known, what is wanted, and what lies between."""
