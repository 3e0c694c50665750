"""``index.html``: what to type where, for each client, to be read by people.

One file that asks nothing of any server. `PAGE_WITH_SECRET` has the secret key in it,
behind a button.
"""

from __future__ import annotations

from setup_tool.editors.client.client import Client, ClientFile

PAGE = Client("page", (ClientFile("index.html", "index.html.j2", markup=True),))
PAGE_WITH_SECRET = Client(
    "page", (ClientFile("index.html", "index-with-secret.html.j2", markup=True),)
)
