"""The files for a user's own login, with which OpenStack's libraries log in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.bundles import Bundle, issue

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cloud import Cloud

LOGIN = """
import openstack, sys
cloud = openstack.connect(*sys.argv[1:])
access = cloud.session.auth.get_access(cloud.session)
print(access.username, access.project_name, cloud.session.auth.auth_url)
print(cloud.object_store.get_info().swift is not None)
"""


@pytest.fixture(scope="module")
def bundle(served: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """What the administrator issued for alice."""
    alice = ("--user", "alice", "--project", "demo")
    return issue(served, tmp_path_factory.mktemp("keys") / "it's alice", *alice)


@pytest.fixture
def password(served: Cloud) -> str:
    return str(served.lab.cloud("alice")["auth"]["password"])


def said(folder: Path, *command: str, stdin: str = "") -> tuple[str, str]:
    """Return what a command says, in an environment that says nothing of any cloud."""
    ran = subprocess.run(
        command,
        cwd=folder,
        env={"PATH": os.defpath, "HOME": str(folder)},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout, ran.stderr


def test_openrc_logs_in_with_the_password_that_it_asked_for(
    served: Cloud, bundle: Bundle, password: str, tmp_path: Path
) -> None:
    openrc = str(bundle.directory / "openstack/demo/openrc")
    command = ("/bin/sh", "-euc", '. "$1"; exec "$2" -c "$3"', "sh", openrc, sys.executable, LOGIN)
    assert said(tmp_path, *command, stdin=f"{password}\n") == (
        f"alice demo {served.lab.keystone}\nTrue\n",
        "Password of alice: \n",
    )


def test_clouds_yaml_logs_in_with_the_password_from_the_file_beside_it(
    served: Cloud, bundle: Bundle, password: str
) -> None:
    folder = bundle.directory / "openstack/demo"
    secure = {"clouds": {"demo": {"auth": {"password": password}}}}
    (folder / "secure.yaml").write_text(json.dumps(secure))
    out, _ = said(folder, sys.executable, "-c", LOGIN, "demo")
    assert out == f"alice demo {served.lab.keystone}\nTrue\n"
