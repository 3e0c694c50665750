from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from setup_tool.core.secret import MASK, Secret
from setup_tool.editors.diff import masked_diff
from setup_tool.editors.ini import Dialect, parse
from tests.editors.oracles import debian
from tests.editors.pace import QUICK, times_a_plain_reading
from tests.editors.texts import law, values

PATH = "/etc/nova/nova.conf"


def shown(before: str | None, after: str, *secrets: str) -> str:
    known = [Secret(secret) for secret in secrets]
    return "\n".join(map(str, masked_diff(before, after, secrets=known, name=PATH)))


def masked_line(line: str) -> str:
    return shown(None, line + "\n").splitlines()[-1][1:]


def test_the_same_text_has_no_difference() -> None:
    assert masked_diff("a = 1\n", "a = 1\n", name=PATH) == ()


def test_a_change_is_shown_with_its_section_and_a_little_context() -> None:
    before = "[DEFAULT]\na = 1\nb = 2\nc = 3\nd = 4\ne = 5\n[t]\n" + "x = 1\n" * 9 + "z = 1\n"
    after = before.replace("d = 4", "d = 5").replace("z = 1\n", "z = 1\ny = 1\n")
    assert shown(before, after) == (
        f"--- {PATH}\n"
        f"+++ {PATH}\n"
        "@@ line 3 [DEFAULT]\n"
        " b = 2\n"
        " c = 3\n"
        "-d = 4\n"
        "+d = 5\n"
        " e = 5\n"
        " [t]\n"
        "@@ line 16 [t]\n"
        " x = 1\n"
        " z = 1\n"
        "+y = 1"
    )


def test_a_new_file_is_shown_whole() -> None:
    assert shown(None, "[s]\na = 1\n") == f"--- (no file)\n+++ {PATH}\n@@ line 1 [s]\n+[s]\n+a = 1"


def test_a_missing_last_line_end_is_said() -> None:
    assert shown("a = 1", "a = 1\nb = 2\n").splitlines()[2:] == [
        "@@ line 1",
        "-a = 1",
        "\\ No newline at end of file",
        "+a = 1",
        "+b = 2",
    ]


def test_a_secret_that_changes_is_seen_to_change() -> None:
    before = "[s]\nuser = u\npassword = old\n"
    lines = shown(before, before.replace("old", "new")).splitlines()
    assert lines[-2:] == [f"-password = {MASK}", f"+password = {MASK} (changed)"]


def test_a_secret_that_stays_is_not_said_to_change() -> None:
    lines = shown("password = p\n", "password = p\nuser = u\n").splitlines()
    assert lines[-2:] == [f" password = {MASK}", "+user = u"]


def test_a_password_within_a_url_is_seen_to_change() -> None:
    lines = shown("connection = mysql://n:old@db/n\n", "connection = mysql://n:new@db/n\n")
    assert lines.splitlines()[-2:] == [
        f"-connection = mysql://n:{MASK}@db/n",
        f"+connection = mysql://n:{MASK}@db/n (changed)",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "password = canary",
        "password=canary canary",
        "PASSWORD : canary",
        "   password = canary",
        "#password = canary",
        "# password=canary",
        ";; admin_password = canary",
        "set password = canary",
        "# set log_password = canary",
        "rabbit_password = canary",
        "password_2 = canary",
        "ssl_key_passphrase = canary",
        "metadata_proxy_shared_secret = canary",
        "auth_encryption_key = canary",
        "memcache_secret_key = canary",
        "hmac_keys = canary,canary",
        "fixed_key = canary",
        "admin_token = canary",
        "secretkey = canary",
        "key = canary",
        "encryption_root_secret = canary",
        "encryption_root_secret_1 = canary",
        "user_admin_admin = canary .admin .reseller_admin",
        "user64_YWRtaW4_YWRtaW4 = canary .admin",
        "connection = mysql+pymysql://nova:canary@db/nova?charset=utf8",
        "connection = mysql://nova:can@ry:canary@db/nova",
        "transport_url = rabbit://o:canary@h1:5672,o:canary@h2:5672/v",
        "# transport_url = rabbit://o:canary@h1:5672/v",
        "url = redis://:canary@h",
        "backend = driver?password=canary",
        "dsn = host=h password='canary'",
        'vendordata = {"user": "u", "secret": "canary"}',
    ],
)
def test_what_looks_secret_is_hidden(line: str) -> None:
    assert "canary" not in masked_line(line)
    assert MASK in masked_line(line)


