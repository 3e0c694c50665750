"""Reading a profile as the AWS programs do."""

import pytest

from setup_tool.core.content import Content
from setup_tool.core.errors import DeclarationError
from setup_tool.core.secret import Secret
from setup_tool.editors.client.aws import read_aws_profile
from setup_tool.editors.client.settings import ClientSettings
from setup_tool.editors.ini import FileProblemError

SECRET = "kanarienvogel-im-profil"
NAMES = ("/home/me/.aws/config", "/home/me/.aws/credentials")

CONFIG = """\
[default]
region = eu-1
endpoint_url = http://everything

[profile demo]
region = RegionOne
ca_bundle = /etc/ca.pem
services = cloud

[services cloud]
s3 =
  endpoint_url = http://gateway:8080
ec2=
  endpoint_url=http://cloud:8788/
"""
CREDENTIALS = f"""\
[demo]
aws_access_key_id = AK
aws_secret_access_key = {SECRET}
[default]
AWS_ACCESS_KEY_ID: AK
AWS_SECRET_ACCESS_KEY: {SECRET}
"""


def read(config: str | None, credentials: str | None, profile: str) -> ClientSettings:
    contents = (None if text is None else Content(text.encode()) for text in (config, credentials))
    return read_aws_profile(*contents, profile, names=NAMES)


def test_a_profile_is_put_together_from_both_files() -> None:
    found = read(CONFIG, CREDENTIALS, "demo")
    assert (found.pair.access, found.pair.secret) == ("AK", Secret(SECRET))
    assert (found.s3, found.ec2) == ("http://gateway:8080", "http://cloud:8788/")
    assert (found.region, found.ca_bundle) == ("RegionOne", "/etc/ca.pem")
    assert SECRET not in repr(found)


def test_an_endpoint_for_every_service_will_do() -> None:
    found = read(CONFIG, CREDENTIALS, "default")
    assert (found.s3, found.ec2, found.region) == ("http://everything", "http://everything", "eu-1")


def test_keys_may_stand_in_the_config_file() -> None:
    config = f"[profile 'demo']\naws_access_key_id = AK\naws_secret_access_key = {SECRET}\n"
    assert read(config, None, "demo").pair.secret == Secret(SECRET)


def test_a_profile_that_is_not_there_is_named_with_the_files() -> None:
    with pytest.raises(DeclarationError) as raised:
        read(CONFIG, None, "prod")
    assert str(raised.value) == (
        "There is no profile prod in /home/me/.aws/config or /home/me/.aws/credentials."
        " Name another."
    )


@pytest.mark.parametrize("credentials", [None, "[demo]\naws_access_key_id = AK\n"])
def test_a_profile_without_keys_of_its_own_is_refused(credentials: str | None) -> None:
    with pytest.raises(DeclarationError, match=r"The profile demo in .* has no aws_access_key_id"):
        read(CONFIG, credentials, "demo")


def test_a_file_that_botocore_refuses_is_named_with_its_line() -> None:
    with pytest.raises(FileProblemError) as raised:
        read(CONFIG, CREDENTIALS + "[demo]\n", "demo")
    assert str(raised.value).startswith("/home/me/.aws/credentials, line 7: ")
