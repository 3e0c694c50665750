"""A declaration of a role with a subject's values, read field by field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from setup_tool.core.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from setup_tool.core.identity import Login
    from setup_tool.core.plan import Stage
    from setup_tool.declare.roles import Declaration, Values

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Use:
    """A role used for one subject - a node, a login, an API - with that subject's values.

    ``login`` is set for logins only.
    """

    role: str
    each: str
    target: str
    values: Values
    login: Login | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """One declaration with its values filled in, read field by field.

    Every reading raises `DeclarationError` for a field that is missing or no such thing.
    """

    declaration: Declaration
    fields: Mapping[str, Any]
    use: Use
    remove_endpoints: frozenset[str]

    @property
    def stage(self) -> Stage:
        """When it is changed."""
        return self.declaration.stage

    def error(self, sentence: str) -> DeclarationError:
        """Return the error that says, with the line, what is wrong with this declaration."""
        return DeclarationError(f"{self.declaration.origin}: {self.declaration.kind} {sentence}")

    def said(self, name: str) -> Any:
        """Return a field as it is said, which it must be."""
        if name not in self.fields:
            raise self.error(f"lacks '{name}'.")
        return self.fields[name]

    def text(self, name: str) -> str:
        """Return a text that must be said."""
        return self._of(str, name, self.said(name), "a text")

    def text_if_said(self, name: str) -> str | None:
        """Return a text, None where it is not said."""
        return self.text(name) if name in self.fields else None

    def texts(self, name: str, value: Any) -> tuple[str, ...]:
        """Return a value that must be a list of texts; ``name`` is for the error."""
        if not isinstance(value, list | tuple):
            raise self.error(f"wants a list of texts in '{name}'.")
        return tuple(self._of(str, name, item, "a list of texts") for item in value)

    def number(self, name: str, value: Any) -> int:
        """Return a value that must be a number; ``name`` is for the error."""
        if isinstance(value, bool):
            raise self.error(f"wants a number in '{name}'.")
        return self._of(int, name, value, "a number")

    def truth(self, name: str) -> bool:
        """Return a truth value that must be said."""
        return self._of(bool, name, self.said(name), "a truth value")

    def options(self, name: str) -> Iterator[tuple[str, str, Any]]:
        """Yield section, option and what is said of it, of a mapping of mappings."""
        for section, options in self.mapping(name).items():
            for key, said in self._of(dict, name, options, "a mapping of options").items():
                yield section, key, said

    def mapping(self, name: str) -> dict[str, Any]:
        """Return a mapping, an empty one where it is not said."""
        return self._of(dict, name, self.fields.get(name, {}), "a mapping of sections")

    def node(self) -> str:
        """Return the node that it is declared for."""
        if self.declaration.each != "node":
            raise self.error("is for nodes only.")
        return self.use.target

    def login(self) -> Login:
        """Return the login that it is declared for."""
        if self.use.login is None:
            raise self.error("is for logins only.")
        return self.use.login

    def _of(self, kind: type[T], name: str, value: Any, what: str) -> T:
        if not isinstance(value, kind):
            raise self.error(f"wants {what} in '{name}'.")
        return value
