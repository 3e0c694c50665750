"""What ec2-api 17.0.0 does wrong with services that are younger than it is, put right.

ec2-api looks for the rule that RevokeSecurityGroupIngress and -Egress name by comparing all that
neutron says of each rule, but for a list of keys, with what it would have said to neutron
(`_are_identical_rules` in ec2api/api/security_group.py). Since neutron says `normalized_cidr` too
(seen with 21.0.0; its extension security-groups-normalized-cidr), no rule with addresses is ever
found: where the group is named by GroupId, it keeps the rule and the answer is success; where it is
named by GroupName, the answer is an internal error.

In api-paste.ini, anywhere in the pipeline::

    [filter:corrections]
    paste.filter_factory = setup_tool_corrections:filter_factory
"""

from typing import Any, Callable, Dict

from ec2api.api import security_group

SAID = (
    *("direction", "ethertype", "protocol", "port_range_min", "port_range_max"),
    *("remote_group_id", "remote_ip_prefix"),
)
"""What ec2-api says of a rule to neutron (`_build_rules` there)."""

EVERYTHING = (None, -1, "0.0.0.0/0")
"""What ec2-api takes for a word left out."""


def filter_factory(global_conf: Dict[str, str], **local_conf: str) -> Callable[[Any], Any]:
    """Correct ec2-api in this process, and put nothing before an application."""
    del global_conf, local_conf
    security_group._are_identical_rules = are_identical  # noqa: SLF001  -- there is no other way
    return lambda application: application


def are_identical(one: Dict[str, Any], other: Dict[str, Any]) -> bool:
    """Tell whether two rules, as neutron has them, are the same to ec2-api."""
    return _meant(one) == _meant(other)


def _meant(rule: Dict[str, Any]) -> Dict[str, str]:
    said = ((name, rule.get(name)) for name in SAID)
    return {name: str(value) for name, value in said if value not in EVERYTHING}
