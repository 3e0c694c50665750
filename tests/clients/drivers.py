"""What every client can be asked to do, in the words of each."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., str]
    """Starts the client with some words, fails the test when it fails, returns its stdout."""

_VERSION = re.compile(r"\d+(?:\.\d+)+")


class Driver(Protocol):
    """A client with the keys of one bundle."""

    def __init__(self, run: Run) -> None: ...

    def version(self) -> str: ...

    def buckets(self) -> list[str]: ...

    def make(self, bucket: str) -> None: ...

    def put(self, path: Path, bucket: str, key: str) -> None:
        """Send a file; what is larger than the client's part goes in parts."""

    def get(self, bucket: str, key: str, path: Path) -> None:
        """Fetch an object into a new file."""

    def objects(self, bucket: str) -> list[str]: ...

    def delete(self, bucket: str, key: str) -> None: ...

    def remove(self, bucket: str) -> None: ...


@dataclass(frozen=True, slots=True)
class S3cmd:
    """s3cmd: its words are those of its manual, with lists for people."""

    run: Run

    def version(self) -> str:
        return _version(self.run("--version"))

    def buckets(self) -> list[str]:
        return _after(self.run("ls"), "s3://")

    def make(self, bucket: str) -> None:
        self.run("mb", f"s3://{bucket}")

    def put(self, path: Path, bucket: str, key: str) -> None:
        self.run("put", "--no-progress", path, f"s3://{bucket}/{key}")

    def get(self, bucket: str, key: str, path: Path) -> None:
        self.run("get", "--no-progress", f"s3://{bucket}/{key}", path)

    def objects(self, bucket: str) -> list[str]:
        return _after(self.run("ls", "--recursive", f"s3://{bucket}"), f"s3://{bucket}/")

    def delete(self, bucket: str, key: str) -> None:
        self.run("del", f"s3://{bucket}/{key}")

    def remove(self, bucket: str) -> None:
        self.run("rb", f"s3://{bucket}")


@dataclass(frozen=True, slots=True)
class Aws:
    """The AWS CLI, 1 and 2."""

    run: Run

    def version(self) -> str:
        return _version(self.run("--version"))

    def buckets(self) -> list[str]:
        return [line.split(maxsplit=2)[2] for line in self.run("s3", "ls").splitlines()]

    def make(self, bucket: str) -> None:
        self.run("s3", "mb", f"s3://{bucket}")

    def put(self, path: Path, bucket: str, key: str) -> None:
        self.run("s3", "cp", "--no-progress", path, f"s3://{bucket}/{key}")

    def get(self, bucket: str, key: str, path: Path) -> None:
        self.run("s3", "cp", "--no-progress", f"s3://{bucket}/{key}", path)

    def objects(self, bucket: str) -> list[str]:
        words = ("list-objects-v2", "--bucket", bucket, "--output", "json")
        listed = json.loads(self.run("s3api", *words))
        return [each["Key"] for each in listed["Contents"]]

    def delete(self, bucket: str, key: str) -> None:
        self.run("s3", "rm", f"s3://{bucket}/{key}")

    def remove(self, bucket: str) -> None:
        self.run("s3", "rb", f"s3://{bucket}")


@dataclass(frozen=True, slots=True)
class S5cmd:
    """s5cmd."""

    run: Run

    def version(self) -> str:
        return _version(self.run("version"))

    def buckets(self) -> list[str]:
        return _after(self.run("ls"), "s3://")

    def make(self, bucket: str) -> None:
        self.run("mb", f"s3://{bucket}")

    def put(self, path: Path, bucket: str, key: str) -> None:
        self.run("cp", "--part-size", "5", path, f"s3://{bucket}/{key}")

    def get(self, bucket: str, key: str, path: Path) -> None:
        self.run("cp", "--raw", f"s3://{bucket}/{key}", path)

    def objects(self, bucket: str) -> list[str]:
        listed = self.run("--json", "ls", f"s3://{bucket}/*").splitlines()
        return [json.loads(line)["key"].removeprefix(f"s3://{bucket}/") for line in listed]

    def delete(self, bucket: str, key: str) -> None:
        self.run("rm", "--raw", f"s3://{bucket}/{key}")

    def remove(self, bucket: str) -> None:
        self.run("rb", f"s3://{bucket}")


