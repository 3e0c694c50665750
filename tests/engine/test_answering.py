"""Whether an API answers where it is to be published, behind a balancer that lags behind."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

from setup_tool.adapters.machine import SystemClock
from setup_tool.adapters.web import UrllibWeb
from setup_tool.core.plan import Answering
from setup_tool.engine.answering import problem_at

if TYPE_CHECKING:
    from collections.abc import Iterator

S3 = (403, b"<Error><Code>AccessDenied</Code></Error>")
NOBODY = (503, b"<html>No server is available to handle this request.</html>")
OTHER = (404, b"<html>Not Found</html>")


@contextmanager
def answering(*answers: tuple[int, bytes]) -> Iterator[tuple[str, list[tuple[int, bytes]]]]:
    """Serve these answers, one a request; yield the URL and those that are left."""
    left = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = left.pop(0)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            del format, args

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", left
        finally:
            server.shutdown()
            thread.join()


def problem(url: str) -> str | None:
    return problem_at(UrllibWeb(), SystemClock(), Answering(url, "s3"))


def test_one_that_answers_as_its_api_does_has_no_problem() -> None:
    with answering(S3) as (url, left):
        assert problem(url) is None
    assert left == []


def test_a_balancer_that_has_not_seen_yet_that_all_is_well_is_asked_again() -> None:
    with answering(NOBODY, NOBODY, S3) as (url, left):
        assert problem(url) is None
    assert left == []


def test_what_answers_otherwise_is_asked_once() -> None:
    with answering(OTHER, S3) as (url, left):
        assert problem(url) == f"{url} answered HTTP 404, not as S3 does."
    assert left == [S3]
