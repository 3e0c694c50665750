"""The ``credentials`` commands: parsing, printing, and what they are made of."""
