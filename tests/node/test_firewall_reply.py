"""What the firewalls' own listings say about a port."""

from __future__ import annotations

import pytest

from setup_tool.core.firewall import FirewallFact, Verdict
from setup_tool.node import packet_filter, ufw
from setup_tool.node.firewall_reply import firewall_fact

ZONE = """\
{name}
  target: {target}
  icmp-block-inversion: no
  interfaces: {interfaces}
  sources: {sources}
  services: {services}
  ports: {ports}
  protocols: {protocols}
  forward: yes
  masquerade: no
  forward-ports: {forwards}
  source-ports:
  icmp-blocks:
  rich rules:
{rich}
"""
SERVICES = """\
/usr/lib/firewalld/services/ssh.xml:  <port protocol="tcp" port="22"/>
/usr/lib/firewalld/services/web.xml:  <port protocol="tcp" port="80"/>
/usr/lib/firewalld/services/gateway.xml:  <port port="8080" protocol="tcp"/>
/usr/lib/firewalld/services/around.xml:  <include service="gateway"/>
/etc/firewalld/services/web.xml:  <port protocol="udp" port="8080"/>
"""
ADDRESSES = """\
2: host0    inet 192.0.2.7/24 scope global host0\\       valid_lft forever preferred_lft forever
2: host0    inet6 2001:db8::7/64 scope global \\       valid_lft forever preferred_lft forever
3: host1    inet 198.51.100.7/24 scope global host1\\       valid_lft forever preferred_lft forever
"""
EVERYWHERE = "00000000:1F90"
LOOPBACK = "0100007F:1F90"
LOOPBACK_6 = "00000000000000000000000001000000:1F90"
ON_HOST1 = "076433C6:1F90"


def zone(name: str, **said: str) -> str:
    empty = dict.fromkeys(
        ("interfaces", "sources", "services", "ports", "protocols", "forwards", "rich"), ""
    )
    return ZONE.format(**{"target": "default", **empty, "name": name, **said})


def asked(
    *zones: str,
    permanent: tuple[str, ...] | None = None,
    listening: str = EVERYWHERE,
    policies: str = "",
    direct: str = "",
) -> FirewallFact:
    records = {
        "manager": "firewalld",
        "listening": listening,
        "addresses": ADDRESSES,
        "zones": "\n".join(zones),
        "permanent": "\n".join(zones if permanent is None else permanent),
        "default": "public",
        "policies": policies,
        "direct": direct,
        "services": SERVICES,
    }
    return firewall_fact({f"firewall.{k}": v.encode() for k, v in records.items()}, 8080)


def closed(name: str) -> FirewallFact:
    return FirewallFact(Verdict.CLOSED, "firewalld", zone=name)


def ruled(detail: str) -> FirewallFact:
    return FirewallFact(Verdict.RULED, "firewalld", detail=detail)


OPEN = FirewallFact(Verdict.OPEN, "firewalld")


def test_an_interface_that_no_zone_claims_belongs_to_the_default_zone() -> None:
    assert asked(zone("public", services="ssh"), zone("dmz", ports="8080/tcp")) == closed("public")


def test_a_zone_lets_a_port_in_by_number_range_protocol_or_service() -> None:
    for said in (
        {"ports": "53/udp 8080/tcp"},
        {"ports": "8000-8100/tcp"},
        {"protocols": "tcp"},
        {"services": "ssh gateway"},
        {"services": "around"},
        {"target": "ACCEPT"},
    ):
        assert asked(zone("public", **said)) == OPEN, said


def test_a_port_of_another_protocol_or_number_is_none() -> None:
    for said in ({"ports": "8080/udp 80/tcp"}, {"ports": "8081-9000/tcp"}, {"services": "web"}):
        assert asked(zone("public", **said)) == closed("public"), said