@dataclass(frozen=True, slots=True)
class Rclone:
    """rclone, with the remote of the project's name."""

    run: Run

    def version(self) -> str:
        return _version(self.run("version"))

    def buckets(self) -> list[str]:
        return [line.rstrip("/") for line in self.run("lsf", "demo:").splitlines()]

    def make(self, bucket: str) -> None:
        self.run("mkdir", f"demo:{bucket}")

    def put(self, path: Path, bucket: str, key: str) -> None:
        self.run("copyto", "--s3-upload-cutoff", "5M", path, f"demo:{bucket}/{key}")

    def get(self, bucket: str, key: str, path: Path) -> None:
        self.run("copyto", f"demo:{bucket}/{key}", path)

    def objects(self, bucket: str) -> list[str]:
        return self.run("lsf", "--recursive", "--files-only", f"demo:{bucket}").splitlines()

    def delete(self, bucket: str, key: str) -> None:
        self.run("deletefile", f"demo:{bucket}/{key}")

    def remove(self, bucket: str) -> None:
        self.run("rmdir", f"demo:{bucket}")


@dataclass(frozen=True, slots=True)
class Program:
    """A program of `programs/`, which takes the words as they are and answers in JSON."""

    run: Run

    def version(self) -> str:
        return str(json.loads(self.run("version")))

    def buckets(self) -> list[str]:
        return list(json.loads(self.run("buckets")))

    def make(self, bucket: str) -> None:
        self.run("make", bucket)

    def put(self, path: Path, bucket: str, key: str) -> None:
        self.run("put", path, bucket, key)

    def get(self, bucket: str, key: str, path: Path) -> None:
        self.run("get", bucket, key, path)

    def objects(self, bucket: str) -> list[str]:
        return list(json.loads(self.run("objects", bucket)))

    def delete(self, bucket: str, key: str) -> None:
        self.run("delete", bucket, key)

    def remove(self, bucket: str) -> None:
        self.run("remove", bucket)


@dataclass(frozen=True, slots=True)
class S3fs:
    """s3fs by a script that mounts a bucket for each thing; it knows none besides."""

    run: Run

    def version(self) -> str:
        return _version(self.run("version"))

    def buckets(self) -> list[str]:
        raise NotImplementedError

    def make(self, bucket: str) -> None:
        raise NotImplementedError

    def put(self, path: Path, bucket: str, key: str) -> None:
        self.run("put", path, bucket, key)

    def get(self, bucket: str, key: str, path: Path) -> None:
        self.run("get", bucket, key, path)

    def objects(self, bucket: str) -> list[str]:
        return self.run("objects", bucket).splitlines()

    def delete(self, bucket: str, key: str) -> None:
        self.run("delete", bucket, key)

    def remove(self, bucket: str) -> None:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Restic:
    """restic, whose bucket is a repository of backups."""

    run: Run

    def version(self) -> str:
        return _version(self.run("-", "version"))

    def init(self, bucket: str) -> None:
        self.run(bucket, "init")

    def backup(self, bucket: str, path: Path) -> None:
        self.run(bucket, "backup", path)

    def restore(self, bucket: str, folder: Path) -> None:
        """Bring the last backup back, below another folder."""
        self.run(bucket, "restore", "latest", "--target", folder)

    def backups(self, bucket: str) -> list[str]:
        return [each["id"] for each in json.loads(self.run(bucket, "--json", "snapshots")) or ()]

    def forget(self, bucket: str, backup: str) -> None:
        self.run(bucket, "forget", "--prune", backup)


def _after(listed: str, prefix: str) -> list[str]:
    """Return what follows a prefix in each line of a list."""
    return [line.split(prefix, 1)[1] for line in listed.splitlines() if prefix in line]


def _version(said: str) -> str:
    """Return the first number with dots."""
    found = _VERSION.search(said)
    assert found, said
    return found.group()
