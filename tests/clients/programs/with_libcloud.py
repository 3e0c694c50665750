"""A program of Apache Libcloud, which is told all by the environment that the eucarc makes."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

import libcloud
import libcloud.security
from libcloud.storage.drivers.rgw import S3RGWStorageDriver
from verbs import obey

_SMALL = 5 * 1024 * 1024


class Libcloud:
    """Libcloud's driver for S3 elsewhere: the one named S3 knows Amazon's regions only."""

    def __init__(self) -> None:
        url = urlsplit(os.environ["S3_URL"])
        if authority := os.environ.get("AWS_CA_BUNDLE"):
            libcloud.security.CA_CERTS_PATH = authority
        self._s3 = S3RGWStorageDriver(
            os.environ["AWS_ACCESS_KEY_ID"],
            os.environ["AWS_SECRET_ACCESS_KEY"],
            secure=url.scheme == "https",
            host=url.hostname,
            port=url.port or (443 if url.scheme == "https" else 80),
            region=os.environ["AWS_REGION"],
            signature_version="4",
        )

    def version(self) -> str:
        return str(libcloud.__version__)

    def buckets(self) -> list[str]:
        return [each.name for each in self._s3.list_containers()]

    def make(self, bucket: str) -> None:
        self._s3.create_container(bucket)

    def put(self, path: str, bucket: str, key: str) -> None:
        into = self._s3.get_container(bucket)
        if Path(path).stat().st_size <= _SMALL:
            into.upload_object(path, key)
            return
        with Path(path).open("rb") as file:
            into.upload_object_via_stream(file, key)

    def get(self, bucket: str, key: str, path: str) -> None:
        self._s3.get_object(bucket, key).download(path)

    def objects(self, bucket: str) -> list[str]:
        return [each.name for each in self._s3.get_container(bucket).list_objects()]

    def delete(self, bucket: str, key: str) -> None:
        self._s3.get_object(bucket, key).delete()

    def remove(self, bucket: str) -> None:
        self._s3.get_container(bucket).delete()


if __name__ == "__main__":
    obey(Libcloud())
