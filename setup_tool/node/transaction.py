"""A transaction becomes the standard input of one shell; what that prints, an outcome.

The shell stages the run's folder, starts the run outside its session and follows
its journal. Lines it prints start with the run's name: ``RUN progress TEXT``,
``RUN waiting`` now and then, and at the end ``RUN ended ENDING``, ``RUN step TEXT``,
``RUN detail TEXT``, ``RUN over``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from setup_tool.core.content import Content
from setup_tool.core.errors import DeclarationError
from setup_tool.core.firewall import OpenPort
from setup_tool.core.transaction import (
    BounceService,
    Canary,
    RemoveFile,
    ServiceControl,
    SettleRun,
    StampService,
    Transaction,
    WriteFile,
)
from setup_tool.node.history import NO_FILE
from setup_tool.node.http_client import HTTP_CLIENT, staged
from setup_tool.node.outcome import parse_outcome, progress_text
from setup_tool.node.processes import PROCESSES, port_word
from setup_tool.node.run_journal import DURABLE
from setup_tool.node.run_script import RUN_END, RUN_FUNCTIONS
from setup_tool.node.run_service import AFTER_PATIENCE, BEFORE_PATIENCE
from setup_tool.node.shell_words import (
    PRELUDE,
    block,
    file_name,
    here_document,
    path_word,
    quoted,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

Step = TypeVar("Step", SettleRun, WriteFile, BounceService, StampService, OpenPort)

__all__ = ["attach_script", "parse_outcome", "progress_text", "stage_script"]

_FOLLOW = r"""
# tell_end ENDING STEP DETAIL
tell_end() {
    printf '%s ended %s\n%s step %s\n%s detail %s\n%s over\n' \
        "$run" "$1" "$run" "$2" "$run" "$3" "$run"
}

# follow: prints the journal as it grows, then the result
follow() {
    exec 7<"$dir/journal"
    quiet=0 part= lost=
    while :; do
        ended=
        [ -e "$dir/result" ] && ended=yes
        while IFS= read -r line <&7 || { part=$part$line; false; }; do
            printf '%s progress %s\n' "$run" "$part$line"
            part= quiet=0
        done
        if [ -n "$ended" ]; then
            {
                IFS= read -r ending
                IFS= read -r step
                IFS= read -r detail
            } <"$dir/result"
            tell_end "$ending" "$step" "$detail"
            return
        fi
        if [ -n "$lost" ]; then
            tell_end lost '' ''
            return
        fi
        read -r pid began when other <"$dir/owner"
        if [ -e "$dir/lost" ] || ! alive "$pid" "$began" "$when"; then
            lost=yes
            continue
        fi
        quiet=$((quiet + 1))
        [ $((quiet % 50)) -ne 0 ] || printf '%s waiting\n' "$run"
        sleep 0.1 2>/dev/null || sleep 1
    done
}
"""

_STAGE = r"""
umask 077
stage=$state/runs/.$run.$$

# refuse DETAIL: nothing was started
refuse() {
    rm -rf "$stage"
    tell_end failed stage "$1"
    exit 0
}

if [ -d "$dir" ]; then
    refuse "a run of this name was here before"
fi
mkdir -p "$state/runs" || refuse "$state could not be made"
[ -O "$state" ] || refuse "$state belongs to somebody else"
chmod 700 "$state" "$state/runs" || refuse "$state could not be closed to others"
mkdir "$stage" "$stage/payload" "$stage/canary" || refuse "$state could not be written"
# bash keeps here-documents in files: let them be here
TMPDIR=$stage
export TMPDIR
birth $$
printf '%s %s %s %s\n' "$$" "$ticks" "$boot" "$run" >"$stage/owner"
: >"$stage/journal"
"""

# Started as the head of a pipeline, not with `&`: an asynchronous list would have
# SIGINT ignored for good, and so would every service restarted from it.
_START = r"""
unset TMPDIR
durable "$stage"/* "$stage"/*/* "$stage"
mv "$stage" "$dir" || refuse "$dir could not be made"

start() {
    if [ -d /run/systemd/system ] && [ "$(id -u)" = 0 ] && command -v systemd-run >/dev/null; then
        setsid systemd-run --scope --quiet --unit="setup-tool-$run" sh "$dir/run.sh" \
            </dev/null >>"$dir/output" 2>&1
    fi
    [ -s "$dir/journal" ] || setsid sh "$dir/run.sh" </dev/null >>"$dir/output" 2>&1
    [ -e "$dir/result" ] || : >"$dir/lost"
}

