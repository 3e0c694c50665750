"""What an S3 gateway says about itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class GatewayLimits:
    """The limits in Swift's ``/info``, section ``s3api`` (``swift3`` before Swift 2.18).

    ``min_segment_size`` is in bytes and holds for every part of a multipart upload
    but the last.
    """

    max_upload_part_num: int
    min_segment_size: int
    allow_multipart_uploads: bool
