"""Merging into the AWS files and .s3cfg, with their own readers to tell what they say."""

import configparser
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.configloader import raw_config_parse
from hypothesis import given, settings
from hypothesis import strategies as st

from setup_tool.core.secret import masked
from setup_tool.editors.client.ini import Grammar, merged, merged_text, parse
from setup_tool.editors.ini import FileProblemError

CONFIG = """\
[profile demo]
region = RegionOne
services = demo
s3 =
    addressing_style = path

[services demo]
s3 =
    endpoint_url = http://gateway:8080
ec2 =
    endpoint_url = http://gateway:8788/
"""
S3CFG = "[default]\naccess_key = AK\nhost_base = gateway:8080\nuse_https = False\n"


def aws(text: str, **options: Any) -> str:
    return merged(
        parse(text, Grammar.AWS, name="config"), parse(CONFIG, Grammar.AWS, name="t"), **options
    ).text


def s3cmd(text: str, **options: Any) -> str:
    return merged(
        parse(text, Grammar.S3CMD, name=".s3cfg"), parse(S3CFG, Grammar.S3CMD, name="t"), **options
    ).text


def read_by_botocore(text: str) -> dict[str, Any]:
    with tempfile.NamedTemporaryFile(prefix="config") as file:
        Path(file.name).write_bytes(text.encode())
        return raw_config_parse(file.name)


def test_a_profile_is_added_below_what_is_there() -> None:
    before = "# mine\n[default]\nregion=eu-1 # not a comment\n"
    assert aws(before) == before + "\n" + CONFIG


def test_only_what_differs_in_a_profile_is_touched() -> None:
    before = """\
[profile other]
s3 =
  addressing_style = virtual
[profile demo]
# my region
region:us-east-1
output = json
s3 =
  # parallel uploads
  max_concurrent_requests = 20
  addressing_style = virtual
; the end
[plugins]
cli_legacy_plugin_path = /x
"""
    after = before.replace("region:us-east-1", "region:RegionOne")
    after = after.replace(
        "requests = 20\n  addressing_style = virtual", "requests = 20\n  addressing_style = path"
    )
    after = after.replace("= path\n; the end", "= path\nservices = demo\n; the end")
    assert aws(before) == after + "\n" + CONFIG.partition("\n\n")[2]


def test_a_block_grows_by_what_it_lacks() -> None:
    before = (
        "[profile demo]\ns3 =\n\tmax_queue_size = 5\n\n\t# and\n\tpayload_signing_enabled = true\n"
    )
    after = aws(before)
    assert after.startswith(before + "\taddressing_style = path\nregion = RegionOne\n")


def test_a_value_in_the_place_of_a_block_gives_way_to_it() -> None:
    assert "[profile demo]\ns3 =\n    addressing_style = path\n" in aws("[profile demo]\ns3 = x\n")


def test_sections_are_found_through_quotes_and_options_in_any_case() -> None:
    after = aws('[profile "demo"]\nRegion = x\n[services demo]\n')
    assert after.count("[profile") == after.count("[services") == 1
    assert "\nRegion = RegionOne\n" in after


def test_an_indented_file_stays_one_that_botocore_reads() -> None:
    before = "  [profile demo]\n  output = json\n  [profile other]\n  region = x\n"
    found = read_by_botocore(aws(before))
    assert found["profile demo"]["s3"] == {"addressing_style": "path"}
    assert found["profile other"] == {"region": "x"}


def test_windows_line_ends_are_kept() -> None:
    after = aws("[profile demo]\r\nregion = x\r\noutput = json")
    assert after.replace("\r\n", "").find("\n") < 0
    assert after.startswith(
        "[profile demo]\r\nregion = RegionOne\r\noutput = json\r\nservices = demo\r\n"
    )


def test_what_would_stand_in_for_the_keys_goes_and_its_comments_stay() -> None:
    before = (
        "[profile demo]\nrole_arn = a\n  # why\n  b\nsource_profile=\nregion = x\n"
        "[profile b]\nrole_arn = y\n"
    )
    after = aws(before, cleared=("role_arn", "source_profile"))
    assert after.startswith("[profile demo]\n  # why\nsource_profile=\nregion = RegionOne\n")
    assert "[profile b]\nrole_arn = y\n" in after


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("region = x\n", 1, "before the first"),
        ("[a]\nregion\n", 2, "neither"),
        ("[a]\n[b]\n[a]\n", 3, r"\[a\] is there twice"),
        ("[a]\nregion = 1\nREGION = 2\n", 3, r"region is there twice in \[a\]"),
        ("[a]\ns3 =\n  kanarienvogel\n", 3, "block of s3 has no `=`"),
    ],
)
def test_what_botocore_would_refuse_is_refused_with_its_line_and_not_quoted(
    text: str, line: int, said: str
) -> None:
    with pytest.raises(FileProblemError, match=said) as raised:
        parse(text, Grammar.AWS, name="/home/me/.aws/config")
    assert (raised.value.file, raised.value.line) == ("/home/me/.aws/config", line)
    assert "kanarienvogel" not in str(raised.value)
    assert raised.value.__context__ is None


