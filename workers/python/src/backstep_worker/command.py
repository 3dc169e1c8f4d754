"""Reads a command of a step's topic."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

Action = Literal["DO", "UNDO"]
_REQUIRED = ("flowId", "stepName", "action")


class Unreadable(ValueError):
    """The record is not a command; the text has the reason."""


@dataclass(frozen=True)
class Command:
    """What a handler gets."""

    flow_id: str
    orchestration_name: str
    step_name: str
    action: Action
    #: From 1; a command that is delivered again has the same.
    attempt: int
    attempt_id: str
    #: The same for all attempts and rounds of an action of a step of a flow.
    idempotency_key: str
    #: Of UNDO, from 1; 0 = a DO.
    round: int
    #: The gateway does not wait longer for the reply; None = the command has none.
    deadline: datetime | None
    #: The protocol's, the initiator's and those of earlier steps.
    headers: Mapping[str, Any]
    #: Of a DO: what the step before replied, or the flow's input. Of an UNDO: what the DO replied,
    #: or its input when it replied nothing or its outcome is unknown.
    payload: Any
    #: The headers of the message, which a reply repeats.
    echo: Mapping[str, Any] = field(repr=False)
    #: How long the gateway waits for a sign of life, in seconds; None = the command does not show it.
    timeout: float | None = field(repr=False)

    @property
    def key(self) -> str:
        """Of what a worker remembers: one per step of a flow."""
        return f"{self.flow_id}:{self.step_name}"

    @property
    def trace_id(self) -> str | None:
        parts = str(self.headers.get("traceparent", "")).split("-")
        return parts[1] if len(parts) >= 4 and len(parts[1]) == 32 else None


def read_command(value: bytes | None, outer: Mapping[str, bytes] | None = None) -> Command:
    """Raises Unreadable. `outer` are the record's headers: where the message has none."""
    try:
        message = json.loads(value or b"")
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise Unreadable(f"the value is not JSON: {error}") from error
    headers = message.get("headers") if isinstance(message, dict) else None
    if not isinstance(headers, dict):
        raise Unreadable('the value is not {"headers": {…}, "payload": …}')
    all_headers = {**_texts(outer or {}), **{k: v for k, v in headers.items() if v is not None}}
    missing = [name for name in _REQUIRED if not all_headers.get(name)]
    if missing:
        raise Unreadable(f"it has no header {', '.join(missing)}")
    action = str(all_headers["action"]).upper()
    if action not in ("DO", "UNDO"):
        raise Unreadable(f"its action is {action!r}; expected DO or UNDO")
    return _command(action, all_headers, message.get("payload"), headers)


def _command(action: Any, headers: dict[str, Any], payload: Any, echo: dict[str, Any]) -> Command:
    flow_id, step_name = str(headers["flowId"]), str(headers["stepName"])
    deadline, sent_at = _time(headers.get("deadline")), _time(headers.get("timestamp"))
    timeout = (deadline - sent_at).total_seconds() if deadline and sent_at else None
    return Command(
        flow_id=flow_id,
        orchestration_name=str(headers.get("orchestrationName", "")),
        step_name=step_name,
        action=action,
        attempt=_number(headers.get("attempt"), 1),
        attempt_id=str(headers.get("attemptId", "")),
        idempotency_key=str(headers.get("idempotencyKey") or f"{flow_id}:{step_name}:{action}"),
        round=_number(headers.get("round"), 1 if action == "UNDO" else 0),
        deadline=deadline,
        headers=headers,
        payload=payload,
        echo=echo,
        timeout=timeout if timeout and timeout > 0 else None,
    )


def _texts(outer: Mapping[str, bytes]) -> dict[str, str]:
    texts = {}
    for name, value in outer.items():
        try:
            texts[name] = value.decode()
        except (UnicodeDecodeError, AttributeError):
            continue  # Monitoring agents add binary ones.
    return texts


def _number(value: Any, default: int) -> int:
    try:
        number = int(value)
    except (TypeError, ValueError):
        return default
    return number if number > 0 else default


def _time(value: Any) -> datetime | None:
    try:
        time = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)
