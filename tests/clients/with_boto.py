"""What a program of boto 2 does with a bucket; prints what it saw as JSON.

usage: with_boto.py PROFILE BUCKET [URL]; with an empty PROFILE the keys are the
environment's, else those of ~/.aws/credentials; the URL of S3 is by default S3_URL.
"""

from __future__ import annotations

import json
import os
import sys
from urllib.parse import urlsplit

import boto
from boto.s3.connection import OrdinaryCallingFormat


def main() -> None:
    """Make a bucket, use it, remove it."""
    profile, name, *given = sys.argv[1:]
    url = urlsplit(given[0] if given else os.environ["S3_URL"])
    s3 = boto.connect_s3(
        host=url.hostname,
        port=url.port,
        is_secure=url.scheme == "https",
        calling_format=OrdinaryCallingFormat(),
        **({"profile_name": profile} if profile else {}),
    )
    bucket = s3.create_bucket(name, location=os.environ.get("AWS_REGION", ""))
    seen: dict[str, object] = {
        "listed bucket": name in [each.name for each in s3.get_all_buckets()]
    }
    bucket.new_key("a b+ü").set_contents_from_string("content")
    seen["got"] = bucket.get_key("a b+ü").get_contents_as_string().decode()
    seen["listed"] = [key.name for key in bucket.list()]
    seen["location"] = bucket.get_location()
    bucket.delete_key("a b+ü")
    bucket.delete()
    json.dump(seen, sys.stdout)


if __name__ == "__main__":
    main()
