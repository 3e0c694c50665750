"""Gives an OpenStack cloud its EC2 and S3 APIs, and keeps them working."""

__version__ = "0.1.0"
