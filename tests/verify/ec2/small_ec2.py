"""A small EC2 service in this process, which a test can have fail and lie.

Signatures are looked at by the code that Keystone looks at them with, timestamps as ec2-api does.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from keystoneclient.contrib.ec2.utils import Ec2Signer

from setup_tool.core.credential import KeyPair
from setup_tool.core.secret import Secret
from tests.adapters.wire import wire_server

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tests.adapters.wire import Sent

SECRET = "c4n4ry-ec2-secret-0123456789"
PAIR = KeyPair("AKSMALL", Secret(SECRET))
IMAGE = "ami-00000001"
NAME = "cirros"
KERNEL, RAMDISK = "aki-00000002", "ari-00000003"
PRIVATE_KEY = "-----BEGIN RSA PRIVATE KEY-----\nc4n4ry\n-----END RSA PRIVATE KEY-----"
_EXPIRY = 300


class RefusedError(Exception):
    """An answer that is an error of EC2's."""

    def __init__(self, code: str, message: str = "no", status: int = 400) -> None:
        super().__init__(code)
        self.code, self.message, self.status = code, message, status


@dataclass(slots=True)
class Instance:
    """One that was started; each look at it is its next state's beginning."""

    id: str
    reservation: str
    index: int
    asked: Mapping[str, str]
    states: list[str] = field(default_factory=lambda: ["pending", "pending", "running"])

    def looked_at(self) -> str:
        return self.states.pop(0) if len(self.states) > 1 else self.states[0]

    def end(self) -> None:
        self.states = ["shutting-down", "shutting-down", "terminated"]


