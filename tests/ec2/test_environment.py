"""The environment that the lab's ec2-api runs in."""

from __future__ import annotations

import ast
import subprocess

from setup_tool import data
from setup_tool.lab.packages import EC2_API


def test_ec2_api_runs_on_the_pinned_libraries() -> None:
    python = EC2_API.interpreter(print)
    modules = "import ec2api.api, ec2api.service, ec2api.cmd.api"
    ran = subprocess.run(
        [python.with_name("ec2-api-manage"), "--version"],
        capture_output=True,
        text=True,
        check=False,
        env={},
    )
    assert ran.stdout.strip() == EC2_API.version_of("ec2-api"), ran.stderr
    subprocess.run([python, "-W", "ignore", "-c", modules], check=True, env={})


def test_the_filter_keeps_to_the_syntax_of_python_3_6() -> None:
    module = data.folder("templates") / "node/ec2-api/keystone_auth.py"
    ast.parse(module.read_text(), feature_version=(3, 6))
