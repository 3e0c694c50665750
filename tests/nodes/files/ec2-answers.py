"""Refuses unsigned requests as nova's EC2 API does, and does nothing else.

For the Python 2.7 of Pike's machine as well.
"""

from wsgiref.simple_server import make_server

REFUSAL = (
    b"<Response><Errors><Error><Code>AuthFailure</Code>"
    b"<Message>Signature not provided</Message></Error></Errors></Response>"
)


def answer(environ, start_response):  # noqa: ANN001, ANN201 - for Python 2.7
    del environ
    start_response("400 Bad Request", [("Content-Type", "text/xml")])
    return [REFUSAL]


make_server("", 8773, answer).serve_forever()