@dataclass(slots=True)
class SmallEc2:
    """The service. ``maximum`` is what it says that may run, ``room`` what really may."""

    path: str = "/"
    maximum: str | None = "10"
    room: int = 10
    forgets: bool = True
    """Whether it does not know instances any more that have ended, as ec2-api."""
    takes_kernels: bool = True
    in_use: int = 0
    """How often the group cannot be deleted yet."""
    started_as: Sequence[str] = ("pending", "pending", "running")
    endpoint: str = ""
    keys: set[str] = field(default_factory=set)
    groups: dict[str, list[str]] = field(default_factory=lambda: {"default": []})
    instances: dict[str, Instance] = field(default_factory=dict)
    broken: dict[str, Callable[[Mapping[str, str]], bytes | None]] = field(default_factory=dict)
    """What is answered to an action in place of doing it; None: the connection is closed."""
    asked: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def running(self) -> list[str]:
        """The ids of all that have not ended."""
        return [each.id for each in self.instances.values() if each.states[-1] != "terminated"]

    @property
    def left(self) -> tuple[list[str], set[str], set[str]]:
        """What is there that was not at the beginning."""
        return self.running, self.keys, set(self.groups) - {"default"}

    def answer(self, sent: Sent) -> bytes | None:
        """Answer one request."""
        form = sent.body or sent.target.partition(b"?")[2]
        params = dict(parse_qsl(form.decode(), keep_blank_values=True))
        try:
            self._authenticate(sent, params)
            action = params["Action"]
            self.asked.append(action)
            if action in self.broken:
                return self.broken[action](params)
        except RefusedError as refused:
            return error(refused.code, refused.message, refused.status)
        return self.answer_to(action, params)

    def answer_to(self, action: str, params: Mapping[str, str]) -> bytes:
        """Do an action as it should be."""
        name = "".join(f"_{c.lower()}" if c.isupper() else c for c in action)
        try:
            return document(action, getattr(self, name)(params))
        except RefusedError as refused:
            return error(refused.code, refused.message, refused.status)

    def _authenticate(self, sent: Sent, params: dict[str, str]) -> None:
        path = sent.target.partition(b"?")[0].decode()
        if path != self.path:
            raise RefusedError("NotFound", f"nothing at {path}", 404)
        headers = {name.decode().title(): value.decode() for name, value in sent.headers.items()}
        authorization = headers.get("Authorization", "")
        access, given = params.get("AWSAccessKeyId"), params.get("Signature")
        if authorization:
            access = authorization.partition("Credential=")[2].partition("/")[0]
            given = authorization.partition("Signature=")[2]
        if not given:
            raise RefusedError("AuthFailure", "Signature not provided")
        if access != PAIR.access:
            raise RefusedError("AuthFailure", "Not Found", 404)
        covered = {name: value for name, value in params.items() if name != "Signature"}
        request = {
            "access": access,
            "signature": given,
            "host": headers["Host"],
            "verb": sent.line.split(b" ")[0].decode(),
            "path": path,
            "params": {} if authorization else covered,
            "headers": headers,
            "body_hash": hashlib.sha256(sent.body).hexdigest(),
        }
        if Ec2Signer(SECRET).generate(request) != given:
            raise RefusedError("AuthFailure", "Unauthorized", 401)
        stamp = params.get("Timestamp") or headers["X-Amz-Date"]
        form = "%Y-%m-%dT%H:%M:%SZ" if "-" in stamp else "%Y%m%dT%H%M%SZ"
        signed = datetime.strptime(stamp, form).replace(tzinfo=UTC)
        if abs((datetime.now(UTC) - signed).total_seconds()) > _EXPIRY:
            raise RefusedError("RequestExpired", "Request has expired.")

    def _describe_regions(self, _: Mapping[str, str]) -> Any:
        return {"regionInfo": [{"regionName": "RegionOne", "regionEndpoint": self.endpoint}]}

    def _describe_availability_zones(self, _: Mapping[str, str]) -> Any:
        zones = (("dusty", "unavailable"), ("nova", "available"))
        found = [{"zoneName": name, "zoneState": state} for name, state in zones]
        return {"availabilityZoneInfo": found}

    def _describe_images(self, params: Mapping[str, str]) -> Any:
        if params.get("ImageId.1") not in {None, IMAGE}:
            raise RefusedError("InvalidAMIID.NotFound")
        image = {"imageId": IMAGE, "imageLocation": f"None ({NAME})", "name": NAME}
        machine = {**image, "imageState": "available", "kernelId": KERNEL, "ramdiskId": RAMDISK}
        return {"imagesSet": [machine, {"imageId": KERNEL, "name": "vmlinuz"}]}

    def _describe_addresses(self, _: Mapping[str, str]) -> Any:
        return {"addressesSet": [{"publicIp": "192.0.2.7"}]}

    def _describe_volumes(self, _: Mapping[str, str]) -> Any:
        return {"volumeSet": []}

    def _create_key_pair(self, params: Mapping[str, str]) -> Any:
        self.keys.add(params["KeyName"])
        made = {"keyName": params["KeyName"], "keyFingerprint": "ab:cd"}
        return {**made, "keyMaterial": PRIVATE_KEY}

    def _describe_key_pairs(self, params: Mapping[str, str]) -> Any:
        if params["KeyName.1"] not in self.keys:
            raise RefusedError("InvalidKeyPair.NotFound")
        return {"keySet": [{"keyName": params["KeyName.1"], "keyFingerprint": "ab:cd"}]}

    def _delete_key_pair(self, params: Mapping[str, str]) -> Any:
        self.keys.discard(params["KeyName"])
        return {"return": "true"}

    def _create_security_group(self, params: Mapping[str, str]) -> Any:
        self.groups[params["GroupName"]] = []
        return {"return": "true", "groupId": "sg-00000001"}

    def _authorize_security_group_ingress(self, params: Mapping[str, str]) -> Any:
        self.groups[params["GroupName"]].append(params["IpPermissions.1.IpRanges.1.CidrIp"])
        return {"return": "true"}

    def _revoke_security_group_ingress(self, params: Mapping[str, str]) -> Any:
        self.groups[params["GroupName"]].remove(params["IpPermissions.1.IpRanges.1.CidrIp"])
        return {"return": "true"}

    def _describe_security_groups(self, params: Mapping[str, str]) -> Any:
        name = params["GroupName.1"]
        if name not in self.groups:
            raise RefusedError("InvalidGroup.NotFound")
        rules = [
            {
                "ipProtocol": "tcp",
                "fromPort": "22",
                "toPort": "22",
                "ipRanges": [{"cidrIp": cidr}],
            }
            for cidr in self.groups[name]
        ]
        return {"securityGroupInfo": [{"groupName": name, "ipPermissions": rules}]}

    def _delete_security_group(self, params: Mapping[str, str]) -> Any:
        name = params["GroupName"]
        if any(self.instances[each].asked["SecurityGroup.1"] == name for each in self.running):
            raise RefusedError("InvalidGroup.InUse")
        if self.in_use:
            self.in_use -= 1
            raise RefusedError("DependencyViolation")
        if name not in self.groups:
            raise RefusedError("InvalidGroup.NotFound")
        del self.groups[name]
        return {"return": "true"}

    def _describe_account_attributes(self, _: Mapping[str, str]) -> Any:
        if self.maximum is None:
            raise RefusedError("InvalidRequest")
        values = [{"attributeValue": self.maximum}]
        limit = {"attributeName": "max-instances", "attributeValueSet": values}
        return {"accountAttributeSet": [limit]}

    def _run_instances(self, params: Mapping[str, str]) -> Any:
        if not self.takes_kernels and {"KernelId", "RamdiskId"} & set(params):
            raise RefusedError("InvalidAttribute", "Attribute not supported: kernel_id")
        count = int(params["MinCount"])
        if len(self.running) + count > self.room:
            raise RefusedError("Forbidden", "Quota exceeded for instances", 403)
        reservation = f"r-{next(self._numbers):08x}"
        for index in range(count):
            made = Instance(
                f"i-{next(self._numbers):08x}", reservation, index, params, [*self.started_as]
            )
            self.instances[made.id] = made
        return self._reservations(self.instances.values())[reservation]

    def _describe_instances(self, params: Mapping[str, str]) -> Any:
        wanted = [value for name, value in params.items() if name.startswith("InstanceId.")]
        found = [each for each in self.instances.values() if not wanted or each.id in wanted]
        for each in found:
            each.looked_at()
        found = [each for each in found if not self._is_forgotten(each)]
        if len(found) < len(wanted):
            raise RefusedError("InvalidInstanceID.NotFound")
        return {"reservationSet": list(self._reservations(found).values())}

    def _is_forgotten(self, instance: Instance) -> bool:
        return self.forgets and instance.states == ["terminated"]

    def _reservations(self, found: Any) -> dict[str, Any]:
        instances: dict[str, list[Any]] = defaultdict(list)
        for each in found:
            instances[each.reservation].append(
                {
                    "instanceId": each.id,
                    "imageId": each.asked["ImageId"],
                    "instanceState": {"name": each.states[0]},
                    "keyName": each.asked["KeyName"],
                    "amiLaunchIndex": str(each.index),
                    "instanceType": each.asked["InstanceType"],
                    "placement": {"availabilityZone": each.asked["Placement.AvailabilityZone"]},
                    "groupSet": [{"groupName": each.asked["SecurityGroup.1"]}],
                }
            )
        return {each: {"reservationId": each, "instancesSet": of} for each, of in instances.items()}

    def _describe_instance_attribute(self, params: Mapping[str, str]) -> Any:
        return {"userData": {"value": self.instances[params["InstanceId"]].asked["UserData"]}}

    def _reboot_instances(self, _: Mapping[str, str]) -> Any:
        return {"return": "true"}

    def _terminate_instances(self, params: Mapping[str, str]) -> Any:
        ids = [value for name, value in params.items() if name.startswith("InstanceId.")]
        for each in ids:
            self.instances[each].end()
        return {"instancesSet": [{"instanceId": each} for each in ids]}


