from __future__ import annotations

from datetime import UTC, datetime

import pytest

from setup_tool.core.http import Response
from setup_tool.verify.answer import ServiceError
from setup_tool.verify.ec2.answer import described, read_error
from setup_tool.verify.ec2.hints import Circumstances, hint_for

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
UNKNOWN = Circumstances("http://ec2.example.org:8773/services/Cloud", known=False, now=NOW)
KNOWN = Circumstances(UNKNOWN.url, known=True, now=NOW)
ON_TIME = "Sat, 21 Nov 2026 11:59:00 GMT"
LATE = "Sat, 21 Nov 2026 11:50:00 GMT"


@pytest.mark.parametrize(
    ("error", "seen", "part"),
    [
        (ServiceError(401, "AuthFailure", date=ON_TIME), UNKNOWN, "OSSA-2025-002"),
        (ServiceError(404, "AuthFailure"), UNKNOWN, "ec2.example.org:8773 and /services/Cloud"),
        (ServiceError(403, "SignatureDoesNotMatch"), UNKNOWN, "rewrites Host or the path"),
        (ServiceError(401, "AuthFailure"), KNOWN, "works here with SigV4"),
        (ServiceError(400, "RequestExpired", date=LATE), KNOWN, "Date is 11:50:00 UTC, ours 12:0"),
        (ServiceError(401, "AuthFailure", date=LATE), UNKNOWN, "Date is 11:50:00 UTC"),
        (ServiceError(400, "RequestExpired", date="nonsense"), KNOWN, "clocks"),
        (ServiceError(403, "UnauthorizedOperation"), KNOWN, "a role is missing"),
        (ServiceError(503, "ServiceUnavailable"), UNKNOWN, "cannot ask Keystone"),
        (ServiceError(500, "EndpointNotFound"), KNOWN, "volumev3"),
        (ServiceError(500, "KeyError"), KNOWN, "its log has the request"),
        (ServiceError(400, "InvalidParameterValue", "m1.x for InstanceType"), KNOWN, "flavor"),
        (ServiceError(400, "Unsupported", "no available networks"), KNOWN, "subnet"),
        (ServiceError(403, "Forbidden", "Quota exceeded"), KNOWN, "quota"),
        (ServiceError(400, "InstanceLimitExceeded"), KNOWN, "quota"),
        (ServiceError(400, "InvalidRequest"), KNOWN, "does not know that action"),
        (ServiceError(400), KNOWN, "newer than it can take"),
        (ServiceError(404), UNKNOWN, "no EC2 service at the path /services/Cloud"),
        (ServiceError(302), UNKNOWN, "moved"),
        (ServiceError(502), UNKNOWN, "load balancer"),
        (ServiceError(403, date=ON_TIME), UNKNOWN, "timestamp"),
        (ServiceError(200), UNKNOWN, "not an EC2 service"),
    ],
)
def test_what_is_seen_hints_at_the_cause(
    error: ServiceError, seen: Circumstances, part: str
) -> None:
    assert part in hint_for(error, seen)


@pytest.mark.parametrize(
    "error",
    [
        ServiceError(400, "InvalidParameterValue", "of MinCount"),
        ServiceError(400, "Unsupported", "something"),
        ServiceError(400, "InvalidAMIID.NotFound"),
    ],
)
def test_what_has_many_causes_has_no_hint(error: ServiceError) -> None:
    assert hint_for(error, KNOWN) == ""


@pytest.mark.parametrize(
    "body",
    [
        "<Response><Errors><Error><Code>A.B</Code><Message>m</Message></Error></Errors></Response>",
        '<Other xmlns="http://x/"><Error><Code>A.B</Code><Message>m</Message></Error></Other>',
    ],
)
def test_an_error_is_read_wherever_a_service_puts_it(body: str) -> None:
    answer = Response(400, (("date", ON_TIME),), body.encode())
    assert read_error(answer) == ServiceError(400, "A.B", "m", ON_TIME)
    assert described(answer) == "HTTP 400 A.B: m"


def test_a_document_that_is_no_error_is_described_as_what_it_is() -> None:
    answer = Response(500, (("content-type", "text/html"),), b"<html><title>x</title></html>")
    assert described(answer) == "HTTP 500 with 29 bytes of text/html, not EC2's XML, titled 'x'"
