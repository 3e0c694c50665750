"""A program of boto 2, which is told all by ~/.boto."""

from __future__ import annotations

from pathlib import Path

import boto
from verbs import obey

_PART = 5 * 1024 * 1024


class Boto:
    """boto's connection; it cuts nothing into parts by itself."""

    def __init__(self) -> None:
        # boto looks into its file for the host alone
        self._s3 = boto.connect_s3(port=boto.config.getint("s3", "port"))

    def version(self) -> str:
        return str(boto.__version__)

    def buckets(self) -> list[str]:
        return [each.name for each in self._s3.get_all_buckets()]

    def make(self, bucket: str) -> None:
        self._s3.create_bucket(bucket)

    def put(self, path: str, bucket: str, key: str) -> None:
        into = self._s3.get_bucket(bucket)
        content = Path(path).read_bytes()
        if len(content) <= _PART:
            into.new_key(key).set_contents_from_filename(path)
            return
        upload = into.initiate_multipart_upload(key)
        with Path(path).open("rb") as file:
            for number, start in enumerate(range(0, len(content), _PART), start=1):
                size = min(_PART, len(content) - start)
                upload.upload_part_from_file(file, number, size=size)
        upload.complete_upload()

    def get(self, bucket: str, key: str, path: str) -> None:
        self._s3.get_bucket(bucket).get_key(key).get_contents_to_filename(path)

    def objects(self, bucket: str) -> list[str]:
        return [key.name for key in self._s3.get_bucket(bucket).list()]

    def delete(self, bucket: str, key: str) -> None:
        self._s3.get_bucket(bucket).delete_key(key)

    def remove(self, bucket: str) -> None:
        self._s3.delete_bucket(bucket)


if __name__ == "__main__":
    obey(Boto())