def test_s3cmd_files_change_only_where_they_differ() -> None:
    before = (
        "# s3\n[default]\naccess_token = \nhost_base=s3.amazonaws.com\nuse_https = False\n"
        "human_readable_sizes = True\n\n# the end"
    )
    assert s3cmd(before, cleared=("access_token",)) == (
        "# s3\n[default]\naccess_token = \nhost_base=gateway:8080\nuse_https = False\n"
        "human_readable_sizes = True\naccess_key = AK\n\n# the end"
    )


def test_s3cmd_reads_all_sections_as_one_and_the_last_option_counts() -> None:
    before = (
        'access_key = a\n[default]\nhost_base = x\n[more]\naccess_key = b\nuse_https = "False"\n'
    )
    after = before.replace("= x", "= gateway:8080").replace("= b", "= AK")
    assert s3cmd(before) == after


def test_a_token_of_another_login_goes_from_an_s3cmd_file() -> None:
    assert "access_token" not in s3cmd("[default]\naccess_token = x\n", cleared=("access_token",))


def test_lines_that_s3cmd_passes_over_are_left_alone() -> None:
    before = "[default]\n; comment\nkey-with-dash = x\nverbosity = INFO\n"
    assert s3cmd(before) == before + S3CFG.partition("\n")[2]


def test_a_file_that_is_not_s3cmds_is_refused() -> None:
    with pytest.raises(FileProblemError, match="line 1: this is no file of s3cmd"):
        parse("{}\n", Grammar.S3CMD, name=".s3cfg")


def test_a_new_file_is_the_template_and_a_merged_one_is_all_secret() -> None:
    assert merged_text(" \n", (CONFIG,), Grammar.AWS, name="config") == (CONFIG,)
    merged = merged_text("[other]\nx = 1\n", (CONFIG,), Grammar.AWS, name="config")
    assert masked(merged) == "********"


# Any file, botocore's reader and s3cmd's telling what it says

KEYS = st.sampled_from(["region", "services", "output", "s3", "ec2", "Region", "role", "x.y"])
WORDS = st.text("ab/+=:;#%$\"'[] ", min_size=1, max_size=8).map(str.strip).filter(bool)
DELIMITERS = st.sampled_from(["=", " = ", ": ", ":", " =", "\t=\t"])
NOISE = st.sampled_from(["", "# note", "; note", "  # note", "   "])


@st.composite
def aws_files(draw: st.DrawFn) -> str:
    end = draw(st.sampled_from(["\n", "\r\n"]))
    sections = draw(
        st.lists(
            st.sampled_from(
                ["default", "profile demo", "profile other", "services demo", "plugins"]
            ),
            unique=True,
        )
    )
    lines = draw(st.lists(NOISE, max_size=2))
    for section in sections:
        lines.append(f"[{section}]")
        for key in draw(st.lists(KEYS, unique_by=str.lower, max_size=4)):
            lines += draw(st.lists(NOISE, max_size=1))
            if key.lower() in ("region", "services") or draw(st.booleans()):
                lines.append(key + draw(DELIMITERS) + draw(WORDS))
                continue
            lines.append(f"{key} =")
            indent = draw(st.sampled_from(["  ", "\t", "    "]))
            for inner in draw(
                st.lists(st.sampled_from(["endpoint_url", "addressing_style", "max"]), max_size=3)
            ):
                lines += draw(st.lists(NOISE, max_size=1))
                lines.append(f"{indent}{inner}{draw(st.sampled_from(['=', ' = ']))}{draw(WORDS)}")
        lines += draw(st.lists(NOISE, max_size=1))
    return end.join(lines) + draw(st.sampled_from(["", end]))


DECLARED = {
    "profile demo": {"region": "RegionOne", "services": "demo", "s3": {"addressing_style": "path"}},
    "services demo": {
        "s3": {"endpoint_url": "http://gateway:8080"},
        "ec2": {"endpoint_url": "http://gateway:8788/"},
    },
}


