"""The steps of a transaction become ``run.sh``, what its own process does on the node."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from setup_tool.core.accounts import MakeAccount, RemoveAccount
from setup_tool.core.environments import BuildEnvironment, RemoveEnvironments
from setup_tool.core.errors import DeclarationError
from setup_tool.core.facts import DUE
from setup_tool.core.firewall import OpenPort
from setup_tool.core.folders import MakeFolder, RemoveFolder
from setup_tool.core.transaction import (
    BounceService,
    Canary,
    EndService,
    InstallPackages,
    RemoveFile,
    ServiceControl,
    SettleRun,
    StampService,
    Transaction,
    WriteFile,
)
from setup_tool.node.history import NO_FILE
from setup_tool.node.http_client import HTTP_CLIENT
from setup_tool.node.processes import PROCESSES, port_word
from setup_tool.node.run_environment import ENVIRONMENT
from setup_tool.node.run_packages import PACKAGES
from setup_tool.node.run_places import PLACES
from setup_tool.node.run_script import RUN_END, RUN_FUNCTIONS
from setup_tool.node.run_service import AFTER_PATIENCE, BEFORE_PATIENCE
from setup_tool.node.shell_words import PRELUDE, file_name, path_word, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

Step = TypeVar("Step")


def run_text(transaction: Transaction) -> str:
    """Return ``run.sh``: settle, make places, check, install, write, bounce, prove, forget."""
    files = files_of(transaction)
    bounces = steps_of(transaction, BounceService)
    stamps = steps_of(transaction, StampService)
    told = [bounce.service for bounce in bounces]
    drained = [service for service in told if service.drain and service.disable_path]
    ended = [step.service for step in steps_of(transaction, EndService)]
    services = list(dict.fromkeys([*told, *(stamp.service for stamp in stamps), *ended]))
    installs = steps_of(transaction, InstallPackages)
    settled = [quoted(file_name(step.run)) for step in steps_of(transaction, SettleRun)]
    main = [f"settle_packages {run} || return 1; settle {run}" for run in settled]
    main += _places(transaction)
    main += [f"check {i} {_old_file(file)} || return 1" for i, file in enumerate(files)]
    main.append("[ ! -s temps ] || durable temps backup/* real/* backup real")
    main += [f"install_packages {_names(step)} || return 1" for step in installs]
    main += _environments(transaction)
    main += _prepared(files)
    main += _tries(files, bounces, services)
    if bounces or ended or transaction.canaries:
        main.append(f"need_client {_flag(bool(transaction.canaries))} || return 1")
    main += _before(transaction.canaries, bounces, services)
    main += _each(drained, services, "drain")
    main += _each(ended, services, "end_service || return 1")
    main += [f"write {i} {_new_file(file)} || return 1" for i, file in enumerate(files)]
    for bounce in bounces:
        kind = _bounce_kind(bounce)
        main.append(f"service_{services.index(bounce.service)}; bounce {kind} || return 1")
    main += _after(transaction.canaries)
    main += _each(drained, services, "undrain || return 1")
    main += [
        f"service_{services.index(stamp.service)}; stamp {DUE if stamp.due else _NOTHING}"
        for stamp in stamps
    ]
    main += _opening(steps_of(transaction, OpenPort))
    main += _forgotten(transaction, _each(ended, services, "forget_service"))
    return "".join(
        [
            "trap '' HUP INT PIPE TERM\numask 077\n",
            PRELUDE,
            where(transaction.run, transaction.state_dir),
            PROCESSES,
            HTTP_CLIENT,
            RUN_FUNCTIONS,
            PACKAGES if installs or settled else "",
            PLACES,
            ENVIRONMENT,
            *(_restore_function(i, file) for i, file in enumerate(files)),
            *(_service_function(i, service) for i, service in enumerate(services)),
            "main() {\n",
            *(f"    {line}\n" for line in main),
            "    return 0\n}\n",
            RUN_END,
        ]
    )


def _places(transaction: Transaction) -> list[str]:
    """Return the lines that make accounts and folders: first, since files are to lie there."""
    return [
        *(
            f"make_account {quoted(file_name(step.name))} {path_word(step.home)} "
            f"{quoted(step.comment)} || return 1"
            for step in steps_of(transaction, MakeAccount)
        ),
        *(
            f"make_folder {path_word(step.path)} {step.mode:04o} {quoted(step.owner or '')} "
            f"{_flag(step.marked)} || return 1"
            for step in steps_of(transaction, MakeFolder)
        ),
    ]


def requirements_of(transaction: Transaction) -> list[tuple[str, str]]:
    """Return the lists that environments are built from, with the names they are staged by."""
    builds = steps_of(transaction, BuildEnvironment)
    return [(f"requirements.{i}", step.requirements) for i, step in enumerate(builds)]


def _environments(transaction: Transaction) -> list[str]:
    return [
        f"build_environment {path_word(step.path)} requirements.{index} {_flag(step.system)} "
        f"{path_word(step.wheels) if step.wheels else _NOTHING} {quoted(step.index or '')} "
        "|| return 1"
        for index, step in enumerate(steps_of(transaction, BuildEnvironment))
    ]


def _forgotten(transaction: Transaction, services: list[str]) -> list[str]:
    """Return the lines that remove what nothing needs any more: last, and never undone."""
    lines = [
        *services,
        *(
            f"remove_environment {path_word(path)}"
            for step in steps_of(transaction, RemoveEnvironments)
            for path in step.paths
        ),
        *(f"remove_folder {path_word(s.path)}" for s in steps_of(transaction, RemoveFolder)),
        *(
            f"remove_account {quoted(file_name(step.name))} {quoted(step.comment)} || return 1"
            for step in steps_of(transaction, RemoveAccount)
        ),
    ]
    return ["written= bounced=", *lines] if lines else []


def where(run: str, state_dir: str) -> str:
    """Return the words that say which run this is and where it lies."""
    return f"run={quoted(file_name(run))}\nstate={path_word(state_dir)}\ndir=$state/runs/$run\n"


def steps_of(transaction: Transaction, kind: type[Step]) -> list[Step]:
    """Return the steps of one kind, in their order."""
    return [step for step in transaction.steps if isinstance(step, kind)]


def _names(step: InstallPackages) -> str:
    return " ".join(quoted(file_name(name)) for name in step.names)


_NOTHING = "''"


def _each(
    some: Sequence[ServiceControl], services: Sequence[ServiceControl], doing: str
) -> list[str]:
    """Return the lines that do something to some of the services."""
    return [f"service_{services.index(service)}; {doing}" for service in some]


def _flag(value: bool) -> str:  # noqa: FBT001 - one word of a script
    return "yes" if value else _NOTHING


def files_of(transaction: Transaction) -> list[WriteFile | RemoveFile]:
    """Return the steps about files; a file's place among them is its name in the run's folder."""
    return [step for step in transaction.steps if isinstance(step, WriteFile | RemoveFile)]


def manifest(command: str, files: Sequence[WriteFile | RemoveFile]) -> str:
    """Return what the run is to write, for those who undo it; see `history`."""
    lines = [
        f"{index} {file.replaces or NO_FILE} {_new_digest(file) or NO_FILE} {file.path}\n"
        for index, file in enumerate(files)
    ]
    return f"command {file_name(command)}\n{''.join(lines)}"


def _new_digest(file: WriteFile | RemoveFile) -> str:
    return file.content.digest if isinstance(file, WriteFile) else ""


def _old_file(file: WriteFile | RemoveFile) -> str:
    return f"{path_word(file.path)} {quoted(file.replaces or '')} {_in_place(file)}"


def _new_file(file: WriteFile | RemoveFile) -> str:
    words = [path_word(file.path), quoted(file.replaces or ""), quoted(_new_digest(file))]
    return " ".join([*words, _in_place(file)])


def _prepared(files: Sequence[WriteFile | RemoveFile]) -> list[str]:
    """Return the lines that finish the new files beside those they are for."""
    return [
        f"prepare {index} {path_word(file.path)} {file.mode:04o} {_in_place(file)} "
        f"{quoted(file.owner or '')} || return 1"
        for index, file in enumerate(files)
        if isinstance(file, WriteFile)
    ]


def _tries(
    files: Sequence[WriteFile | RemoveFile],
    bounces: Sequence[BounceService],
    services: Sequence[ServiceControl],
) -> list[str]:
    """Return the lines that try what services are to read, as it will be."""
    written = {file.path: str(index) for index, file in enumerate(files)}
    return [
        f"service_{services.index(bounce.service)}; try_config {bounce.service.config_test.value} "
        f"{path_word(path)} {written.get(path) or _NOTHING} || return 1"
        for bounce in bounces
        if bounce.service.config_test is not None
        for path in bounce.service.reads
    ]


def _restore_function(index: int, file: WriteFile | RemoveFile) -> str:
    old = quoted(file.replaces or "")
    call = f"restore {index} {old} {quoted(_new_digest(file))} {_in_place(file)}"
    return f"restore_{index}() {{ {call}; }}\n"


def _in_place(file: WriteFile | RemoveFile) -> str:
    return _flag(isinstance(file, WriteFile) and file.in_place)


def _service_function(index: int, service: ServiceControl) -> str:
    """Return the function that makes a service the one the others speak of."""
    reads = "\n".join(
        f'    read_digest {quoted(path)} "$(readlink -f {path_word(path)})"'
        for path in service.reads
    )
    values = {
        "name": quoted(file_name(service.name)),
        "service": str(index),
        "unit": quoted(file_name(service.unit)) if service.unit else "",
        "port": quoted(port_word(service.port)),
        "health": quoted(service.health_url),
        "good": quoted(" ".join(f"{status:d}" for status in service.health_statuses)),
        "patience": str(service.health_timeout),
        "restart": quoted(service.restart or ""),
        "reload": quoted(service.reload or ""),
        "stop": quoted(service.stop or ""),
        "own_unit": _flag(service.own_unit),
        "seamless": _flag(service.seamless),
        "disable": path_word(service.disable_path) if service.disable_path else _NOTHING,
        "drain_wait": str(service.drain.wait if service.drain else 0),
        "drain_timeout": str(service.drain.timeout if service.drain else 0),
    }
    settings = "\n".join(f"    {key}={value}" for key, value in values.items())
    return f"service_{index}() {{\n{settings}\n}}\ndigests_{index}() {{\n{reads or '    :'}\n}}\n"


def _bounce_kind(bounce: BounceService) -> str:
    service = bounce.service
    kind = "reload" if bounce.reload else "restart"
    reloads = service.reload or service.seamless
    if not service.unit and not (reloads if bounce.reload else service.restart):
        raise DeclarationError(
            f"There is no way to {kind} {service.name}: it has neither a systemd unit nor a "
            f"{kind} command; give one in the inventory."
        )
    return kind


def _before(
    canaries: Sequence[Canary], bounces: Sequence[BounceService], services: Sequence[ServiceControl]
) -> list[str]:
    """Return the lines that find out whether all was well before."""
    lines = [
        f"service_{services.index(bounce.service)}; healthy || healthy_before="
        for bounce in bounces
    ]
    lines += [
        f"prove {BEFORE_PATIENCE} {_canary_words(i, canary)} || healthy_before="
        for i, canary in enumerate(canaries)
        if canary.before
    ]
    return lines


def _after(canaries: Sequence[Canary]) -> list[str]:
    lines = []
    for index, canary in enumerate(canaries):
        words = _canary_words(index, canary)
        expected = " or ".join(map(str, canary.expected))
        lines += [
            f"begin {quoted('canary ' + canary.name)}",
            f"prove {AFTER_PATIENCE} {words} || {{",
            f'    fail failed "canary $canary $said, expected {expected}"',
            "    return 1",
            "}",
        ]
    return lines


def _opening(ports: Sequence[OpenPort]) -> list[str]:
    """Return the lines that open ports: last, since nothing that was proven is undone for them."""
    lines = ["written= bounced="] if ports else []
    for each in ports:
        words = (each.program, f"{each.port:d}", each.zone or "", f"setup-tool: {each.service}")
        lines.append(f"open_port {' '.join(map(quoted, words))} || return 1")
    return lines


def _canary_words(index: int, canary: Canary) -> str:
    return f"{index} {quoted(canary.name)} {' '.join(f'{status:d}' for status in canary.expected)}"
