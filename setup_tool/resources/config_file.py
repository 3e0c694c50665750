"""A configuration file with some options, list members and a pipeline as declared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from setup_tool.core.content import Content
from setup_tool.core.errors import DeclarationError
from setup_tool.core.plan import Action, Change, Note, Stage
from setup_tool.core.queries import ReadFile
from setup_tool.core.secret import Secret
from setup_tool.core.transaction import WriteFile
from setup_tool.editors import ini, pipeline
from setup_tool.editors.diff import masked_diff
from setup_tool.editors.managed_by import managed_by
from setup_tool.editors.mask import Masker
from setup_tool.resources.instead import Written, instead, undone_by

if TYPE_CHECKING:
    from setup_tool.core.facts import FileFact
    from setup_tool.resources.resource import Answers

_TRUE = {"true", "1", "yes", "on", "t", "y"}
"""What Swift's ``config_true_value`` and oslo's ``bool_from_string`` both take for true."""


@dataclass(frozen=True, slots=True)
class Setting:
    """An option's value; None: it must not be set.

    A ``bool`` is declared by its truth, not by its spelling.
    """

    section: str
    key: str
    value: str | Secret | bool | int | None
    origin: str


@dataclass(frozen=True, slots=True)
class ListMember:
    """A member that an option's comma-separated list must have, or must lack.

    ``default`` is the list in force where the option is not set: it is written out
    when a member is to be added to it.
    """

    section: str
    key: str
    member: str
    present: bool
    default: tuple[str, ...]
    origin: str


@dataclass(frozen=True, slots=True)
class Carried:
    """An option that ``section`` gets from another one, ``source``, unless it has it already."""

    source: str
    section: str
    key: str


@dataclass(frozen=True, slots=True)
class Created:
    """How a file is made that is not there: what it begins with, its mode and its owner.

    A file that is there is told of where more may read it than that mode lets.
    """

    head: str
    mode: int
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """One file on one node; everything it does not declare stays byte for byte.

    ``s3_order``: the main pipeline must hold Swift's S3 filters in these places.
    ``in_place``: the inventory allows writing through a bind mount. ``created`` is how a file
    that is not there is made; None: it must be there.
    """

    target: str
    stage: Stage
    path: str
    dialect: ini.Dialect
    settings: tuple[Setting, ...] = ()
    members: tuple[ListMember, ...] = ()
    carried: tuple[Carried, ...] = ()
    s3_order: pipeline.Order | None = None
    in_place: bool = False
    because: tuple[str, ...] = ()
    created: Created | None = None

    def queries(self) -> tuple[ReadFile, ...]:
        """Ask for the file."""
        return (ReadFile(self.path),)

    def diff(self, facts: Answers) -> Change | None:
        """Return the rewriting of the file, with a masked difference.

        Raises `DeclarationError` for a file that is missing, unreadable, not
        understood, or that cannot be renamed over.
        """
        fact: FileFact = facts[ReadFile(self.path)]
        before = self._before(fact)
        after = self._edited(before)
        if fact.content is None:
            return self._made(after)
        if after.text == before.text:
            return None
        if fact.fixed and not self.in_place:
            raise DeclarationError(
                f"{self.target}: {fact.path} is a mount point, so a new file cannot be renamed "
                "over it. Change the file it is mounted from, or list the path under in_place "
                "in the inventory to have it overwritten, which a crash can leave half done."
            )
        secrets = tuple(s.value for s in self.settings if isinstance(s.value, Secret))
        other = managed_by(before.text, fact.path, fact.checkout)
        said = self.because
        elsewhere: tuple[str, ...] = ()
        if other is not None:
            said = (*said, undone_by(other.system, self.path, other.sign))
            swift = self.dialect is ini.Dialect.PASTE
            lines = instead(other.system, self._written(before, after), swift=swift)
            masker = Masker(lines, secrets)
            elsewhere = tuple(masker.shown(number) for number in range(len(lines)))
        return Change(
            target=self.target,
            stage=self.stage,
            action=Action.UPDATE,
            summary=f"edit {self.path}",
            reasons=said,
            instead=elsewhere,
            diff=tuple(
                str(line)
                for line in masked_diff(before.text, after.text, secrets=secrets, name=self.path)
            ),
            steps=(
                WriteFile(self.path, after.content, fact.content.digest, in_place=self.in_place),
            ),
        )

    def notes(self, facts: Answers) -> tuple[Note, ...]:
        """Name declared options that stand in sections where nobody reads them."""
        fact: FileFact = facts[ReadFile(self.path)]
        before = self._before(fact)
        found = [
            Note(
                self.target,
                f"{self.path}, line {option.lines[0]}: {key} stands in [{option.section}], "
                f"where it is not read; it belongs in [{section}].",
            )
            for section, key in self._named_once()
            for option in before.elsewhere(section, key)
        ]
        if self.s3_order:
            found += [
                Note(self.target, f"{self.path}: {text}")
                for text in pipeline.place_s3(before, self.s3_order).notes
            ]
        if self.created and fact.content and fact.mode & ~self.created.mode:
            text = (
                f"{self.path} has mode {fact.mode:04o}, so that more may read it than its service. "
                f"It holds passwords: chmod {self.created.mode:04o} {self.path}"
            )
            found.append(Note(self.target, text))
        return tuple(found)

    def _before(self, fact: FileFact) -> ini.IniFile:
        if self.created and fact.content is None and fact.problem is None:
            name = f"{self.target}: {self.path}"
            return ini.read(Content(self.created.head.encode()), self.dialect, name=name)
        return open_config(self.target, self.path, self.dialect, fact)

    def _made(self, after: ini.IniFile) -> Change | None:
        if self.created is None:
            return None
        secrets = tuple(s.value for s in self.settings if isinstance(s.value, Secret))
        lines = masked_diff(None, after.text, secrets=secrets, name=self.path)
        step = WriteFile(
            self.path, after.content, None, mode=self.created.mode, owner=self.created.owner
        )
        return Change(
            target=self.target,
            stage=self.stage,
            action=Action.CREATE,
            summary=f"make {self.path}",
            reasons=self.because,
            diff=tuple(map(str, lines)),
            steps=(step,),
        )

    def _written(self, before: ini.IniFile, after: ini.IniFile) -> tuple[Written, ...]:
        """Return the declared options that the edit changes, as they are to be."""
        secret = {(s.section, s.key) for s in self.settings if isinstance(s.value, Secret)}
        places = [
            *([(pipeline.SECTION, "pipeline")] if self.s3_order else []),
            *((carried.section, carried.key) for carried in self.carried),
            *((setting.section, setting.key) for setting in self.settings),
            *((member.section, member.key) for member in self.members),
        ]
        found = []
        for place in dict.fromkeys(places):
            old, new = before.get(*place), after.get(*place)
            if (old.value if old else None) == (new.value if new else None):
                continue
            value = " ".join(new.value.split()) if new else None
            found.append(Written(*place, new.secret if new and place in secret else value))
        return tuple(found)

    def _named_once(self) -> tuple[tuple[str, str], ...]:
        """Return the declared options whose names no other section has a use for."""
        lists = [(member.section, member.key) for member in self.members]
        globals_ = [
            (setting.section, setting.key)
            for setting in self.settings
            if self.dialect is ini.Dialect.OSLO and setting.section == ini.DEFAULT
        ]
        return tuple(dict.fromkeys((*lists, *globals_)))

    def _edited(self, before: ini.IniFile) -> ini.IniFile:
        # first, since a filter that gets another name is declared under that
        after = pipeline.place_s3(before, self.s3_order).ini if self.s3_order else before
        for setting in self.settings:
            after = _set(after, setting)
        for carried in self.carried:
            after = _with_carried(after, carried)
        for member in self.members:
            after = _with_member(after, member)
        return after


def open_config(node: str, path: str, dialect: ini.Dialect, fact: FileFact) -> ini.IniFile:
    """Return a node's file ready to be read and edited.

    Raises `DeclarationError` saying why it cannot be.
    """
    if fact.content is None:
        reason = fact.problem or "it does not exist"
        raise DeclarationError(
            f"{node}: {path} cannot be used: {reason}. Say in the inventory where the file is, "
            "or take the node out of its group."
        )
    if not fact.content.data.strip():
        raise DeclarationError(
            f"{node}: {path} is empty. Restore it from the package or a backup first."
        )
    return ini.read(fact.content, dialect, name=f"{node}: {path}")


def _set(file: ini.IniFile, setting: Setting) -> ini.IniFile:
    if setting.value is None:
        return file.remove(setting.section, setting.key)
    current = file.get(setting.section, setting.key)
    if isinstance(setting.value, bool):
        if current is not None and (current.value.strip().lower() in _TRUE) == setting.value:
            return file
        return file.set(setting.section, setting.key, "true" if setting.value else "false")
    value = setting.value if isinstance(setting.value, Secret) else str(setting.value)
    try:
        return file.set(setting.section, setting.key, value)
    except ValueError as problem:
        raise DeclarationError(
            f"{file.name}: [{setting.section}] {setting.key} cannot be written: {problem}."
        ) from None


def _with_carried(file: ini.IniFile, carried: Carried) -> ini.IniFile:
    option = file.get(carried.source, carried.key)
    if option is None or file.get(carried.section, carried.key) is not None:
        return file
    if option.unresolved:
        raise ini.FileProblemError(
            file.name,
            option.lines[0],
            f"{carried.key} of [{carried.source}] is put together from what the file alone does "
            f"not tell, so it cannot be written to [{carried.section}]. Write it out in full.",
        )
    return file.set(carried.section, carried.key, option.value)


def _with_member(file: ini.IniFile, wanted: ListMember) -> ini.IniFile:
    current = file.get(wanted.section, wanted.key)
    members = (
        tuple(part.strip() for part in current.value.split(",") if part.strip())
        if current is not None
        else wanted.default
    )
    if (wanted.member in members) == wanted.present:
        return file
    if wanted.present:
        members = (wanted.member, *members)
    else:
        # An empty list would serve nothing at all: the default is what is meant.
        left = [member for member in members if member != wanted.member]
        members = tuple(left or (each for each in wanted.default if each != wanted.member))
    return file.set(wanted.section, wanted.key, ",".join(members))
