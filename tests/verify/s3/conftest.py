"""The gateway that the tests of verify share."""

from tests.verify.s3.gateway_fixture import gateway

__all__ = ["gateway"]
