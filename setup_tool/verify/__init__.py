"""Real, signed requests with expectations."""
