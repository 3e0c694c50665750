"""What may be declared of a target, one kind a file: what it asks, and how it differs."""