@pytest.mark.parametrize(
    "line",
    [
        "enabled_apis = ec2,osapi_compute,metadata",
        "secret_cache_duration = 0",
        "auth_uri = http://keystone:5000/v3",
        "user_domain_id = default",
        "user_domain_name = Default",
        "token_life = 86400",
        "#password_length = 12",
        "key_file = /etc/ssl/private/key.pem",
        "paste.filter_factory = keystonemiddleware.auth_token:filter_factory",
        "[filter:s3token]",
        "pipeline = authtoken s3api s3token keystoneauth",
        "# Password for auth",
        "# The password: ask the one who knows",
        "username = swift",
    ],
)
def test_what_is_not_secret_can_be_read(line: str) -> None:
    assert masked_line(line) == line


@pytest.mark.parametrize(
    "text",
    [
        "[s]\npassword = a\n  canary\n",
        "[s]\npassword =\n  a\n    canary\n  canary\n",
        "[s]\npassword = a\n\n# note\n  canary\n",
        "[s]\npassword = a\n  # canary\n",
        "[s]\n  password = a\n\n    canary = canary\n",
    ],
)
def test_the_further_lines_of_a_secret_are_hidden(text: str) -> None:
    assert "canary" not in shown(None, text)
    assert "canary" not in shown(text, text + "a = 1\n")
    assert "canary" not in shown(text, text.replace("canary", "other"))


def test_an_indented_option_after_a_secret_can_be_read() -> None:
    assert shown(None, "[s]\n  password = p\n  user = u\n").endswith("+  user = u")


@pytest.mark.parametrize(
    "spelt", ["p$%w/ @x", "p$$%w/ @x", "p%24%25w%2F%20%40x", "p%24%25w%2F+%40x"]
)
def test_a_known_secret_is_hidden_however_it_is_spelt(spelt: str) -> None:
    assert masked_line_with("note = see " + spelt + "!", "p$%w/ @x") == f"note = see {MASK}!"


def masked_line_with(line: str, secret: str) -> str:
    return shown(None, line + "\n", secret).splitlines()[-1][1:]


def test_a_percent_sign_doubled_for_paste_does_not_uncover_a_secret() -> None:
    assert masked_line_with("note = x%%(y", "x%(y") == f"note = {MASK}"


def test_each_line_of_a_known_secret_is_hidden() -> None:
    secret = "BEGIN\r\nabcdef\nEND\n"
    text = shown(None, "note =\n  BEGIN\n  abcdef\n  END\n", secret)
    assert not {"BEGIN", "abcdef", "END"} & set(text.replace("+", " ").split())


def test_what_could_steer_a_terminal_is_not_shown() -> None:
    assert (
        masked_line("a = \x1b[31mred\x9b\u202eder\x07") == "a = \ufffd[31mred\ufffd\ufffdder\ufffd"
    )


_canaries = st.text(st.sampled_from("ABCXYZ19$%&\"'\\/@:;=#. é"), min_size=4, max_size=9).filter(
    lambda text: text == text.strip()
)
_frames = st.sampled_from(
    [
        "{}",
        "a = {}",
        "a = x{}y",
        "a = {0}{0}",
        "#a = {}",
        "  {}",
        "password = {}",
        "url = http://u:{}@h/",
        "[{}]",
        "{} = 1",
        "# {}",
        "a = token={}",
        "user_x_{} = p",
    ]
)


@law
@given(
    _canaries,
    _canaries,
    st.lists(_frames, min_size=1, max_size=6),
    st.lists(_frames, max_size=6),
    st.booleans(),
)
def test_a_known_secret_never_appears(
    one: str,
    two: str,
    old: list[str],
    new: list[str],
    appended: bool,  # noqa: FBT001
) -> None:
    before = "".join(frame.format(one) + "\n" for frame in old)
    after = "".join(frame.format(two) + "\n" for frame in new)
    text = shown(before, before + after if appended else after, one, two)
    assert one not in text
    assert two not in text


@law
@given(st.sampled_from(["password = ", "#token=", "  api_key: "]), values.filter(bool))
def test_whatever_a_secret_option_says_is_hidden(option: str, value: str) -> None:
    assert masked_line(option + value) == option + MASK


def test_a_difference_of_350_kb_files_takes_some_plain_readings() -> None:
    before = debian("nova.conf")
    ini = parse(before, Dialect.OSLO, name=PATH)
    after = ini.set("DEFAULT", "enabled_apis", "ec2").set("zvm", "a", "1").text

    def differ(text: str) -> None:
        lines = masked_diff(text, after, secrets=[Secret("canary")], name=PATH)
        assert len(lines) < 20

    assert times_a_plain_reading(differ, before) < QUICK