def test_what_is_let_in_only_now_or_only_after_a_restart_is_still_to_be_opened() -> None:
    shut, let_in = zone("public"), zone("public", ports="8080/tcp")
    assert asked(let_in, permanent=(shut,)) == closed("public")
    assert asked(shut, permanent=(let_in,)) == closed("public")


def test_of_several_networks_the_one_that_the_service_is_bound_to_counts() -> None:
    zones = (zone("public", ports="8080/tcp"), zone("inner (active)", interfaces="host1"))
    assert asked(*zones, listening=ON_HOST1) == closed("inner")
    assert asked(*zones) == OPEN


def test_which_of_several_networks_is_to_be_let_in_is_not_guessed() -> None:
    zones = (zone("public"), zone("inner (active)", interfaces="host1"))
    assert asked(*zones) == FirewallFact(Verdict.UNDECIDED, "firewalld", detail="public, inner")


@pytest.mark.parametrize(
    "rule",
    [
        'rule family="ipv4" source address="10.0.0.0/8" port port="8080" protocol="tcp" accept',
        'rule family="ipv4" source address="10.0.0.0/8" port port="8000-8100" protocol="tcp" drop',
        'rule family="ipv4" source address="10.0.0.0/8" service name="gateway" accept',
        'rule family="ipv4" source address="10.0.0.0/8" accept',
    ],
)
def test_a_rich_rule_about_the_port_is_the_operator_s_word(rule: str) -> None:
    assert asked(zone("public", rich=f"\t{rule}")) == ruled(f"zone public: {rule}")


@pytest.mark.parametrize(
    "rule",
    [
        'rule family="ipv4" source address="203.0.113.9" drop',
        'rule family="ipv4" source address="10.0.0.0/8" port port="80" protocol="tcp" accept',
        'rule family="ipv4" port port="8080" protocol="udp" accept',
    ],
)
def test_a_ban_or_a_rule_about_another_port_is_no_word_on_this_one(rule: str) -> None:
    assert asked(zone("public", rich=f"\t{rule}")) == closed("public")


def test_a_network_that_has_the_port_already_limits_it_to_itself() -> None:
    inner = zone("inner (active)", sources="10.0.0.0/8", ports="8080/tcp")
    assert asked(zone("public"), inner) == ruled("zone inner lets it in from 10.0.0.0/8")
    unused = zone("inner", ports="8080/tcp")
    assert asked(zone("public"), unused) == closed("public")


def test_policies_direct_rules_and_forwarded_ports_are_rules_too() -> None:
    policy = zone("limit (active)", ports="8080/tcp")
    assert asked(zone("public"), policies=policy) == ruled("policy limit lets it in")
    direct = "ipv4 filter INPUT 0 -p tcp --dport 8080 -s 10.0.0.0/8 -j ACCEPT"
    assert asked(zone("public"), direct=direct) == ruled(f"direct rule {direct}")
    forward = "port=8080:proto=tcp:toport=80:toaddr="
    assert asked(zone("public", forwards=forward)) == ruled(f"zone public forwards it: {forward}")


def test_what_listens_on_loopback_alone_is_told_from_the_rest() -> None:
    for listening, loopback in (
        (LOOPBACK, True),
        (f"{LOOPBACK}\n{LOOPBACK_6}", True),
        (f"{LOOPBACK}\n{ON_HOST1}", False),
        ("0100007F:0016", False),
        ("", False),
    ):
        assert asked(zone("public"), listening=listening).loopback is loopback, listening


TUPLE = "### tuple ### "
EVERYBODY = "0.0.0.0/0 any 0.0.0.0/0"


def ufw_says(*rules: str, policy: str = "DROP", added: str = "") -> tuple[Verdict, str]:
    fact = ufw.judge(
        {
            "ufw": "\n".join(f"{TUPLE}{rule}\n-A ufw-user-input -j X" for rule in rules),
            "added": added,
            "policy": f'DEFAULT_INPUT_POLICY="{policy}"',
        },
        8080,
    )
    assert fact.program == "ufw"
    return fact.verdict, fact.detail


