"""Keys and checks for a cloud that offers nothing yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cloud import Cloud
from tests.end_to_end.refusals import refused

if TYPE_CHECKING:
    from pathlib import Path

    from tests.lab_fixture import RunningLab


def test_there_is_nothing_to_issue_and_nothing_to_verify(
    running_lab: RunningLab, tmp_path: Path
) -> None:
    cloud = Cloud(running_lab)
    words = ("credentials", "issue", "--user", "bob", "--project", "other")
    issued = refused(cloud, *words, "-d", str(tmp_path / "bundle"))
    assert issued == (
        "The catalogue has no public s3 or ec2 endpoint, so there is nothing the keys could be "
        "used for. Run `setup-tool apply` first."
    )
    verified = refused(cloud, "verify", "-i", cloud.inventory)
    assert "no public s3 or ec2 endpoint to verify. Run `setup-tool apply` first." in verified
    assert list(tmp_path.iterdir()) == []
