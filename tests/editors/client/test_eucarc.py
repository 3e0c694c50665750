"""Reading eucarc files: ours, Horizon's, nova's, DevStack's - without running them."""

import pytest

from setup_tool.core.content import Content
from setup_tool.core.errors import DeclarationError
from setup_tool.core.secret import Secret, joined
from setup_tool.editors.client.eucarc import merge, read_eucarc
from setup_tool.editors.ini import FileProblemError

SECRET = "kanarienvogel-in-der-eucarc"

HORIZON = f"""\
#!/bin/bash

NOVARC=$(readlink -f "${{BASH_SOURCE:-${{0}}}}" 2>/dev/null) || NOVARC=$(python -c 'import os' "$0")
NOVA_KEY_DIR=${{NOVARC%/*}}
export EC2_ACCESS_KEY=0123abc
export EC2_SECRET_KEY={SECRET}
export EC2_URL=http://cloud:8773/services/Cloud
export EC2_USER_ID=42 # nova does not use user id, but bundling requires it
export EC2_PRIVATE_KEY=${{NOVA_KEY_DIR}}/pk.pem
export S3_URL=http://cloud:3333
alias ec2-upload-bundle="ec2-upload-bundle -a ${{EC2_ACCESS_KEY}} -s ${{EC2_SECRET_KEY}}"
"""

DEVSTACK_ACCOUNT = f"""\
# you can source this file
export EC2_ACCESS_KEY="0123abc"
export EC2_SECRET_KEY="{SECRET}"
export EC2_URL="http://cloud:8773/services/Cloud"
export S3_URL="http://cloud:3333"
# OpenStack USER ID = 5e
export OS_USERNAME="demo"
export OS_CACERT=""
export EC2_USER_ID=42 #not checked by nova (can be a 12-digit id)
"""

EUCALYPTUS = f"""\
EUCA_HOST=cloud
export S3_URL=http://$EUCA_HOST:3333
EC2_URL="http://${{EUCA_HOST}}:8773/services/Cloud"; export EC2_URL
export EC2_ACCESS_KEY='0123abc' \\
       EC2_SECRET_KEY='{SECRET}'
"""

DEVSTACK = """\
RC_DIR=$(cd $(dirname "${BASH_SOURCE:-$0}") && pwd)
source $RC_DIR/openrc
CREDS=$(openstack ec2 credentials create)
export EC2_ACCESS_KEY=$(echo "$CREDS" | awk '/ access / { print $4 }')
export EC2_SECRET_KEY=$(echo "$CREDS" | awk '/ secret / { print $4 }')
"""

BEGIN, END = "# >>> setup-tool: whatever\n", "# <<< setup-tool\n"


def content(script: str) -> Content:
    return Content(script.encode())


@pytest.mark.parametrize("script", [HORIZON, DEVSTACK_ACCOUNT, EUCALYPTUS])
def test_the_scripts_found_in_the_field_are_understood(script: str) -> None:
    found = read_eucarc(content(script), name="eucarc")
    assert (found.pair.access, found.pair.secret) == ("0123abc", Secret(SECRET))
    assert (found.s3, found.ec2) == ("http://cloud:3333", "http://cloud:8773/services/Cloud")
    assert SECRET not in repr(found)


@pytest.mark.parametrize(
    "names",
    [("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), ("AWS_ACCESS_KEY", "AWS_SECRET_KEY")],
)
def test_keys_under_the_names_of_aws_will_do(names: tuple[str, str]) -> None:
    script = f"{names[0]}=a {names[1]}=b\nAWS_DEFAULT_REGION=r AWS_CA_BUNDLE=/ca EC2_URL=\n"
    found = read_eucarc(content(script), name="eucarc")
    assert (found.pair.access, found.region, found.ca_bundle) == ("a", "r", "/ca")
    assert (found.s3, found.ec2) == (None, None)


def test_a_script_that_asks_the_cloud_for_keys_is_refused_with_the_line() -> None:
    with pytest.raises(FileProblemError, match="EC2_ACCESS_KEY is known only when") as raised:
        read_eucarc(content(DEVSTACK), name="/opt/stack/devstack/eucarc")
    assert str(raised.value).startswith("/opt/stack/devstack/eucarc, line 4: ")


@pytest.mark.parametrize("script", ["", "export EC2_URL=x\n", f"EC2_SECRET_KEY={SECRET}\n"])
def test_a_script_without_keys_is_refused(script: str) -> None:
    with pytest.raises(DeclarationError, match="eucarc sets no pair of keys") as raised:
        read_eucarc(content(script), name="eucarc")
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize(
    ("data", "line", "said"),
    [
        (b"A=1\nB=\xff\n", 2, "not UTF-8"),
        (b"\xef\xbb\xbfA=1\n", 1, "byte order mark"),
        (b"A=1\r\nB=\0\r\n", 2, "NUL byte"),
        (b"A=1\nB=2\rC=3\n", 2, "carriage return"),
    ],
)
def test_what_is_no_text_is_refused_with_its_line(data: bytes, line: int, said: str) -> None:
    with pytest.raises(FileProblemError, match=said) as raised:
        read_eucarc(Content(data), name="eucarc")
    assert raised.value.line == line


def test_our_part_is_replaced_and_the_rest_stays_byte_for_byte() -> None:
    before = f"# mine\nexport A=1\n{BEGIN}old\n{END}export B='2'  \n# no newline at the end"
    after = merge(before, (BEGIN, "new\n", END), name="eucarc")
    assert joined(after).reveal() == before.replace("old", "new")


@pytest.mark.parametrize(
    ("before", "line"),
    [
        (f"{BEGIN}x\n", 1),
        (f"a\n{END}", 2),
        (f"{END}{BEGIN}", 2),
        (f"{BEGIN}{END}{BEGIN}{END}", 4),
        (f"{BEGIN}{BEGIN}{END}", 3),
    ],
)
def test_damaged_markers_are_refused(before: str, line: int) -> None:
    with pytest.raises(FileProblemError, match="once each, in this order") as raised:
        merge(before, ("new\n",), name="eucarc")
    assert raised.value.line == line


def test_a_script_with_windows_line_ends_is_refused() -> None:
    with pytest.raises(FileProblemError, match="Windows line ends"):
        merge(f"{BEGIN}{END}".replace("\n", "\r\n"), ("new\n",), name="eucarc")
