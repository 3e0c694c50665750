from __future__ import annotations

import re

import pytest

from setup_tool.core.content import Content
from setup_tool.core.errors import DeclarationError
from setup_tool.core.secret import Secret
from setup_tool.editors.ini import Dialect, FileProblemError, IniFile, parse, read
from tests.editors.oracles import debian, oslo_reads, oslo_view, paste_view
from tests.editors.pace import QUICK, times_a_plain_reading
from tests.editors.test_ini_laws import changed

NAME = "node1:/etc/nova/nova.conf"
FILTER = "[filter:f]\nuse = egg:swift#f\n"


def oslo(text: str) -> IniFile:
    return parse(text, Dialect.OSLO, name=NAME)


def paste(text: str) -> IniFile:
    return parse(text, Dialect.PASTE, name=NAME)


@pytest.mark.parametrize(
    ("dialect", "text", "line", "words"),
    [
        (Dialect.OSLO, "[DEFAULT]\n  a = 1\n", 2, "continues the option above it, but there is"),
        (Dialect.OSLO, "  alone\n", 1, "continues the option above it, but there is none"),
        (Dialect.OSLO, "[s]\na = 1\n\n  more\n", 4, "continues the option above it"),
        (Dialect.OSLO, "[s]\na = 1\n# note\n  more\n", 4, "continues the option above it"),
        (Dialect.OSLO, "[s]\nno option\n", 2, "neither a section header nor a comment nor an"),
        (Dialect.OSLO, "a = 1\n[s]\n", 1, "before the first section header"),
        (Dialect.OSLO, "[s\n", 1, "must end with ']'"),
        (Dialect.OSLO, "[s] # note\n", 1, "must end with ']'"),
        (Dialect.OSLO, "\n[]\n", 2, "no name between its brackets"),
        (Dialect.OSLO, "[s]\n= 1\n", 2, "no option name before the '='"),
        (Dialect.OSLO, "\ufeff[s]\na = 1\n", 1, "byte order mark"),
        (Dialect.OSLO, "[s]\na = 1\nb = \0\n", 3, "NUL byte"),
        (Dialect.PASTE, "alone\n", 1, "neither a section header nor"),
        (Dialect.PASTE, "a = 1\n[s]\n", 1, "before the first section header"),
        (Dialect.PASTE, "  a = 1\n", 1, "before the first section header"),
        (Dialect.PASTE, "[s]\nno option\n", 2, "neither a section header nor"),
        (Dialect.PASTE, "[s]\n: 1\n", 2, "no option name"),
        (Dialect.PASTE, "[s]\na = 1\n[t]\n[s]\n", 4, "[s] is there already, at line 1"),
        (Dialect.PASTE, "[s]\na = 1\nb = 2\na = 3\n", 4, "a is in [s] already, at line 2"),
        (Dialect.PASTE, "[filter:f]\n[filter: f]\n", 2, "is there already, at line 1"),
        (Dialect.PASTE, "[DEFAULT]\na = 1\n[DEFAULT]\na = 1\n", 4, "a is in [DEFAULT] already"),
        (Dialect.PASTE, "\ufeff[s]\n", 1, "byte order mark"),
    ],
)
def test_what_the_service_refuses_is_refused_with_file_and_line(
    dialect: Dialect, text: str, line: int, words: str
) -> None:
    with pytest.raises(DeclarationError) as caught:
        parse(text, dialect, name=NAME)
    assert isinstance(caught.value, FileProblemError)
    assert (caught.value.file, caught.value.line) == (NAME, line)
    assert str(caught.value).startswith(f"{NAME}, line {line}: ")
    assert words in str(caught.value)
    assert str(caught.value).endswith(".")


def test_a_file_that_is_not_utf_8_is_refused_with_the_line() -> None:
    with pytest.raises(FileProblemError, match=r"nova\.conf, line 3: this is not UTF-8"):
        read(Content(b"[s]\r\na = 1\r\nb = caf\xe9\r\n"), Dialect.OSLO, name=NAME)


