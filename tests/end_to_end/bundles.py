"""Issuing client files in a test, and what they say."""

from __future__ import annotations

import configparser
import json
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from setup_tool.credentials.clients import CLIENTS

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cloud import Cloud


def names(profile: str) -> tuple[str, ...]:
    """Return every file of a bundle for a cloud without a private authority."""
    files = (file for client in CLIENTS for file in client.files if not file.for_ca)
    return tuple(file.at(profile) for file in files)


NAMES = names("demo")


@dataclass(frozen=True, slots=True)
class Bundle:
    """An issued directory and what the program said of it in JSON."""

    directory: Path
    document: Any

    @property
    def eucarc(self) -> Path:
        return self.directory / "eucarc"

    @property
    def s3cfg(self) -> Path:
        return self.directory / ".s3cfg"

    @property
    def aws_files(self) -> dict[str, str]:
        """The environment that leads AWS programs to the files."""
        return {
            "AWS_CONFIG_FILE": str(self.directory / ".aws/config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.directory / ".aws/credentials"),
        }

    @property
    def access(self) -> str:
        return str(self.document["access"])

    @property
    def secret(self) -> str:
        project = self.document["project"]
        return self.options(".aws/credentials", project)["aws_secret_access_key"]

    @property
    def contents(self) -> dict[str, bytes]:
        files = (path for path in self.directory.rglob("*") if path.is_file())
        return {str(path.relative_to(self.directory)): path.read_bytes() for path in files}

    def options(self, name: str, section: str) -> configparser.SectionProxy:
        parser = configparser.RawConfigParser()
        parser.read_string((self.directory / name).read_text())
        return parser[section]

    def sourced(self, shell: str = "sh") -> dict[str, str]:
        """Return what a shell that had nothing has after sourcing the eucarc."""
        ran = subprocess.run(
            [shell, "-c", '. "$1" && env -0', shell, str(self.eucarc)],
            env={"PATH": os.defpath},
            capture_output=True,
            text=True,
            check=True,
        )
        return dict(line.split("=", 1) for line in ran.stdout.split("\0") if line)


def issue(cloud: Cloud, directory: Path, *words: str) -> Bundle:
    """Issue keys of user demo in project demo, as the administrator unless words say otherwise."""
    ran = cloud.run(
        *("credentials", "issue", "--directory", str(directory), "--format", "json", "--yes"),
        *(words or ("--user", "demo", "--project", "demo")),
    )
    bundle = Bundle(directory, json.loads(ran.out))
    assert bundle.secret not in ran.out + ran.err, "the secret key was printed"
    return bundle