start | follow
"""


def stage_script(transaction: Transaction) -> Content:
    """Return what a shell on the node reads to stage, start and follow the transaction.

    Cut short anywhere it runs nothing. Raises `DeclarationError` for a transaction
    that no node could run: a relative path, a service without a way to restart it.
    """
    parts = [_where(transaction.run, transaction.state_dir), PROCESSES, DURABLE, _FOLLOW, _STAGE]
    stem = '"$stage"/'
    documents = [("run.sh", _run_text(transaction).encode())]
    files = _files(transaction)
    documents.append(("files", _manifest(transaction.command, files).encode()))
    for index, file in enumerate(files):
        if isinstance(file, WriteFile):
            documents.append((f"payload/{index}", file.content.reveal()))
    for index, canary in enumerate(transaction.canaries):
        request = staged(canary.request, f"canary/{index}")
        documents += [(f"canary/{index}.{suffix}", data) for suffix, data in request.files]
    for name, data in documents:
        parts.append(here_document(data, stem + name))
        parts.append(f"""[ "$?" = 0 ] || refuse "$stage/{name} could not be written"\n""")
    parts.append(_START)
    return Content(block("".join(parts)))


def attach_script(run: str, state_dir: str) -> bytes:
    """Return what a shell on the node reads to follow a run that is there already."""
    missing = (
        'if [ ! -d "$dir" ]; then tell_end failed attach "there is no run $run here"; exit 0; fi\n'
    )
    return block(_where(run, state_dir) + PROCESSES + _FOLLOW + missing + "follow\n")


def _where(run: str, state_dir: str) -> str:
    return f"run={quoted(file_name(run))}\nstate={path_word(state_dir)}\ndir=$state/runs/$run\n"


def _of(transaction: Transaction, kind: type[Step]) -> list[Step]:
    return [step for step in transaction.steps if isinstance(step, kind)]


def _files(transaction: Transaction) -> list[WriteFile | RemoveFile]:
    """Return the steps about files; a file's place among them is its name in the run's folder."""
    return [step for step in transaction.steps if isinstance(step, WriteFile | RemoveFile)]


def _manifest(command: str, files: Sequence[WriteFile | RemoveFile]) -> str:
    """Return what the run is to write, for those who undo it; see `history`."""
    lines = [
        f"{index} {file.replaces or NO_FILE} {_new_digest(file) or NO_FILE} {file.path}\n"
        for index, file in enumerate(files)
    ]
    return f"command {file_name(command)}\n{''.join(lines)}"


def _new_digest(file: WriteFile | RemoveFile) -> str:
    return file.content.digest if isinstance(file, WriteFile) else ""


def _run_text(transaction: Transaction) -> str:
    """Return ``run.sh``: settle, check everything, write, bounce, prove, stamp."""
    files = _files(transaction)
    bounces = _of(transaction, BounceService)
    stamps = _of(transaction, StampService)
    told = [bounce.service for bounce in bounces]
    services = list(dict.fromkeys([*told, *(stamp.service for stamp in stamps)]))
    main = [f"settle {quoted(file_name(step.run))}" for step in _of(transaction, SettleRun)]
    main += [f"check {i} {_old_file(file)} || return 1" for i, file in enumerate(files)]
    main.append("[ ! -s temps ] || durable temps backup/* real/* backup real")
    main += _before(transaction.canaries, bounces, services)
    main += [f"write {i} {_new_file(file)} || return 1" for i, file in enumerate(files)]
    for bounce in bounces:
        kind = _bounce_kind(bounce)
        main.append(f"service_{services.index(bounce.service)}; bounce {kind} || return 1")
    main += _after(transaction.canaries)
    main += [f"service_{services.index(stamp.service)}; stamp" for stamp in stamps]
    main += _opening(_of(transaction, OpenPort))
    return "".join(
        [
            "trap '' HUP INT PIPE TERM\numask 077\n",
            PRELUDE,
            _where(transaction.run, transaction.state_dir),
            PROCESSES,
            HTTP_CLIENT,
            RUN_FUNCTIONS,
            *(_restore_function(i, file) for i, file in enumerate(files)),
            *(_service_function(i, service) for i, service in enumerate(services)),
            "main() {\n",
            *(f"    {line}\n" for line in main),
            "    return 0\n}\n",
            RUN_END,
        ]
    )


def _flag(value: bool) -> str:  # noqa: FBT001 - one word of a script
    return "yes" if value else "''"


def _old_file(file: WriteFile | RemoveFile) -> str:
    return f"{path_word(file.path)} {quoted(file.replaces or '')} {_in_place(file)}"


def _new_file(file: WriteFile | RemoveFile) -> str:
    words = [path_word(file.path), quoted(file.replaces or ""), quoted(_new_digest(file))]
    if isinstance(file, WriteFile):
        words += [f"{file.mode:04o}", _in_place(file), quoted(file.owner or "")]
    return " ".join(words)


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
    }
    settings = "\n".join(f"    {key}={value}" for key, value in values.items())
    return f"service_{index}() {{\n{settings}\n}}\ndigests_{index}() {{\n{reads or '    :'}\n}}\n"


def _bounce_kind(bounce: BounceService) -> str:
    service = bounce.service
    kind = "reload" if bounce.reload else "restart"
    if not service.unit and not (service.reload if bounce.reload else service.restart):
        raise DeclarationError(
            f"There is no way to {kind} {service.name}: it has neither a systemd unit nor a "
            f"{kind} command; give one in the inventory."
        )
    return kind


def _before(
    canaries: Sequence[Canary], bounces: Sequence[BounceService], services: Sequence[ServiceControl]
) -> list[str]:
    """Return the lines that find out whether all was well before."""
    lines = []
    if bounces or canaries:
        lines.append(f"need_client {_flag(bool(canaries))} || return 1")
    lines += [
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
