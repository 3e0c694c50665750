"""Cyberduck's and Mountain Duck's: a connection profile, which says where S3 is, and a bookmark.

Both are property lists (docs.cyberduck.io, "Connection Profiles"). The bookmark finds its
profile by the vendor, which must be the same in both and no other cloud's. Neither has the
secret key, which Cyberduck asks for and keeps in the system's keychain.
"""

from __future__ import annotations

from setup_tool.editors.client.client import Client, ClientFile

CYBERDUCK = Client(
    "cyberduck",
    (
        ClientFile("cyberduck/{profile}.cyberduckprofile", "cyberduckprofile.j2", markup=True),
        ClientFile("cyberduck/{profile}.duck", "cyberduck-bookmark.j2", markup=True),
    ),
    needs="s3",
)