def with_declared(before: dict[str, Any]) -> dict[str, Any]:
    """Put what is declared over what botocore read, in its own terms."""
    after = {section: dict(options) for section, options in before.items()}
    for section, options in DECLARED.items():
        for key, value in options.items():
            place = after.setdefault(section, {})
            if isinstance(value, dict):
                now = place.get(key)
                place[key] = {**(now if isinstance(now, dict) else {}), **value}
            else:
                place[key] = value
    return after


def untouched(before: str, after: str) -> bool:
    """Tell whether the lines that nobody declared are all there, in order."""
    declared = ("region", "services", "s3", "ec2", "endpoint_url", "addressing_style")
    rest = iter(after.splitlines(keepends=True))
    return all(
        line in rest
        for line in before.splitlines(keepends=True)
        if not line.strip().lower().startswith(declared) and line.endswith("\n")
    )


@settings(deadline=None)
@given(before=aws_files())
def test_botocore_reads_what_was_declared_and_everything_else_as_before(before: str) -> None:
    after = aws(before)
    assert read_by_botocore(after) == with_declared(read_by_botocore(before))
    assert untouched(before, after)
    assert aws(after) == after


PYTHON_LINES = st.one_of(
    NOISE,
    st.sampled_from(["[user demo]", "[region demo]", "[global]", "[other]"]),
    st.builds(
        "{}{}{}{}".format,
        st.sampled_from(["key-id", "Key-Id", "secret-key", "ec2-url", "default-region", "x.y"]),
        DELIMITERS,
        WORDS,
        st.sampled_from(["", "\n  goes on"]),
    ),
)
PYTHON = """\
[global]
default-region = demo

[user demo]
key-id = AK
secret-key = a#b"c

[region demo]
ec2-url = http://cloud:8788/
"""


def read_by_python(text: str) -> dict[str, dict[str, str]]:
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(text)
    return {section: dict(parser[section]) for section in parser.sections()}


@settings(deadline=None)
@given(
    lines=st.lists(PYTHON_LINES, max_size=10),
    end=st.sampled_from(["\n", "\r\n"]),
    last=st.sampled_from([0, 1]),
)
def test_python_reads_what_was_declared_and_everything_else_as_before(
    lines: list[str], end: str, last: int
) -> None:
    before = end.join(["[other]", "first = 1", *lines]) + end * last
    file = parse(before, Grammar.PYTHON, name="ini")
    declared = parse(PYTHON, Grammar.PYTHON, name="t")
    after = merged(file, declared, kept=("default-region",)).text
    expected = read_by_python(before)
    for section, options in read_by_python(PYTHON).items():
        there = expected.setdefault(section, {})
        kept = {key for key in ("default-region",) if there.get(key)}
        there |= {key: value for key, value in options.items() if key not in kept}
    assert read_by_python(after) == expected
    again = parse(after, Grammar.PYTHON, name="ini")
    assert merged(again, declared, kept=("default-region",)).text == after


S3CMD_LINES = st.one_of(
    NOISE,
    st.sampled_from(["[default]", "[other]", "not an option", "; x = y"]),
    st.builds(
        "{}{}{}".format,
        st.sampled_from(
            ["access_key", "host_base", "use_https", "human_readable_sizes", " gpg_command"]
        ),
        st.sampled_from(["=", " = ", "  =", " =  "]),
        st.one_of(st.just(""), WORDS, WORDS.map('"{}"'.format), WORDS.map("{}  ".format)),
    ),
)


@settings(deadline=None)
@given(
    lines=st.lists(S3CMD_LINES), end=st.sampled_from(["\n", "\r\n"]), last=st.sampled_from([0, 1])
)
def test_s3cmd_reads_what_was_declared_and_everything_else_as_before(
    read_by_s3cmd: Callable[[str], dict[str, str]], lines: list[str], end: str, last: int
) -> None:
    before = end.join(["[default]", *lines]) + end * last
    after = s3cmd(before)
    declared = {"access_key": "AK", "host_base": "gateway:8080", "use_https": "False"}
    assert read_by_s3cmd(after) == read_by_s3cmd(before) | declared
    rest = iter(after.splitlines(keepends=True))
    assert all(
        line in rest
        for line in before.splitlines(keepends=True)
        if not line.lstrip().startswith(tuple(declared)) and line.endswith("\n")
    )
    assert s3cmd(after) == after
