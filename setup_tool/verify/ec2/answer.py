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


def expect_absent(answer: Response, action: str, path: str) -> None:
    """Take an empty list, or ``...NotFound``; raises `UnmetError` for everything else."""
    if "NotFound" in read_error(answer).code:
        return
    if expect(answer, action).find(path) is not None:
        raise UnmetError("It is still there.")
