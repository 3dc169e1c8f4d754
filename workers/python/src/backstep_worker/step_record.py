"""What a worker remembers of one step of one flow, and what follows for a command.

A record is the JSON object that the stores keep; workers in other languages read the same:
`{"do": …, "undo": …}`, each None, `{"state": "running", "owner": …, "until": ms}`,
`{"state": "done", "outcome": …}` or `{"state": "failed"}`; of UNDO also `{"state": "requested"}`: an
UNDO came while a DO ran. With any UNDO in the record no DO runs any more.
"""

from dataclasses import dataclass
from typing import Any, Literal

from .command import Action
from .outcome import Outcome, Success

Record = dict[str, Any]
NOTHING_KNOWN: Record = {"do": None, "undo": None}


@dataclass(frozen=True)
class Decision:
    #: run: store the record, run the handler · repeat: reply `outcome` again · nothing-to-undo: store
    #: the record, reply success · refuse: a DO after its UNDO · wait: another handler of this step
    #: runs, until then at most.
    kind: Literal["run", "repeat", "nothing-to-undo", "refuse", "wait"]
    record: Record | None = None
    outcome: Success | None = None
    until: int = 0


@dataclass(frozen=True)
class Moment:
    owner: str
    #: ms since the epoch.
    now: int
    until: int
    #: A missing record proves that no DO began: the store forgets nothing.
    complete: bool


def decide(action: Action, record: Record, moment: Moment) -> Decision:
    return _decide_do(record, moment) if action == "DO" else _decide_undo(record, moment)


def _decide_do(record: Record, moment: Moment) -> Decision:
    held = record["do"]
    if record["undo"] is not None:
        return Decision("refuse")
    if _is(held, "done"):
        return Decision("repeat", outcome=_success(held))
    if _runs(held, moment.now):
        return Decision("wait", record, until=held["until"])
    return Decision("run", {**record, "do": _running(moment)})


def _decide_undo(record: Record, moment: Moment) -> Decision:
    held, undo = record["do"], record["undo"]
    if _is(undo, "done"):
        return Decision("repeat", outcome=_success(undo))
    if _runs(undo, moment.now):
        return Decision("wait", record, until=undo["until"])
    if _runs(held, moment.now):
        requested = record if undo else {**record, "undo": {"state": "requested"}}
        return Decision("wait", requested, until=held["until"])
    if held is None and moment.complete:
        done = {"state": "done", "outcome": _stored(Success())}
        return Decision("nothing-to-undo", {**record, "undo": done})
    return Decision("run", {**record, "undo": _running(moment)})


def ended(action: Action, record: Record, owner: str, outcome: Outcome) -> Record | None:
    """The record after the handler of this owner has ended; None = another one has taken over."""
    place = action.lower()
    held = record[place]
    if isinstance(outcome, Success):
        # Also when its time had run out and another one runs or has failed.
        if _is(held, "done"):
            return None
        return {**record, place: {"state": "done", "outcome": _stored(outcome)}}
    mine = _is(held, "running") and held["owner"] == owner
    return {**record, place: {"state": "failed"}} if mine else None


def prolonged(action: Action, record: Record, owner: str, until: int) -> Record | None:
    """The record with more time for this owner; None = another one has taken over."""
    place = action.lower()
    held = record[place]
    mine = _is(held, "running") and held["owner"] == owner
    return {**record, place: {**held, "until": until}} if mine else None


def _is(held: Record | None, state: str) -> bool:
    return held is not None and held["state"] == state


def _runs(held: Record | None, now: int) -> bool:
    return held is not None and held["state"] == "running" and held["until"] > now


def _running(moment: Moment) -> Record:
    return {"state": "running", "owner": moment.owner, "until": moment.until}


def _stored(outcome: Success) -> Record:
    return {"kind": "success", "payload": outcome.payload, "headers": outcome.headers}


def _success(held: Record) -> Success:
    return Success(held["outcome"]["payload"], held["outcome"]["headers"])