def test_ufw_lets_in_what_a_rule_for_everybody_allows() -> None:
    for rule in (
        f"allow tcp 8080 {EVERYBODY} in comment=6869",
        f"allow any 8000:8100 {EVERYBODY} in",
        f"allow tcp 80,8080 {EVERYBODY} S3%20Proxy - in",
        f"allow_log tcp 8080 {EVERYBODY} in",
        f"allow any any {EVERYBODY} in",
    ):
        assert ufw_says(rule) == (Verdict.OPEN, ""), rule


def test_ufw_keeps_shut_what_no_rule_is_about_unless_its_policy_is_to_accept() -> None:
    others = (
        f"allow tcp 22 {EVERYBODY} in",
        f"allow udp 8080 {EVERYBODY} in",
        f"allow tcp 8080 {EVERYBODY} out",
        f"route:allow tcp 8080 {EVERYBODY} in",
        "deny any any 0.0.0.0/0 any 203.0.113.9 in",
    )
    assert ufw_says(*others) == (Verdict.CLOSED, "")
    assert ufw_says(*others, policy="ACCEPT") == (Verdict.OPEN, "")


def test_an_operator_s_rule_of_ufw_is_told_in_words() -> None:
    for rule, said in (
        ("allow tcp 8080 0.0.0.0/0 any 10.0.0.0/8 in", "allow 8080/tcp from 10.0.0.0/8"),
        ("allow any any 0.0.0.0/0 any 10.0.0.0/8 in", "allow every port from 10.0.0.0/8"),
        (f"limit tcp 8080 {EVERYBODY} in", "limit 8080/tcp from anywhere"),
        (f"deny any 8080 {EVERYBODY} in", "deny 8080/any from anywhere"),
        (f"allow tcp 8080 {EVERYBODY} in_eth0", "allow 8080/tcp from anywhere at eth0"),
        (
            "allow tcp 8080 192.0.2.7 any 0.0.0.0/0 in",
            "allow 8080/tcp to 192.0.2.7 from anywhere",
        ),
    ):
        assert ufw_says(rule) == (Verdict.RULED, said), rule


def test_the_first_rule_of_ufw_for_everybody_decides() -> None:
    allow, deny = f"allow tcp 8080 {EVERYBODY} in", f"deny tcp 8080 {EVERYBODY} in"
    some = "deny tcp 8080 0.0.0.0/0 any 203.0.113.9 in"
    assert ufw_says(some, allow, deny) == (Verdict.OPEN, "")
    assert ufw_says(deny, allow) == (Verdict.RULED, "deny 8080/tcp from anywhere")


def test_a_rule_that_was_added_to_ufw_s_own_is_the_operator_s_word() -> None:
    rule = "-A ufw-before-input -p tcp --dport 8080 -s 10.0.0.0/8 -j ACCEPT"
    assert ufw_says(added=f"# a comment\n{rule}\n") == (Verdict.RULED, rule)
    assert ufw_says(added="-A ufw-before-input -p udp --dport 8080 -j ACCEPT\n") == (
        Verdict.CLOSED,
        "",
    )


NFT = """\
table inet filter {{
	set web {{
		type inet_service
		flags interval
		elements = {{ 443, 8443-8500 }}
	}}

	chain input {{
		type filter hook input priority filter; policy {policy};
		iif "lo" accept
		ct state established,related accept
		{rules}
	}}

	chain forward {{
		type filter hook forward priority filter; policy drop;
	}}
}}
"""


def nft_says(rules: str, policy: str = "drop", port: int = 8080) -> tuple[Verdict, str, str]:
    fact = packet_filter.judge(NFT.format(policy=policy, rules=rules), port)
    return fact.verdict, fact.program, fact.detail


