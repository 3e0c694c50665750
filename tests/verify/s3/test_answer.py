from __future__ import annotations

import pytest

from setup_tool.core.http import Response
from setup_tool.verify.answer import document, shown, texts, value
from setup_tool.verify.s3.answer import S3Error, described, read_error
from setup_tool.verify.s3.hints import Circumstances, hint_for
from setup_tool.verify.s3.session import (
    delete_document,
    location_document,
    parts_document,
    path_of,
    query_of,
)

HERE = Circumstances("s3.example.com")


def test_namespaces_are_dropped_and_missing_elements_are_empty() -> None:
    root = document(b'<a xmlns="http://x/"><b><c>1</c></b><b><c>2</c></b><d/></a>')
    assert texts(root, "b/c") == ("1", "2")
    assert value(root, "d") == ""
    assert value(root, "nothing") == ""
    assert texts(None, "b") == ()


@pytest.mark.parametrize("body", [b"", b"plain", b"<a>", b"\xff\xfe", b'<?xml encoding="x"?><a/>'])
def test_what_is_no_xml_is_no_document(body: bytes) -> None:
    assert document(body) is None


def test_entities_are_not_expanded() -> None:
    assert document(b'<!DOCTYPE a [<!ENTITY x "xx">]><a>&x;</a>') is None


def test_s3tokens_own_error_is_taken_out_of_its_wrapping() -> None:
    inner = (
        "&lt;?xml version='1.0'?&gt;&lt;Error&gt;&lt;Code&gt;InvalidURI&lt;/Code&gt;"
        "&lt;Message&gt;Could not parse&lt;/Message&gt;&lt;/Error&gt;"
    )
    body = f"<Error><Code>InvalidRequest</Code><Message>{inner}</Message></Error>".encode()
    assert described(Response(400, (), body)) == "HTTP 400 InvalidURI: Could not parse"


def test_a_long_code_is_shown_and_what_is_none_is_not() -> None:
    code = "AuthorizationHeaderMalformed"
    assert (
        read_error(Response(400, (), f"<Error><Code>{code}</Code></Error>".encode())).code == code
    )
    odd = b"<Error><Code>j0rrBIc17RfkPqjwqwm7wXnmnqs=</Code></Error>"
    assert read_error(Response(400, (), odd)).code == "********"


def test_an_answer_without_a_body_is_its_status() -> None:
    assert described(Response(404, (), b"")) == "HTTP 404"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("The specified key does not exist.", "The specified key does not exist."),
        ("two\r\n\tlines\x1b[31m", "two lines [31m"),
        ("Signature=abcdef0123456789", "Signature=********"),
        ("token gAAAAABm1234567890abcdefghijkl end", "token ******** end"),
        ("bucket setup-tool-verify-0123456789abcdef", "bucket setup-tool-verify-0123456789abcdef"),
        ("https://swift.storage.example.com/", "https://swift.storage.example.com/"),
        ("word " * 100, ("word " * 100)[:199] + "…"),
    ],
)
def test_a_peers_text_is_shown_in_a_line_without_what_looks_secret(text: str, wanted: str) -> None:
    assert shown(text) == wanted


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (S3Error(403, "SignatureDoesNotMatch"), "Keystone did not confirm the key"),
        (S3Error(403, "AccessDenied"), "operator_roles"),
        (S3Error(403, "InvalidAccessKeyId"), "revoked or mistyped"),
        (S3Error(400, "AuthorizationHeaderMalformed", region="r1"), "signs for region r1"),
        (S3Error(400, "AuthorizationHeaderMalformed"), "the region differs"),
        (S3Error(400, "InvalidLocationConstraint"), "location"),
        (S3Error(400, "InvalidURI"), "cannot reach Keystone"),
        (S3Error(403, "RequestTimeTooSkewed", date="nonsense"), "more than 15 minutes."),
        (S3Error(500, "InternalError", "unexpected status code 404"), "account_autocreate"),
        (S3Error(500, "InternalError", "oh"), "its log"),
        (S3Error(501, "NotImplemented", "Multi-part feature isn't support"), "slo"),
        (S3Error(501, "NotImplemented", "Transfering payloads"), "does not know"),
        (S3Error(401), "delay_auth_decision"),
        (S3Error(412), "s3api is not in the proxy's pipeline"),
        (S3Error(307), "moved"),
        (S3Error(503), "load balancer"),
        (S3Error(400), "not an S3 gateway"),
    ],
)
def test_what_is_seen_hints_at_the_cause(error: S3Error, part: str) -> None:
    assert part in hint_for(error, HERE)


def test_an_unknown_code_has_no_hint() -> None:
    assert hint_for(S3Error(400, "Strange"), HERE) == ""


def test_what_works_elsewhere_or_for_plain_keys_narrows_the_cause_down() -> None:
    error = S3Error(
        403, "SignatureDoesNotMatch", canonical_request="GET\n/\n\nhost:s3.example.com\n"
    )
    elsewhere = Circumstances("s3.example.com", works_at="http://proxy1:8080")
    assert "so the key is good" in hint_for(error, elsewhere)
    odd = Circumstances("s3.example.com", works_at="http://proxy1:8080", odd_key=True)
    assert "merges its slashes" in hint_for(error, odd)
    other = S3Error(403, "SignatureDoesNotMatch", canonical_request="GET\n/\n\nhost:inner:80\n")
    assert "reached the gateway as inner:80" in hint_for(other, odd)


def test_paths_and_queries_are_encoded_as_sigv4_has_it() -> None:
    assert path_of("b", "/a b/+%/~é") == "/b//a%20b/%2B%25/~%C3%A9"
    assert path_of() == "/"
    assert query_of((("uploads", ""), ("prefix", "a/b +"))) == "?uploads&prefix=a%2Fb%20%2B"
    assert query_of(()) == ""


def test_documents_escape_what_they_hold() -> None:
    assert value(document(delete_document(["<&>", "b"])), "Object/Key") == "<&>"
    assert value(document(location_document("a&b")), "LocationConstraint") == "a&b"
    root = document(parts_document(['"e1"', '"e2"']))
    assert texts(root, "Part/PartNumber") == ("1", "2")
    assert texts(root, "Part/ETag") == ('"e1"', '"e2"')
