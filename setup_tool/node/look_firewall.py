"""Shell text that looks at a node's firewalls, and the records it answers with.

Looking writes nothing: ``ufw status`` would write its lock file, so ufw's own files are
read; firewalld is asked only where it runs, since asking could start it (D-Bus activation);
``iptables`` of the older kind is asked only where its tables are loaded, since asking
would load them.
"""

from __future__ import annotations

from typing import Final

RULES_LIMIT: Final = 1024 * 1024
"""Bytes of a packet filter's rules that are read; beyond them nothing is said."""

LOOK_FIREWALL: Final = (
    r"""
# packet_rules: sets rules to what nft and iptables list, cut where there are too many. Where
# nft lists nothing and no older table is loaded, iptables has nothing to list either.
packet_rules() {
    rules= older=
    if [ -r /proc/net/ip_tables_names ]; then
        while read -r table; do
            [ "$table" != filter ] || older=yes
        done </proc/net/ip_tables_names
    fi
    if command -v nft >/dev/null; then
        rules=$({ nft list ruleset || echo '# unread'; } | head -c """
    + str(RULES_LIMIT + 1)
    + r""")
        [ -n "$rules$older" ] || return 0
    fi
    command -v iptables >/dev/null || return 0
    rules=$rules$newline$(iptables_rules | head -c """
    + str(RULES_LIMIT + 1)
    + r""")
}

iptables_rules() {
    case $(iptables -V) in
    *nf_tables*) iptables -S ;;
    *) [ -n "$older" ] && iptables -S && return ;;
    esac
    [ -z "$older" ] || iptables-legacy -S
}

# look_at_firewalld: its zones as they are and as they will be, and what the services they
# name stand for
look_at_firewalld() {
    zones=$(firewall-cmd --list-all-zones) &&
        permanent=$(firewall-cmd --permanent --list-all-zones) &&
        default=$(firewall-cmd --get-default-zone) || {
        emit firewall.trouble 'firewall-cmd gave no answer'
        return
    }
    emit firewall.zones "$zones"
    emit firewall.permanent "$permanent"
    emit firewall.default "$default"
    emit firewall.policies "$(firewall-cmd --list-all-policies)"
    emit firewall.direct "$(firewall-cmd --direct --get-all-rules)"
    emit firewall.services "$(
        for file in /etc/firewalld/services/*.xml /usr/lib/firewalld/services/*.xml; do
            [ -r "$file" ] && set -- "$@" "$file"
        done
        [ "$#" = 0 ] || grep -H -E '<(port|include) ' "$@"
    )"
}

# look_at_firewall: records named firewall.*
look_at_firewall() {
    manager=
    if [ -d /run/systemd/system ]; then
        case $(systemctl is-active firewalld.service) in
        active | reloading) manager=firewalld ;;
        esac
    fi
    if [ -z "$manager" ] && [ -r /etc/ufw/ufw.conf ]; then
        ! grep -q -i '^ENABLED="*yes' /etc/ufw/ufw.conf || manager=ufw
    fi
    emit firewall.manager "$manager"
    trouble= rules=
    if [ "${uid:=$(id -u)}" != 0 ]; then
        trouble='only root may look at it'
    elif [ "$manager" != firewalld ]; then
        packet_rules
    fi
    [ -n "$manager$rules$trouble" ] || return 0
    emit firewall.listening "$(awk '$4 == "0A" { print $2 }' /proc/net/tcp /proc/net/tcp6)"
    if [ -n "$trouble" ]; then
        emit firewall.trouble "$trouble"
        return
    fi
    emit firewall.addresses "$(ip -o addr show scope global)"
    if [ "$manager" = firewalld ]; then
        look_at_firewalld
        return
    fi
    if [ "${#rules}" -gt """
    + str(RULES_LIMIT)
    + r""" ]; then
        emit firewall.trouble 'it has too many rules'
        return
    fi
    emit firewall.rules "$rules"
    [ "$manager" = ufw ] || return 0
    emit firewall.ufw "$(cat /etc/ufw/user.rules)"
    emit firewall.added "$(cat /etc/ufw/before.rules /etc/ufw/after.rules)"
    emit firewall.policy "$(grep DEFAULT_INPUT_POLICY= /etc/default/ufw)"
}
"""
)
