"""The programs that run inside the lab's own environment, each a script by itself.

They must not import setup_tool, which is not installed there; the lab starts them
by path.
"""
