"""`verify --ec2` as somebody with an eucarc runs it."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.adapters.wire import certificate
from tests.ec2.operator import Operator
from tests.verify.ec2.small_ec2 import IMAGE, PAIR, SECRET, SmallEc2, error, serving

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

INTERRUPTED = 130
NOTHING = ([], set(), set())


def operator(folder: Path, ec2: str | None, s3: str | None = None) -> Operator:
    urls = {"EC2_URL": ec2, "S3_URL": s3}
    lines = [f"export {name}={url}\n" for name, url in urls.items() if url]
    keys = f"export EC2_ACCESS_KEY={PAIR.access}\nexport EC2_SECRET_KEY={SECRET}\n"
    (folder / "eucarc").write_text("".join(lines) + keys)
    return Operator(folder, SECRET)


def test_what_was_seen_is_a_table_and_progress_is_told(tmp_path: Path) -> None:
    ec2 = SmallEc2("/services/Cloud")
    with serving(ec2) as url:
        ran = operator(tmp_path, url).verify("--launch", IMAGE)
    heading, *rows, counts = ran.out.splitlines()
    assert heading.split() == ["result", "check", "target", "seconds"]
    assert all(row.startswith("passed ") and f" {url} " in row for row in rows)
    assert counts == f"{len(rows)} passed"
    assert f"  {url}: {min(ec2.instances)} is running after " in ran.err
    assert ec2.left == NOTHING


def test_without_a_word_on_it_what_the_eucarc_names_is_verified(tmp_path: Path) -> None:
    with serving(SmallEc2()) as url:
        checks = operator(tmp_path, url).checks()
        assert {check["service"] for check in checks.values()} == {"ec2"}
        both = operator(tmp_path, url, "http://127.0.0.1:9/").checks(status=5)
        assert {check["service"] for check in both.values()} == {"s3", "ec2"}


def test_one_url_for_all_services_of_a_profile_is_taken_for_s3s(tmp_path: Path) -> None:
    (tmp_path / ".aws").mkdir()
    config, credentials = (tmp_path / ".aws" / name for name in ("config", "credentials"))
    credentials.write_text(f"[x]\naws_access_key_id = A\naws_secret_access_key = {SECRET}\n")
    with serving(SmallEc2()) as url:
        config.write_text(f"[profile x]\nendpoint_url = {url}\nregion = r\n")
        runs = Operator(tmp_path, SECRET)
        for words, service in (((), "s3"), (("--ec2",), "ec2")):
            ran = runs.run("verify", "--profile", "x", *words, "--format", "json", status=5)
            assert {check["service"] for check in ran.document["checks"]} == {service}


def test_a_private_authority_that_the_eucarc_names_is_trusted(tmp_path: Path) -> None:
    context, pem = certificate(tmp_path)
    ec2 = SmallEc2()
    with serving(ec2, context) as url:
        runs = operator(tmp_path, url)
        untrusted = runs.checks(status=5)["DescribeRegions"]
        with runs.eucarc.open("a") as file:
            file.write(f"export AWS_CA_BUNDLE={pem}\n")
        runs.checks()
    assert url.startswith("https://")
    assert "(TLS: self-signed certificate)" in untrusted["detail"]


@pytest.mark.parametrize(
    ("ec2", "s3", "words", "said"),
    [
        (None, "http://s3/", ("--ec2",), "names no EC2 URL, so there is nothing to verify."),
        (None, "http://s3/", ("--launch", IMAGE), "names no EC2 URL"),
        ("http://ec2/", None, ("--s3",), "names no S3 URL, so there is nothing to verify."),
        ("http://ec2/", None, ("--s3", "--ec2"), "names no S3 URL"),
        (None, None, (), "names no S3 or EC2 URL"),
        ("http://ec2/", None, ("--instance-type", "m1.tiny"), "--launch IMAGE: say both"),
        ("http://ec2/", None, ("--ec2", "--foreign-eucarc", "eucarc"), "is about S3"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    tmp_path: Path, ec2: str | None, s3: str | None, words: tuple[str, ...], said: str
) -> None:
    ran = operator(tmp_path, ec2, s3).verify(*words, status=2)
    assert said in ran.err
    assert ran.out == ""


def until(process: subprocess.Popen[str], text: str) -> str:
    """Return the progress up to the line that has a text."""
    assert process.stderr is not None
    said = ""
    while text not in said:
        line = process.stderr.readline()
        assert line, said
        said += line
    return said


@pytest.mark.parametrize("moment", ["passed CreateKeyPair", "is pending", "passed RebootInstances"])
def test_ctrl_c_leaves_nothing_behind(tmp_path: Path, moment: str) -> None:
    ec2 = SmallEc2(started_as=["pending"] * 4 + ["running"])
    with serving(ec2) as url:
        runs = operator(tmp_path, url)
        process = runs.start("verify", "--eucarc", str(runs.eucarc), "--launch", IMAGE)
        until(process, moment)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED, err
    assert "passed remove what was made" in err
    assert (out, ec2.left) == ("", NOTHING)


def test_ctrl_c_names_what_could_not_be_ended(tmp_path: Path) -> None:
    ec2 = SmallEc2(started_as=["pending"])
    ec2.broken["TerminateInstances"] = lambda _: error("OperationNotPermitted")
    with serving(ec2) as url:
        runs = operator(tmp_path, url)
        process = runs.start("verify", "--eucarc", str(runs.eucarc), "--launch", IMAGE)
        until(process, "is pending")
        # no wait of 15 seconds for a group that stays in use
        ec2.broken["DeleteSecurityGroup"] = lambda _: error("InvalidGroup.Reserved")
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == INTERRUPTED, err
    (line,) = [line for line in err.splitlines() if "remove what was made" in line]
    assert line.startswith("  failed remove what was made: Left over: instances ")
    assert all(f"{each} is pending, HTTP 400 OperationNotPermitted" in line for each in ec2.running)
