"""Inventory and roles become resources."""
