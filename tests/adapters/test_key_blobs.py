"""The blob of an EC2 credential: the pair, the record, and what others keep there."""

from __future__ import annotations

import json

import pytest

from setup_tool.adapters.key_blobs import encoded, is_delegated, pair_of, record_of, with_record
from setup_tool.core.credential import KeyPair
from setup_tool.core.key_record import KeyRecord
from setup_tool.core.secret import Secret

PAIR = KeyPair("AK", Secret("canary"))


def test_the_pair_and_the_record_come_back_from_a_blob() -> None:
    blob = encoded(PAIR, KeyRecord(label="backup"))
    assert pair_of(blob) == PAIR
    assert record_of(blob) == KeyRecord(label="backup")


def test_a_key_without_a_record_looks_as_keystone_makes_it() -> None:
    for record in (None, KeyRecord()):
        assert json.loads(encoded(PAIR, record).reveal()) == {"access": "AK", "secret": "canary"}


def test_a_new_record_leaves_everything_else_in_the_blob_as_it_was() -> None:
    before = {"access": "AK", "secret": "canary", "trust_id": "t", "other": {"a": [1]}}
    after = with_record(Secret(json.dumps(before)), KeyRecord(label="web"))
    assert json.loads(after.reveal()) == {**before, "setup_tool": {"label": "web"}}


def test_keys_that_stand_for_a_delegation_are_told() -> None:
    for name in ("trust_id", "app_cred_id", "access_token_id"):
        assert is_delegated(Secret(json.dumps({"access": "AK", "secret": "s", name: "x"})))
    assert not is_delegated(Secret(json.dumps({"access": "AK", "secret": "s", "trust_id": None})))


@pytest.mark.parametrize("blob", ["", "no JSON", "[]", "{}", '{"access": 7, "secret": "s"}'])
def test_a_blob_that_holds_no_pair_is_none(blob: str) -> None:
    assert pair_of(Secret(blob)) is None
    assert record_of(Secret(blob)) == KeyRecord()
