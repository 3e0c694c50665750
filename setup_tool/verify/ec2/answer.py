"""Reading what an EC2 service answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from setup_tool.verify import answer
from setup_tool.verify.answer import ServiceError, code_of, document, shown, value
from setup_tool.verify.check import UnmetError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from setup_tool.core.http import Response

OK = 200
FAILURE = 500


def read_error(response: Response) -> ServiceError:
    """Take an answer apart as far as it goes: ``Response/Errors/Error``, or any ``Error``."""
    date = response.header("date") or ""
    root = document(response.body)
    error = None if root is None else next(root.iter("Error"), None)
    if error is None:
        return ServiceError(response.status, date=date)
    return ServiceError(
        response.status, code_of(value(error, "Code")), shown(value(error, "Message")), date
    )


def described(response: Response) -> str:
    """Say in a line what came back, so that it can be shown."""
    return answer.described(response, read_error(response), "EC2")


def expect(answer: Response, action: str) -> Element:
    """Return the document that answers an action; raises `UnmetError` for everything else."""
    root = document(answer.body)
    if answer.status == OK and root is not None and root.tag == f"{action}Response":
        return root
    if answer.status == OK and root is not None:
        raise UnmetError(
            f"HTTP 200 with <{shown(root.tag)}>, no answer to {action}.", read_error(answer)
        )
    raise UnmetError(described(answer), read_error(answer))


def is_absent(answer: Response) -> bool:
    """Tell whether what was asked for by name or id is not there: ``...NotFound``, no failure."""
    return answer.status < FAILURE and "NotFound" in read_error(answer).code


def is_refusal(answer: Response) -> bool:
    """Tell whether the service refused, and so did nothing; a failure may come after doing it."""
    return answer.status < FAILURE and bool(read_error(answer).code)


def expect_absent(answer: Response, action: str, path: str) -> None:
    """Take an empty list, or ``...NotFound``; raises `UnmetError` for everything else."""
    if is_absent(answer):
        return
    if expect(answer, action).find(path) is not None:
        raise UnmetError("It is still there.")