def document(action: str, content: Any) -> bytes:
    """Return an answer to an action."""
    body = (
        f'<?xml version="1.0"?><{action}Response xmlns="http://ec2.amazonaws.com/doc/x/">'
        f"{_xml(content)}</{action}Response>"
    )
    return http(200, body)


def error(code: str, message: str = "no", status: int = 400) -> bytes:
    """Return EC2's document of an error."""
    body = (
        f"<Response><Errors><Error><Code>{code}</Code><Message>{escape(message)}</Message>"
        "</Error></Errors><RequestID>1</RequestID></Response>"
    )
    return http(status, body)


def http(status: int, body: str, kind: str = "text/xml", *headers: str) -> bytes:
    """Return an answer of HTTP."""
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}", f"Content-Type: {kind}"]
    return "\r\n".join([*lines, *headers, "", body]).encode()


def _xml(content: Any) -> str:
    if isinstance(content, dict):
        return "".join(f"<{name}>{_xml(value)}</{name}>" for name, value in content.items())
    if isinstance(content, list):
        return "".join(f"<item>{_xml(value)}</item>" for value in content)
    return escape(str(content))


@contextmanager
def serving(ec2: SmallEc2, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Have the service listen; yields its URL."""
    with wire_server(ec2.answer, tls) as server:
        ec2.endpoint = ec2.endpoint or server.url + ec2.path
        yield server.url + ec2.path
