"""Pure: queries become one shell script and its reply facts; a transaction becomes a script."""
