"""Serves moto's EC2, and nothing else of moto, at some paths of a free port.

Run by the Python that has moto: ``serve_moto.py PATH...``. The first line it prints has the port,
an access key and its secret. Where INITIAL_NO_AUTH_ACTION_COUNT is 0 moto asks who asks.
"""

from __future__ import annotations

import json
import sys

from moto.iam.models import iam_backends
from moto.moto_server.werkzeug_app import create_backend_app
from werkzeug.exceptions import NotFound
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import make_server

_ALL = {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}

iam = iam_backends["123456789012"]["aws"]
iam.create_user("us-east-1", "demo")
iam.put_user_policy("demo", "all", json.dumps({"Version": "2012-10-17", "Statement": [_ALL]}))
key = iam.create_access_key("demo")

ec2 = create_backend_app("ec2")
paths = {path.rstrip("/") for path in sys.argv[1:]}
app = DispatcherMiddleware(
    ec2 if "" in paths else NotFound(), {path: ec2 for path in paths if path}
)
server = make_server("127.0.0.1", 0, app, threaded=True)
sys.stdout.write(f"{server.server_port} {key.access_key_id} {key.secret_access_key}\n")
sys.stdout.flush()
server.serve_forever()
