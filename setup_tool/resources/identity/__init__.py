"""What may be declared of Keystone, one kind a file; `inverse` says how each step is undone."""