def test_bytes_are_read_as_utf_8() -> None:
    content = Content("[s]\na = café\n".encode())
    ini = read(content, Dialect.OSLO, name=NAME)
    assert ini.content == content
    assert ini.values("s", "a")[0].value == "café"


@pytest.mark.parametrize("dialect", Dialect)
def test_an_empty_file_says_nothing_and_takes_a_first_section(dialect: Dialect) -> None:
    ini = parse("", dialect, name=NAME)
    assert ini.sections() == ()
    assert ini.get("DEFAULT", "a") is None
    assert ini.set("DEFAULT", "a", "1").text == "[DEFAULT]\na = 1\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # in place, spacing kept
        ("[s]\na=1\n", "[s]\na=new\n"),
        ("[s]\na   :  1  \n", "[s]\na   :  new  \n"),
        ("[s]\na =\nb = 2\n", "[s]\na = new\nb = 2\n"),
        ("[s]\na=\n", "[s]\na=new\n"),
        ("[s]\na = 1", "[s]\na = new"),
        ("[s]\r\na = 1\r\nb = 2\r\n", "[s]\r\na = new\r\nb = 2\r\n"),
        # the last one of repeated options counts
        ("[s]\na = 1\na = 2\n[t]\na = 3\n", "[s]\na = 1\na = new\n[t]\na = 3\n"),
        ("[s]\na = 1\n[t]\n[S]\na = 2\n", "[s]\na = 1\n[t]\n[S]\na = new\n"),
        # several lines become one
        ("[s]\na = 1\n    2\n    3\nb = 2\n", "[s]\na = new\nb = 2\n"),
        # below the comment that shows it
        ("[s]\n#a = 0\n\n#b = 0\n", "[s]\n#a = 0\na = new\n\n#b = 0\n"),
        ("[s]\n#a=0\n#b=0\n", "[s]\n#a=0\na=new\n#b=0\n"),
        ("[s]\n# a = words\n#a = 0\n# a = 9\n", "[s]\n# a = words\n#a = 0\na = new\n# a = 9\n"),
        ("[t]\n#a = 0\n[s]\n\n[u]\n#a = 0\n", "[t]\n#a = 0\n[s]\na = new\n\n[u]\n#a = 0\n"),
        ("[s]\n#a = 0", "[s]\n#a = 0\na = new\n"),
        # at the end of the section's last block
        ("[s]\nb = 1\n\n\n[t]\n", "[s]\nb = 1\na = new\n\n\n[t]\n"),
        ("[s]\nb = 1\n# note\n\n[t]\n", "[s]\nb = 1\n# note\na = new\n\n[t]\n"),
        ("[s]\nb = 1\n\n# on t\n[t]\n", "[s]\nb = 1\na = new\n\n# on t\n[t]\n"),
        ("[s]\nb = 1\n  2\n\n[t]\n", "[s]\nb = 1\n  2\na = new\n\n[t]\n"),
        ("[s]\nb = 1\n\n#[t]\n#a = 0\n", "[s]\nb = 1\na = new\n\n#[t]\n#a = 0\n"),
        ("[s]\nb = 1\n\n# on t\n# [t]\n# c\n", "[s]\nb = 1\na = new\n\n# on t\n# [t]\n# c\n"),
        ("[s]\nb = 1\n[t]\n[s]\nc = 1\n", "[s]\nb = 1\n[t]\n[s]\nc = 1\na = new\n"),
        # a section of its own
        ("[t]\nb = 1\n", "[t]\nb = 1\n\n[s]\na = new\n"),
        ("[t]\nb = 1", "[t]\nb = 1\n\n[s]\na = new\n"),
        ("[t]\nb = 1\n\n", "[t]\nb = 1\n\n[s]\na = new\n"),
        ("#[s]\r\n#a = 0\r\n", "#[s]\r\n#a = 0\r\n\r\n[s]\r\na = new\r\n"),
    ],
)
def test_a_value_is_set_in_nova_conf_where_an_operator_would_look(before: str, after: str) -> None:
    assert oslo(before).set("s", "a", "new").text == after
    assert oslo_reads(after, "s", "a") == "new"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[filter:f]\na = 1\n", "[filter:f]\na = new\n"),
        ("[filter: f]\na = 1\n", "[filter: f]\na = new\n"),
        # comments and blank lines within a value stay
        ("[filter:f]\na = 1\n  # n\n\n  2\nb = 1\n", "[filter:f]\na = new\n  # n\n\nb = 1\n"),
        # never between the lines of a value, never as more of one
        ("[filter:f]\nb = 1\n# a = 0\n  2\n", "[filter:f]\nb = 1\n# a = 0\n  2\na = new\n"),
        ("[filter:f]\n# a = 0\n  b = 1\n", "[filter:f]\n# a = 0\n  a = new\n  b = 1\n"),
        ("[filter:f]\n  b = 1\n", "[filter:f]\n  b = 1\n  a = new\n"),
        # what [DEFAULT] has is heard before the filter's own
        ("[DEFAULT]\na = 0\n[filter:f]\nb = 1\n", "[DEFAULT]\na = 0\n[filter:f]\nb = 1\nset a = new\n"),  # noqa: E501
        ("[DEFAULT]\na = 0\n[filter:f]\na = 1\n", "[DEFAULT]\na = 0\n[filter:f]\na = 1\nset a = new\n"),  # noqa: E501
        ("[DEFAULT]\na = 0\n[filter:f]\nset  a = 1\n", "[DEFAULT]\na = 0\n[filter:f]\nset  a = new\n"),  # noqa: E501
        ("[filter:f]\nset a = 1\n", "[filter:f]\nset a = new\n"),
        ("[DEFAULT]\na = 0\n", "[DEFAULT]\na = 0\n\n[filter:f]\nset a = new\n"),
        ("[DEFAULT]\na = 0\n[filter:f]\n# set a = 1\n# c\n", "[DEFAULT]\na = 0\n[filter:f]\n# set a = 1\nset a = new\n# c\n"),  # noqa: E501
    ],
)  # fmt: skip
def test_a_value_is_set_in_a_paste_file_so_that_the_filter_is_given_it(
    before: str, after: str
) -> None:
    edited = paste(before).set("filter:f", "a", "new")
    assert edited.text == after
    option = edited.get("filter:f", "a")
    assert option is not None
    assert option.value == "new"


