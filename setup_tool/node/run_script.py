"""What a transaction's own process does on the node: the text of ``run.sh``.

Its folder, ``<state>/runs/<run>/`` (root only), holds ``run.sh``, ``files`` (the command
that an operator ran; then a line a file: N, old digest, new digest, path as declared, ``-``
for no file), ``payload/N`` (new bytes), ``backup/N`` (old bytes), ``real/N`` (the file
itself, after symlinks; its old owner and mode), ``temps`` (temporary files it may
leave), ``drain`` (files that drain its services), ``canary/`` (requests, removed at the
end), ``owner`` (the process: pid, start, boot, run), ``journal``, ``output`` (what
commands printed) and at last ``result`` (ending, step, detail), which appears by a
rename: a run without it has not ended.
"""

from __future__ import annotations

from typing import Final

from setup_tool.node.run_candidate import CANDIDATE
from setup_tool.node.run_drain import DRAIN
from setup_tool.node.run_files import FILES
from setup_tool.node.run_firewall import FIREWALL
from setup_tool.node.run_journal import DURABLE, JOURNAL, LOCK
from setup_tool.node.run_service import SERVICE

_END = r"""
# undo: puts back what was there, if the service was well before
undo() {
    [ -n "$written$bounced" ] || return 0
    failed_step=$step why=$detail
    if [ -n "$bounced" ] && [ -z "$healthy_before" ]; then
        detail="$why. It did not work before either, so the new files stay"
        return 0
    fi
    begin 'restore'
    incomplete=
    for index in $written; do
        restore_"$index" || incomplete=yes
    done
    for service in $bounced; do
        service_"$service"
        look
        old_instance=$instance old_workers=$workers
        bring_back || incomplete=yes
    done
    step=$failed_step detail=$why
    if [ -n "$incomplete" ]; then
        ending=failed
        detail="$why. The old state is not wholly back: see $dir/journal on the node"
    else
        ending=restored
    fi
}

cannot_lock=
copy_attributes=
keeps_attributes && copy_attributes=yes
timeout=timeout
timeout 1 true 2>/dev/null || timeout='timeout -t'

# the owner first, then whether a later run has settled this one in the meantime
birth $$
no_room=
printf '%s %s %s %s\n' "$$" "$ticks" "$boot" "$run" >owner.new 2>>output &&
    mkdir -p backup real 2>>output || no_room=yes
durable owner.new
[ -n "$no_room" ] || mv -f owner.new owner
[ ! -e result ] || exit 0
begin 'check'
if [ -n "$no_room" ]; then
    fail failed "$dir could not be written; see whether the disk is full"
elif take_lock; then
    main || undo
    clear_away
    lift_all "$dir" "$run" || {
        ending=failed
        detail="${detail:+$detail. }The drain stays:$kept could not be removed"
    }
    prune
elif [ -n "$cannot_lock" ]; then
    fail failed "no lock could be made in $state; $dir/output on the node says more"
else
    fail locked 'another run is at work on this node'
fi
[ "$ending" != done ] || step=
close_run "$dir" "$ending" "$step" "$detail"
"""

RUN_FUNCTIONS: Final = DURABLE + JOURNAL + LOCK + FILES + SERVICE + CANDIDATE + DRAIN + FIREWALL
"""What the steps of a run call; before it: prelude, ``run``, ``state``, ``dir``, processes,
the HTTP client."""
RUN_END: Final = _END
"""Runs ``main`` and ends; after the steps' own functions."""
