"""A program of boto3, which is told all by the AWS files and AWS_PROFILE."""

from __future__ import annotations

import boto3
from verbs import obey


class Boto3:
    """boto3's client, with its own settings for what is large."""

    def __init__(self) -> None:
        self._session = boto3.Session()
        self._s3 = self._session.client("s3")

    def version(self) -> str:
        return str(boto3.__version__)

    def buckets(self) -> list[str]:
        return [each["Name"] for each in self._s3.list_buckets()["Buckets"]]

    def make(self, bucket: str) -> None:
        where = {"LocationConstraint": self._session.region_name}
        self._s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=where)

    def put(self, path: str, bucket: str, key: str) -> None:
        self._s3.upload_file(path, bucket, key)

    def get(self, bucket: str, key: str, path: str) -> None:
        self._s3.download_file(bucket, key, path)

    def objects(self, bucket: str) -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        return [each["Key"] for page in pages for each in page.get("Contents", ())]

    def delete(self, bucket: str, key: str) -> None:
        self._s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}]})

    def remove(self, bucket: str) -> None:
        self._s3.delete_bucket(Bucket=bucket)


if __name__ == "__main__":
    obey(Boto3())
