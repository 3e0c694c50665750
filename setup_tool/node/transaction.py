"""A transaction becomes the standard input of one shell; what that prints, an outcome.

The shell stages the run's folder, starts the run outside its session and follows
its journal. Lines it prints start with the run's name: ``RUN progress TEXT``,
``RUN waiting`` now and then, and at the end ``RUN ended ENDING``, ``RUN step TEXT``,
``RUN detail TEXT``, ``RUN over``.
"""

from __future__ import annotations

from setup_tool.core.content import Content
from setup_tool.core.transaction import Transaction, WriteFile
from setup_tool.node.http_client import staged
from setup_tool.node.outcome import parse_outcome, progress_text
from setup_tool.node.processes import PROCESSES
from setup_tool.node.run_journal import DURABLE
from setup_tool.node.run_text import files_of, manifest, requirements_of, run_text, where
from setup_tool.node.shell_words import block, here_document

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
        quiet=$((quiet + 1)) pause=0.1
        [ $((quiet % 20)) -ne 0 ] || printf '%s waiting\n' "$run"
        [ "$quiet" -lt 10 ] || pause=0.25
        sleep $pause 2>/dev/null || sleep 1
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

# full WHAT
full() {
    refuse "$1 could not be written: see whether the disk is full or read-only"
}

if [ -d "$dir" ]; then
    refuse "a run of this name was here before"
fi
mkdir -p "$state/runs" || refuse "$state could not be made"
[ -O "$state" ] || refuse "$state belongs to somebody else"
chmod 700 "$state" "$state/runs" || refuse "$state could not be closed to others"
mkdir "$stage" "$stage/payload" "$stage/canary" || full "$state"
# bash keeps here-documents in files: let them be here
TMPDIR=$stage
export TMPDIR
birth $$
printf '%s %s %s %s\n' "$$" "$ticks" "$boot" "$run" >"$stage/owner" || full "$stage/owner"
# where `:` cannot write, it ends the shell before anything is told
true >"$stage/journal" || full "$stage/journal"
"""

# Started as the head of a pipeline, not with `&`: an asynchronous list would have
# SIGINT ignored for good, and so would every service restarted from it. A run that made
# `real`, or on a full disk wrote to the journal, has begun: one that was killed since is not
# begun again behind its follower's back.
_START = r"""
unset TMPDIR
durable "$stage"/* "$stage"/*/* "$stage"
mv "$stage" "$dir" || refuse "$dir could not be made"

start() {
    if [ -d /run/systemd/system ] && [ "$(id -u)" = 0 ] && command -v systemd-run >/dev/null; then
        setsid systemd-run --scope --quiet --unit="setup-tool-$run" sh "$dir/run.sh" \
            </dev/null >>"$dir/output" 2>&1
    fi
    [ -d "$dir/real" ] || [ -s "$dir/journal" ] ||
        setsid sh "$dir/run.sh" </dev/null >>"$dir/output" 2>&1
    [ -e "$dir/result" ] || : >"$dir/lost"
}

start | follow
"""


def stage_script(transaction: Transaction) -> Content:
    """Return what a shell on the node reads to stage, start and follow the transaction.

    Cut short anywhere it runs nothing. Raises `DeclarationError` for a transaction
    that no node could run: a relative path, a service without a way to restart it.
    """
    parts = [where(transaction.run, transaction.state_dir), PROCESSES, DURABLE, _FOLLOW, _STAGE]
    stem = '"$stage"/'
    documents = [("run.sh", run_text(transaction).encode())]
    files = files_of(transaction)
    documents.append(("files", manifest(transaction.command, files).encode()))
    documents += [(name, text.encode()) for name, text in requirements_of(transaction)]
    for index, file in enumerate(files):
        if isinstance(file, WriteFile):
            documents.append((f"payload/{index}", file.content.reveal()))
    for index, canary in enumerate(transaction.canaries):
        request = staged(canary.request, f"canary/{index}")
        documents += [(f"canary/{index}.{suffix}", data) for suffix, data in request.files]
    for name, data in documents:
        parts.append(here_document(data, stem + name))
        parts.append(f'[ "$?" = 0 ] || full "$stage/{name}"\n')
    parts.append(_START)
    return Content(block("".join(parts)))


def attach_script(run: str, state_dir: str) -> bytes:
    """Return what a shell on the node reads to follow a run that is there already."""
    missing = (
        'if [ ! -d "$dir" ]; then tell_end failed attach "there is no run $run here"; exit 0; fi\n'
    )
    return block(where(run, state_dir) + PROCESSES + _FOLLOW + missing + "follow\n")
