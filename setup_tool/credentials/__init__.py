"""Keys for users, and the files their clients read."""
