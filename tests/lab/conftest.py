"""The session's lab, for the tests of the lab itself."""

from tests.lab_fixture import running_lab

__all__ = ["running_lab"]
