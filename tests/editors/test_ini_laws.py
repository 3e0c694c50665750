"""The editor beside the services' own readers, over generated files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import assume, given
from hypothesis import strategies as st

from setup_tool.editors.ini import Dialect, FileProblemError, IniFile, parse
from setup_tool.editors.ini_scan import option_key, section_key, split_lines
from tests.editors.oracles import FACTORY, oslo_reads, oslo_view, paste_gives, paste_view
from tests.editors.texts import anything, law, oslo_files, paste_files, values

if TYPE_CHECKING:
    from collections.abc import Sequence

sections = st.sampled_from(["DEFAULT", "s", "t", "new"])
filters = st.sampled_from(["f", "g", "new"])
keys = st.sampled_from(["a", "b", "c", "new"])


def parsed(text: str, dialect: Dialect) -> IniFile | None:
    try:
        return parse(text, dialect, name="node:/etc/file.conf")
    except FileProblemError:
        return None


def changed(before: str, after: str) -> tuple[Sequence[str], Sequence[str], int]:
    """Return the lines that went and that came, without their ends, and where (from 1)."""
    old = [line.rstrip("\r\n") for line in split_lines(before)]
    new = [line.rstrip("\r\n") for line in split_lines(after)]
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    stop = 0
    while stop < min(len(old), len(new)) - start and old[-1 - stop] == new[-1 - stop]:
        stop += 1
    return old[start : len(old) - stop], new[start : len(new) - stop], start + 1


def the_rest_is_untouched(before: IniFile, after: IniFile, key: str, new_section: bool) -> bool:  # noqa: FBT001
    """Tell whether only lines of this option went, and only its own line (and header) came."""
    gone, come, first = changed(before.text, after.text)
    option_lines = {
        number
        for section in before.sections()
        for option in before.options(section)
        if option.key in (key, f"set {key}")
        for number in range(option.lines[0], option.lines[1] + 1)
    }
    lost = all(not line or first + at in option_lines for at, line in enumerate(gone))
    # Comments within a value that became one line stay where they are.
    kept_within = [line for line in come if line.strip()[:1] in ("#", ";", "")]
    return lost and len(come) - len(kept_within) <= (2 if new_section else 1)


@law
@given(anything)
def test_an_oslo_file_is_refused_or_read_as_oslo_config_does(text: str) -> None:
    found = oslo_view(text)
    ini = parsed(text, Dialect.OSLO)
    assert (ini is None) == (found is None)
    if ini is not None and found is not None:
        view: dict[str, dict[str, list[str]]] = {section: {} for section in ini.sections()}
        for entry in ini._scan.entries:
            first = entry.parts[0]
            if first and first[0] == first[-1] and first[0] in "\"'":
                first = first[1:-1]
            value = "\n".join((first, *entry.parts[1:]))
            view[entry.section].setdefault(entry.key, []).append(value)
        assert view == found


@law
@given(anything)
def test_a_paste_file_is_refused_or_read_as_config_parser_does(text: str) -> None:
    found = paste_view(text)
    ini = parsed(text, Dialect.PASTE)
    if found is not None:
        names = [section_key(name, Dialect.PASTE) for name in found]
        # Two spellings of one name are legal until they are used; here they are refused.
        assume(len(set(names)) == len(names))
        keyed = [[option_key(key, Dialect.PASTE) for key in options] for options in found.values()]
        assume(all(len(set(each)) == len(each) for each in keyed))
    assert (ini is None) == (found is None)
    if ini is not None and found is not None:
        view: dict[str, dict[str, str]] = {section: {} for section in ini.sections()}
        view.setdefault("DEFAULT", {})
        for entry in ini._scan.entries:
            view[entry.section][entry.key] = "\n".join(entry.parts).rstrip()
        assert view == {
            section_key(name, Dialect.PASTE): {
                option_key(key, Dialect.PASTE): value for key, value in options.items()
            }
            for name, options in found.items()
        }


@law
@given(anything | oslo_files() | paste_files(), st.sampled_from(Dialect))
def test_a_file_that_is_read_is_kept_byte_for_byte(text: str, dialect: Dialect) -> None:
    ini = parsed(text, dialect)
    assume(ini is not None)
    assert ini is not None
    assert ini.text == text
    assert ini.content.data == text.encode()


@law
@given(oslo_files(), sections, keys, values)
def test_oslo_config_reads_exactly_the_value_that_was_set(
    text: str, section: str, key: str, value: str
) -> None:
    before = parse(text, Dialect.OSLO, name="f")
    after = before.set(section, key, value)
    assert oslo_reads(after.text, section, key) == value
    old, new = oslo_view(before.text), oslo_view(after.text)
    assert old is not None
    assert new is not None
    group = section_key(section, Dialect.OSLO)
    assert old.get(group, {}).pop(key, [""])[:-1] == new[group].pop(key)[:-1]
    assert new == {group: {}} | old


@law
@given(paste_files(), filters, keys, values)
def test_a_filter_is_given_exactly_the_value_that_was_set(
    text: str, name: str, key: str, value: str
) -> None:
    before = parse(text, Dialect.PASTE, name="f")
    section = f"filter:{name}"
    resolvable = before.set(section, "paste.filter_factory", "os:getcwd")
    after = resolvable.set(section, key, value)
    assert paste_gives(after.text, name)[key] == value
    old, new = paste_view(resolvable.text), paste_view(after.text)
    assert old is not None
    assert new is not None
    for view in (old, new):
        for title in [title for title in view if section_key(title, Dialect.PASTE) == section]:
            for written in (key, f"set {key}"):
                view[title].pop(written, None)
    assert new == old


@law
@given(paste_files(), keys, values)
def test_a_global_option_is_given_exactly_the_value_that_was_set(
    text: str, key: str, value: str
) -> None:
    after = parse(text, Dialect.PASTE, name="f").set("DEFAULT", key, value)
    probe = after.text + f"\n[filter:probe]\n{FACTORY}\n"
    assert paste_gives(probe, "probe")[key] == value


@law
@given(oslo_files(), sections, keys, values)
def test_setting_in_an_oslo_file_leaves_all_other_lines(
    text: str, section: str, key: str, value: str
) -> None:
    before = parse(text, Dialect.OSLO, name="f")
    after = before.set(section, key, value)
    new_section = before.header_line(section) is None
    assert after is before or the_rest_is_untouched(before, after, key, new_section)
    assert after.set(section, key, value) is after


@law
@given(paste_files(), filters, keys, values)
def test_setting_in_a_paste_file_leaves_all_other_lines(
    text: str, name: str, key: str, value: str
) -> None:
    before = parse(text, Dialect.PASTE, name="f")
    section = f"filter:{name}"
    after = before.set(section, key, value)
    new_section = before.header_line(section) is None
    assert after is before or the_rest_is_untouched(before, after, key, new_section)
    again = after.set(section, key, value)
    assert again is after


@law
@given(oslo_files(), sections)
def test_setting_what_an_oslo_file_says_changes_nothing(text: str, section: str) -> None:
    ini = parse(text, Dialect.OSLO, name="f")
    for option in ini.options(section):
        now = ini.get(section, option.key)
        assert now is not None
        if not now.unresolved:
            assert ini.set(section, option.key, now.value) is ini


@law
@given(paste_files(), filters)
def test_setting_what_a_paste_file_says_changes_nothing(text: str, name: str) -> None:
    ini = parse(text, Dialect.PASTE, name="f")
    for option in ini.options(f"filter:{name}"):
        now = ini.get(f"filter:{name}", option.key)
        assert now is not None
        assert ini.set(f"filter:{name}", option.key, now.value) is ini


@law
@given(paste_files())
def test_an_option_reads_as_the_filter_is_given_it(text: str) -> None:
    ini = parse(text, Dialect.PASTE, name="f")
    for name in ("f", "g"):
        if ini.header_line(f"filter:{name}") is not None:
            given_values = paste_gives(text, name)
            for key in ("a", "b", "c"):
                option = ini.get(f"filter:{name}", key)
                assert (None if option is None else option.value) == given_values.get(key)


@law
@given(oslo_files(), sections, keys)
def test_an_option_reads_as_oslo_config_reads_it(text: str, section: str, key: str) -> None:
    option = parse(text, Dialect.OSLO, name="f").get(section, key)
    assume(option is None or not option.unresolved)
    assert (None if option is None else option.value) == oslo_reads(text, section, key)


@law
@given(oslo_files(), sections, keys)
def test_a_removed_option_is_gone_and_the_rest_reads_as_before(
    text: str, section: str, key: str
) -> None:
    before = parse(text, Dialect.OSLO, name="f")
    after = before.remove(section, key)
    assert after.get(section, key) is None
    old, new = oslo_view(before.text), oslo_view(after.text)
    assert old is not None
    old.get(section_key(section, Dialect.OSLO), {}).pop(key, None)
    assert new == old


@law
@given(paste_files(), filters, keys)
def test_an_option_removed_from_a_filter_is_gone_and_the_rest_reads_as_before(
    text: str, name: str, key: str
) -> None:
    before = parse(text, Dialect.PASTE, name="f")
    section = f"filter:{name}"
    after = before.remove(section, key)
    assert not after.values(section, key)
    assert not after.values(section, f"set {key}")
    old, new = paste_view(before.text), paste_view(after.text)
    assert old is not None
    for title in [title for title in old if section_key(title, Dialect.PASTE) == section]:
        for written in (key, f"set {key}"):
            old[title].pop(written, None)
    assert new == old
