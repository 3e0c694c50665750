"""Survey, apply: the life of a run."""
