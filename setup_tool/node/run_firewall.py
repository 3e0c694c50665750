"""Shell text of a run: ports let in by firewalld and ufw."""

from __future__ import annotations

from typing import Final

FIREWALL: Final = r"""
# open_port PROGRAM PORT ZONE SERVICE: at once and for good, or not at all
open_port() {
    begin "open port $2/tcp in $1"
    if [ "$1" = firewalld ]; then
        open_in_zone "$2" "$3"
    else
        # comments came with ufw 0.35
        ufw allow "$2/tcp" comment "$4" || ufw allow "$2/tcp"
    fi >>output 2>&1 || {
        fail failed "port $2/tcp could not be opened in $1; $dir/output on the node says more"
        return 1
    }
    note "# opened $1 $2 $3"
}

# open_in_zone PORT ZONE
open_in_zone() {
    added=
    if ! firewall-cmd --permanent --zone="$2" --query-port="$1/tcp"; then
        firewall-cmd --permanent --zone="$2" --add-port="$1/tcp" || return 1
        added=yes
    fi
    firewall-cmd --zone="$2" --query-port="$1/tcp" && return 0
    firewall-cmd --zone="$2" --add-port="$1/tcp" && return 0
    [ -z "$added" ] || firewall-cmd --permanent --zone="$2" --remove-port="$1/tcp"
    return 1
}
"""