def test_a_value_that_is_there_already_leaves_the_file_itself() -> None:
    ini = oslo('[s]\na = "1"\nb = x\n  y\nc = $$5\n')
    assert ini.set("s", "a", "1") is ini
    assert ini.set("s", "b", "x\ny") is ini
    assert ini.set("S", "c", "$5") is ini


@pytest.mark.parametrize(
    ("value", "in_oslo", "in_paste"),
    [
        ("p$w", "p$$w", "p$w"),
        ("p\\$w", "p\\\\$w", "p\\$w"),
        ("100%", "100%", "100%"),
        ("100%%", "100%%", "100%%"),
        ("%(x)s 5%", "%(x)s 5%", "%%(x)s 5%%"),
        ('"quoted"', '""quoted""', '"quoted"'),
        ("ab#cd ;e", "ab#cd ;e", "ab#cd ;e"),
        ("", "", ""),
    ],
)
def test_a_value_is_written_so_that_the_service_reads_it(
    value: str, in_oslo: str, in_paste: str
) -> None:
    edited = oslo("[s]\na = old\n").set("s", "a", value)
    assert edited.text == f"[s]\na = {in_oslo}\n"
    assert oslo_reads(edited.text, "s", "a") == value
    assert paste("[filter:f]\na = old\n").set("filter:f", "a", value).text == (
        f"[filter:f]\na = {in_paste}\n"
    )


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize("value", ["canary\nb = 2", "canary\r", " canary", "canary\t", "can\0ary"])
def test_a_value_that_would_be_read_otherwise_is_refused_unseen(
    dialect: Dialect, value: str
) -> None:
    with pytest.raises(ValueError, match="cannot be written") as caught:
        parse("[s]\n", dialect, name=NAME).set("s", "a", Secret(value))
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    ("section", "key"),
    [("s]\n[t", "a"), ("", "a"), ("s", ""), ("s", "a = 1\nb"), ("s", "#a"), ("s", " a")],
)  # fmt: skip
def test_a_name_that_would_be_read_otherwise_is_refused(section: str, key: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name of an option"):
        oslo("[s]\n").set(section, key, "1")


def test_a_secret_is_written_but_never_shown() -> None:
    edited = oslo("[s]\n").set("s", "password", Secret("canary"))
    option = edited.get("s", "password")
    assert option is not None
    assert "password = canary" in edited.text
    assert option.secret == Secret("canary")
    assert "canary" not in repr(edited) + repr(option) + repr(edited.content)


def test_a_refusal_does_not_quote_the_line() -> None:
    with pytest.raises(FileProblemError) as caught:
        oslo("[s]\npassword canary\n")
    assert "canary" not in str(caught.value)


def test_a_value_made_of_other_options_is_said_to_be() -> None:
    option = oslo("[DEFAULT]\nec2_dmz_host = $my_ip\n").get("DEFAULT", "ec2_dmz_host")
    assert option is not None
    assert (option.value, option.unresolved) == ("$my_ip", True)
    edited = oslo("[DEFAULT]\na = $my_ip\n").set("DEFAULT", "a", "$my_ip")
    assert edited.text == "[DEFAULT]\na = $$my_ip\n"


def test_a_paste_value_is_put_together_where_the_file_tells_it() -> None:
    ini = paste(
        "[DEFAULT]\nhost = k\n[filter:f]\nport = 5%%\nurl = http://%(host)s:%(port)s\n"
        "dir = %(here)s\nloop = %(loop)s\nbad = %(host\n"
    )
    found = {option.key: (option.value, option.unresolved) for option in ini.options("filter:f")}
    assert found == {
        "port": ("5%%", False),
        "url": ("http://k:5%", False),
        "dir": ("%(here)s", True),
        "loop": ("%(loop)s", True),
        "bad": ("%(host", True),
    }


def test_a_paste_get_is_not_overwritten() -> None:
    ini = paste("[DEFAULT]\nhost = k\n[filter:f]\nget a = host\n")
    option = ini.get("filter:f", "a")
    assert option is not None
    assert option.unresolved
    with pytest.raises(
        FileProblemError, match=r"line 4: a is taken from another option by `get a`"
    ):
        ini.set("filter:f", "a", "k")


def test_all_values_of_a_multi_valued_option_can_be_read() -> None:
    ini = oslo("[pci]\nalias = one\nalias = two\n[t]\n[PCI]\nalias = three\n")
    assert [option.value for option in ini.values("pci", "alias")] == ["one", "two", "three"]
    assert [option.lines for option in ini.values("pci", "alias")] == [(2, 2), (3, 3), (6, 6)]


def test_an_option_left_under_the_wrong_header_is_found() -> None:
    ini = oslo("[DEFAULT]\nmy_ip = x\n[database]\n#[api]\nenabled_apis = ec2\n  metadata\n")
    assert ini.get("DEFAULT", "enabled_apis") is None
    (stray,) = ini.elsewhere("DEFAULT", "enabled_apis")
    assert (stray.section, stray.lines) == ("database", (5, 6))
    assert ini.elsewhere("database", "enabled_apis") == ()


def test_headers_are_found_by_line() -> None:
    ini = paste("# top\n[pipeline:main]\n[filter: f]\n#[filter:g]\n")
    assert ini.header_line("pipeline:main") == 2
    assert ini.header_line("filter:f") == 3
    assert ini.header_line("filter:g") is None


def test_a_removed_option_takes_its_lines_and_leaves_comments() -> None:
    ini = paste("[filter:f]\n# on a\na = 1\n  # within\n  2\nset a = 3\n\nb = 1\n")
    assert ini.remove("filter:f", "a").text == "[filter:f]\n# on a\n  # within\n\nb = 1\n"
    assert ini.remove("filter:f", "c") is ini
    assert oslo("[s]\na = 1\n 2\nb = 1\n[S]\na = 3\n").remove("s", "a").text == "[s]\nb = 1\n[S]\n"


def test_an_edit_of_debians_nova_conf_changes_only_its_line() -> None:
    text = debian("nova.conf")
    ini = oslo(text)
    edited = ini.set("DEFAULT", "enabled_apis", "ec2,osapi_compute,metadata")
    gone, come, line = changed(text, edited.text)
    assert (list(gone), list(come)) == ([], ["enabled_apis = ec2,osapi_compute,metadata"])
    assert edited.text.splitlines()[line - 2] == "#enabled_apis = osapi_compute,metadata"
    assert changed(text, ini.set("database", "connection", "sqlite://").text)[:2] == (
        ["connection = sqlite:////var/lib/nova/novadb"],
        ["connection = sqlite://"],
    )


def test_options_debians_nova_conf_shows_as_comments_go_right_below_them() -> None:
    ini = oslo(debian("nova.conf"))
    before = oslo_view(ini.text)
    assert before is not None
    shown: dict[tuple[str, str], int] = {}
    section = ""
    for at, line in enumerate(ini.text.splitlines()):
        if line.startswith("["):
            section = line[1:-1]
        elif found := re.match(r"#(\w+) =", line):
            shown[section, found[1]] = at
    missing = [(names, at) for names, at in shown.items() if ini.get(*names) is None]
    assert len(missing) > 700
    for (section, key), at in missing[::40]:
        edited = ini.set(section, key, "new")
        assert edited.text.splitlines()[at + 1] == f"{key} = new"
        assert oslo_view(edited.text) == before | {section: before[section] | {key: ["new"]}}


def test_the_edits_of_debians_proxy_server_conf_change_only_their_lines() -> None:
    text = debian("proxy-server.conf")
    edited = paste(text)
    for section, key, value in (
        ("app:proxy-server", "account_autocreate", "true"),
        ("filter:s3api", "location", "RegionOne"),
        ("filter:s3token", "auth_uri", "http://k:5000/v3"),
        ("filter:s3token", "secret_cache_duration", "0"),
        ("filter:authtoken", "delay_auth_decision", "True"),
    ):
        edited = edited.set(section, key, value)
    old, new = text.splitlines(), edited.text.splitlines()
    wanted = [
        "account_autocreate = true",
        "location = RegionOne",
        "secret_cache_duration = 0",
        "[filter:authtoken]",
        "delay_auth_decision = True",
    ]
    assert [line for line in new if line in wanted] == wanted
    kept = [line for line in new if line not in wanted and line != "auth_uri = http://k:5000/v3"]
    assert kept == [line for line in old if not line.startswith("auth_uri = ")] + [""]
    view, was = paste_view(edited.text), paste_view(text)
    assert view is not None
    assert was is not None
    assert view["filter:s3token"] == was["filter:s3token"] | {
        "auth_uri": "http://k:5000/v3",
        "secret_cache_duration": "0",
    }


def test_to_read_and_edit_350_kb_takes_little_more_than_a_plain_reading() -> None:
    def edited(text: str) -> str:
        changed_once = oslo(text).set("DEFAULT", "enabled_apis", "ec2")
        return changed_once.set("neutron", "region_name", "R").text

    assert times_a_plain_reading(edited, debian("nova.conf")) < QUICK
