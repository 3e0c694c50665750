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
# packet_rules: what nft and iptables list
packet_rules() {
    if command -v nft >/dev/null; then
        nft list ruleset || printf '%s\n' '# unread'
    fi
    command -v iptables >/dev/null || return 0
    case $(iptables -V) in
    *nf_tables*) iptables -S ;;
    *) grep -q -x filter /proc/net/ip_tables_names && iptables -S && return ;;
    esac
    grep -q -x filter /proc/net/ip_tables_names && iptables-legacy -S
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
    [ -n "$manager" ] || ! grep -q -i '^ENABLED="*yes' /etc/ufw/ufw.conf || manager=ufw
    emit firewall.manager "$manager"
    emit firewall.listening "$(awk '$4 == "0A" { print $2 }' /proc/net/tcp /proc/net/tcp6)"
    if [ "$(id -u)" != 0 ]; then
        emit firewall.trouble 'only root may look at it'
        return
    fi
    emit firewall.addresses "$(ip -o addr show scope global)"
    if [ "$manager" = firewalld ]; then
        look_at_firewalld
        return
    fi
    rules=$(packet_rules | head -c """
    + str(RULES_LIMIT + 1)
    + r""")
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
