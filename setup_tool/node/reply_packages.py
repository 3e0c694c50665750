"""What a node told of installations and packages, as facts."""

from __future__ import annotations

from setup_tool.core.facts import Arrival, InstallationFact, InstallFact, Source


def parse_installation(text: str) -> InstallationFact:
    """Return what a record of `look_at_installation` says; raises `ValueError` for another."""
    fields = dict(line.partition(" ")[::2] for line in text.splitlines() if line)
    return InstallationFact(
        source=_source(fields["source"]),
        owner=fields["owner"] or None,
        program=fields["program"] or None,
        interpreter=fields["interpreter"] or None,
        front=fields["front"] or None,
        engine=fields["engine"] or None,
        release=fields.get("release"),
    )


def parse_install(text: str) -> InstallFact:
    """Return what a record of `look_at_install` says; raises `ValueError` for another."""
    lines = [line.partition(" ")[::2] for line in text.splitlines() if line]
    fields = dict(lines)
    return InstallFact(
        source=_source(fields["source"]),
        manager=fields["manager"] or None,
        lacking=_all(lines, "lacks"),
        missing=tuple(fields["missing"].split()),
        unknown=_all(lines, "unknown"),
        arrives=tuple(
            Arrival(name, version or None)
            for name, _, version in (said.partition(" ") for said in _all(lines, "arrives"))
        ),
        upgrades=tuple(said.split(" ")[0] for said in _all(lines, "upgrades")),
        removes=_all(lines, "removes"),
        problem=fields.get("problem"),
    )


def _all(lines: list[tuple[str, str]], word: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(said for name, said in lines if name == word))


def _source(word: str) -> Source | None:
    return Source(word) if word else None