def test_a_policy_or_a_last_rule_of_nftables_drops_what_no_rule_is_about() -> None:
    remedy = "nft insert rule inet filter input tcp dport 8080 accept"
    dropped = (Verdict.DROPPED, "nftables", remedy)
    assert nft_says("tcp dport 22 accept") == dropped
    assert nft_says("counter packets 3 bytes 9 drop", policy="accept") == dropped
    assert nft_says("reject with icmpx admin-prohibited", policy="accept") == dropped


def test_nftables_lets_in_what_a_rule_accepts_or_nothing_drops() -> None:
    for rule, port in (
        ("tcp dport 8080 accept", 8080),
        ("tcp dport { 22, 8080 } ct state new accept", 8080),
        ("tcp dport 8000-8100 counter packets 0 bytes 0 accept", 8080),
        ("tcp dport @web accept", 8450),
    ):
        assert nft_says(rule, port=port)[0] is Verdict.OPEN, rule
    assert nft_says("tcp dport 22 accept", policy="accept") == (Verdict.OPEN, "", "")
    assert nft_says("counter packets 0 bytes 0 accept") == (Verdict.OPEN, "", "")


def test_a_rule_of_nftables_that_refuses_the_port_is_shown() -> None:
    rule = "tcp dport 8080 drop"
    assert nft_says(rule, policy="accept") == (Verdict.RULED, "nftables", rule)


IPTABLES = "-P INPUT {policy}\n-P FORWARD DROP\n-A INPUT -i lo -j ACCEPT\n{rules}\n"


def iptables_says(rules: str, policy: str = "ACCEPT") -> tuple[Verdict, str]:
    fact = packet_filter.judge(IPTABLES.format(policy=policy, rules=rules), 8080)
    return fact.verdict, fact.detail


def test_iptables_is_read_like_nftables() -> None:
    remedy = "iptables -I INPUT -p tcp --dport 8080 -j ACCEPT"
    refuse = "-A INPUT -j REJECT --reject-with icmp-host-prohibited"
    accept = "-A INPUT -p tcp -m multiport --dports 80,8000:8100 -j ACCEPT"
    assert iptables_says(refuse) == (Verdict.DROPPED, remedy)
    assert iptables_says("", policy="DROP") == (Verdict.DROPPED, remedy)
    assert iptables_says(f"{accept}\n{refuse}") == (Verdict.OPEN, "")
    assert iptables_says("") == (Verdict.OPEN, "")
    drop = "-A INPUT -p tcp -m tcp --dport 8080 -j DROP"
    assert iptables_says(drop) == (Verdict.RULED, drop)
    assert iptables_says("-A INPUT -p udp -m udp --dport 8080 -j DROP") == (Verdict.OPEN, "")


def test_the_tables_that_iptables_keeps_in_nftables_are_answered_in_its_words() -> None:
    listed = (
        "table ip filter {\n\tchain INPUT {\n"
        "\t\ttype filter hook input priority filter; policy drop;\n\t}\n}\n"
    )
    fact = packet_filter.judge(listed, 8080)
    assert (fact.program, fact.detail) == (
        "iptables",
        "iptables -I INPUT -p tcp --dport 8080 -j ACCEPT",
    )


def test_what_a_node_could_not_look_at_is_unknown() -> None:
    records = {
        "firewall.manager": b"ufw",
        "firewall.listening": LOOPBACK.encode(),
        "firewall.trouble": b"only root may look at it",
    }
    assert firewall_fact(records, 8080) == FirewallFact(
        Verdict.UNKNOWN, "ufw", detail="only root may look at it", loopback=True
    )
    assert packet_filter.judge("# unread\n", 8080).verdict is Verdict.UNKNOWN


def test_ufw_that_is_switched_on_but_not_loaded_is_not_in_force() -> None:
    records = {"manager": "ufw", "listening": "", "addresses": "", "rules": "", "ufw": ""}
    fact = firewall_fact({f"firewall.{k}": v.encode() for k, v in records.items()}, 8080)
    assert fact == FirewallFact(Verdict.OPEN)
