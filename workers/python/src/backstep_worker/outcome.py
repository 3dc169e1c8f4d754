"""What came of a command, and the text of the reply."""

import json
from dataclasses import dataclass, field
from typing import Any

from .command import Command
from .errors import FinalError, UnknownOutcomeError


@dataclass(frozen=True)
class Success:
    #: JSON text; None = the reply has no payload.
    payload: str | None = None
    #: Sent on with the DO commands of the steps that follow.
    headers: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Failure:
    message: str
    code: str | None = None
    retryable: bool = True


@dataclass(frozen=True)
class Unknown:
    """The effect may be in place."""

    message: str


Outcome = Success | Failure | Unknown


def outcome_of(error: BaseException) -> Outcome:
    """What a handler that raised means."""
    message = str(error) or type(error).__name__
    if isinstance(error, UnknownOutcomeError):
        return Unknown(message)
    code = getattr(error, "code", None)
    return Failure(message, code if isinstance(code, str) else None, not isinstance(error, FinalError))


def reply_text(command: Command, outcome: Outcome) -> str:
    """The reply's record value."""
    headers: dict[str, Any] = dict(command.echo)
    payload = "null"
    match outcome:
        case Success():
            # A worker's own headers never replace those of the command.
            headers = {**outcome.headers, **headers, "status": True}
            payload = outcome.payload or "null"
        case Failure():
            headers |= {"status": False, "errorMessage": outcome.message}
            if outcome.code is not None:
                headers["errorCode"] = outcome.code
            if not outcome.retryable:
                headers["retryable"] = False
        case Unknown():
            # A status that is neither true nor false: the gateway counts the outcome as unknown.
            headers["status"] = f"unknown: {outcome.message}"
    return f'{{"headers":{json.dumps(headers)},"payload":{payload}}}'


def progress_text(command: Command, fraction: float | None, message: str | None) -> str:
    """The record value of a sign of life."""
    headers = {**command.echo, "action": "PROGRESS"}
    if fraction is not None:
        headers["progress"] = fraction
    if message is not None:
        headers["message"] = message
    return f'{{"headers":{json.dumps(headers)},"payload":null}}'
