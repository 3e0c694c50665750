"""A program of MinIO's SDK, which is told all by the environment that the eucarc makes."""

from __future__ import annotations

import os
from importlib.metadata import version
from urllib.parse import urlsplit

import urllib3
from minio import Minio
from minio.credentials import EnvAWSProvider
from verbs import obey

_PART = 5 * 1024 * 1024


class MinioSdk:
    """MinIO's client."""

    def __init__(self) -> None:
        url = urlsplit(os.environ["S3_URL"])
        self._s3 = Minio(
            url.netloc,
            credentials=EnvAWSProvider(),
            secure=url.scheme == "https",
            region=os.environ["AWS_REGION"],
            http_client=urllib3.PoolManager(ca_certs=os.environ.get("AWS_CA_BUNDLE")),
        )

    def version(self) -> str:
        return version("minio")

    def buckets(self) -> list[str]:
        return [each.name for each in self._s3.list_buckets()]

    def make(self, bucket: str) -> None:
        self._s3.make_bucket(bucket, os.environ["AWS_REGION"])

    def put(self, path: str, bucket: str, key: str) -> None:
        self._s3.fput_object(bucket, key, path, part_size=_PART)

    def get(self, bucket: str, key: str, path: str) -> None:
        self._s3.fget_object(bucket, key, path)

    def objects(self, bucket: str) -> list[str | None]:
        return [each.object_name for each in self._s3.list_objects(bucket, recursive=True)]

    def delete(self, bucket: str, key: str) -> None:
        self._s3.remove_object(bucket, key)

    def remove(self, bucket: str) -> None:
        self._s3.remove_bucket(bucket)


if __name__ == "__main__":
    obey(MinioSdk())
