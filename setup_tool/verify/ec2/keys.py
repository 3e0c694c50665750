"""A key pair, made, listed and deleted. Its private key is looked at and never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.verify.answer import shown, texts, value
from setup_tool.verify.check import UnmetError
from setup_tool.verify.ec2.answer import expect_absent
from setup_tool.verify.ec2.leftovers import KEY_PAIR

if TYPE_CHECKING:
    from setup_tool.verify.ec2.subject import Subject


def make(subject: Subject) -> str:
    """Have a key pair made; the answer must hold a private key."""
    root = subject.make(KEY_PAIR, "CreateKeyPair", ("KeyName", subject.name))
    if value(root, "keyName") != subject.name:
        raise UnmetError(f"The key pair is called {shown(value(root, 'keyName'))!r}.")
    if "PRIVATE KEY-----" not in value(root, "keyMaterial"):
        raise UnmetError("The answer holds no private key.")
    return f"fingerprint {value(root, 'keyFingerprint') or 'not told'}"


def listed(subject: Subject) -> str:
    """Find the key pair by its name, and no other."""
    root = subject.ask("DescribeKeyPairs", ("KeyName.1", subject.name))
    names = texts(root, "keySet/item/keyName")
    if names != (subject.name,):
        raise UnmetError(f"Asked for {subject.name} the service lists {len(names)} key pairs.")
    return ""


def delete(subject: Subject) -> str:
    """Delete the key pair and look whether it is gone."""
    subject.ask("DeleteKeyPair", ("KeyName", subject.name))
    answer = subject.session.send("DescribeKeyPairs", ("KeyName.1", subject.name))
    expect_absent(answer, "DescribeKeyPairs", "keySet/item")
    subject.leftovers.removed(KEY_PAIR)
    return ""
