"""One command on its way through the worker; the same cases as testing/worker/handling.test.ts."""

import asyncio
import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from backstep_worker import FinalError, MemoryStore, UnknownOutcomeError
from backstep_worker.command import Command, Unreadable, read_command
from backstep_worker.handling import Handling
from backstep_worker.outcome import Outcome, progress_text, reply_text

LOG = logging.getLogger("test")


def command(action: str = "DO", flow_id: str = "f1", attempt: int = 1, **more: Any) -> Command:
    now = datetime.now(UTC)
    headers = {
        "flowId": flow_id,
        "stepName": "createRealm",
        "action": action,
        "orchestrationName": "tenantCreation",
        "status": True,
        "attempt": attempt,
        "attemptId": f"{flow_id}:createRealm:{action}:{attempt}",
        "idempotencyKey": f"{flow_id}:createRealm:{action}",
        "deadline": (now + timedelta(seconds=more.pop("seconds", 3600))).isoformat(),
        "timestamp": now.isoformat(),
        "correlationId": "order-17",
        "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    }
    payload = more.pop("payload", {"tenant": "acme"})
    return read_command(json.dumps({"headers": headers, "payload": payload}).encode())


class CompleteStore(MemoryStore):
    complete = True


class Kept:
    """Keeps what would be sent."""

    def __init__(self) -> None:
        self.replies: list[dict[str, Any]] = []
        self.progressed: list[dict[str, Any]] = []

    async def reply(self, command: Command, outcome: Outcome) -> None:
        self.replies.append(json.loads(reply_text(command, outcome)))

    async def progress(self, command: Command, fraction: float | None, message: str | None) -> None:
        self.progressed.append(json.loads(progress_text(command, fraction, message)))

    @property
    def headers(self) -> list[dict[str, Any]]:
        return [reply["headers"] for reply in self.replies]


def handling(store: MemoryStore | None = None, owner: str = "a", lease: float = 60) -> Handling:
    return Handling(store or CompleteStore(), owner, lease, LOG)


def never(command: Command, work: Any) -> None:
    raise RuntimeError("this handler must not run")


def created(command: Command, work: Any) -> dict[str, int]:
    return {"realmId": 7}


def test_replies_what_the_handler_returns_and_repeats_every_header() -> None:
    way = Kept()
    assert asyncio.run(handling_once(created, way)) is True
    assert way.replies[0]["payload"] == {"realmId": 7}
    assert way.headers[0]["status"] is True
    assert way.headers[0]["correlationId"] == "order-17"
    assert way.headers[0]["attemptId"] == "f1:createRealm:DO:1"


async def handling_once(handler: Any, way: Kept, **given: Any) -> bool:
    return await handling().handle(command(**given), handler, way)


def test_runs_a_command_once_that_is_delivered_to_two_processes() -> None:
    async def run() -> None:
        store, runs, ways = CompleteStore(), [], (Kept(), Kept())

        async def counted(command: Command, work: Any) -> int:
            await asyncio.sleep(0.05)
            runs.append(command)
            return len(runs)

        await asyncio.gather(
            handling(store, "a").handle(command(), counted, ways[0]),
            handling(store, "b").handle(command(attempt=2), counted, ways[1]),
        )
        assert len(runs) == 1
        assert [way.replies[0]["payload"] for way in ways] == [1, 1]

    asyncio.run(run())


def test_reports_errors_by_their_class() -> None:
    async def run() -> None:
        way, one = Kept(), handling()

        def refuse(command: Command, work: Any) -> None:
            raise FinalError("the name is taken", code="NAME_TAKEN")

        def lost(command: Command, work: Any) -> None:
            raise UnknownOutcomeError("Keycloak answered 504")

        await one.handle(command(), never, way)
        await one.handle(command(attempt=2), refuse, way)
        await one.handle(command(flow_id="f2"), lost, way)
        await one.handle(command(flow_id="f3"), lambda command, work: {1, 2}, way)
        assert way.headers[0]["errorMessage"] == "this handler must not run"
        assert "retryable" not in way.headers[0]
        assert (way.headers[1]["errorCode"], way.headers[1]["retryable"]) == ("NAME_TAKEN", False)
        assert way.headers[2]["status"] == "unknown: Keycloak answered 504"
        assert way.headers[3]["status"].startswith("unknown: the result is not JSON")

    asyncio.run(run())


def test_refuses_a_do_past_its_deadline_but_not_an_undo() -> None:
    way = Kept()
    asyncio.run(handling_once(never, way, seconds=-1))
    asyncio.run(handling_once(created, way, seconds=-1, action="UNDO"))
    assert way.headers[0]["errorCode"] == "DEADLINE_PASSED"
    assert way.headers[1]["status"] is True


def test_cancels_a_handler_at_the_deadline_and_replies_nothing() -> None:
    async def hangs(command: Command, work: Any) -> None:
        await asyncio.Event().wait()

    way = Kept()
    assert asyncio.run(handling_once(hangs, way, seconds=0.3)) is True
    assert way.replies == []


def test_gives_a_command_back_when_the_worker_stops() -> None:
    async def run() -> None:
        one, way, begun = handling(), Kept(), asyncio.Event()

        async def hangs(command: Command, work: Any) -> None:
            begun.set()
            await asyncio.Event().wait()

        handled = asyncio.create_task(one.handle(command(), hangs, way))
        await begun.wait()
        one.stop()
        assert await handled is False
        assert way.replies == []

    asyncio.run(run())


def test_refuses_a_do_after_its_undo_and_undoes_nothing_that_never_began() -> None:
    async def run() -> None:
        one, way = handling(), Kept()
        await one.handle(command("UNDO"), never, way)
        await one.handle(command(), never, way)
        assert way.headers[0]["status"] is True
        assert (way.headers[1]["errorCode"], way.headers[1]["retryable"]) == ("ALREADY_UNDONE", False)

    asyncio.run(run())


def test_undoes_once_however_often_it_is_sent() -> None:
    async def run() -> None:
        one, way, undone = handling(), Kept(), []
        await one.handle(command(), created, way)
        for attempt in (1, 1, 2):
            await one.handle(command("UNDO", attempt=attempt), lambda c, w: undone.append(c), way)
        assert len(undone) == 1
        assert [headers["status"] for headers in way.headers] == [True] * 4

    asyncio.run(run())


def test_cancels_the_do_that_still_runs_and_then_undoes() -> None:
    async def run() -> None:
        one, way, begun, order = handling(), Kept(), asyncio.Event(), []

        async def hangs(command: Command, work: Any) -> None:
            begun.set()
            try:
                await asyncio.Event().wait()
            finally:
                order.append("DO has ended")

        done = asyncio.create_task(one.handle(command(), hangs, way))
        await begun.wait()
        await one.handle(command("UNDO"), lambda c, w: order.append("UNDO runs"), way)
        await done
        assert order == ["DO has ended", "UNDO runs"]
        assert [headers["action"] for headers in way.headers] == ["UNDO"]

    asyncio.run(run())


def test_runs_the_undo_of_nothing_where_the_store_may_have_forgotten_it() -> None:
    async def run() -> None:
        one, way, begun = handling(MemoryStore()), Kept(), []
        await one.handle(command("UNDO"), lambda c, work: begun.append(work.begun), way)
        await one.handle(command(flow_id="f2"), created, way)
        await one.handle(command("UNDO", "f2"), lambda c, work: begun.append(work.begun), way)
        assert begun == [None, True]

    asyncio.run(run())


def test_takes_over_from_a_process_that_has_crashed_and_keeps_its_own_time() -> None:
    async def run() -> None:
        store, way = CompleteStore(), Kept()
        running = {"state": "running", "owner": "gone", "until": 1}
        await store.write("f1:createRealm", {"do": running, "undo": None}, 0)

        async def waits(command: Command, work: Any) -> None:
            first = (await store.read(command.key))[0]["do"]["until"]
            while (await store.read(command.key))[0]["do"]["until"] == first:
                await asyncio.sleep(0.005)

        assert await handling(store, lease=0.06).handle(command(), waits, way) is True
        assert way.headers[0]["status"] is True

    asyncio.run(run())


def test_waits_for_a_store_and_a_broker_that_are_away() -> None:
    async def run() -> None:
        store, way = CompleteStore(), Kept()
        failures = iter(range(100))
        read, reply = store.read, way.reply

        async def failing_read(key: str) -> Any:
            if next(failures) % 3 < 2:
                raise ConnectionError("away")
            return await read(key)

        async def failing_reply(command: Command, outcome: Outcome) -> None:
            if next(failures) % 3 < 2:
                raise ConnectionError("away")
            await reply(command, outcome)

        store.read, way.reply = failing_read, failing_reply  # type: ignore[method-assign]
        assert await handling(store).handle(command(), created, way) is True
        assert len(way.replies) == 1

    asyncio.run(run())


def test_reports_progress_and_adds_headers() -> None:
    async def working(command: Command, work: Any) -> None:
        await work.progress(0.5, "half of it")
        await work.progress(0.6)
        work.add_header("tenantId", "T-1")
        with pytest.raises(ValueError, match="expected 0 to 1"):
            await work.progress(2)

    way = Kept()
    asyncio.run(handling_once(working, way))
    assert len(way.progressed) == 1
    assert way.progressed[0]["headers"]["progress"] == 0.5
    assert way.headers[0]["tenantId"] == "T-1"


def test_is_a_span_in_the_trace_of_the_flow() -> None:
    from opentelemetry import trace
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    trace.set_tracer_provider(provider)
    inside = []

    async def working(command: Command, work: Any) -> None:
        inside.append(trace.get_current_span().get_span_context().trace_id)

    way = Kept()
    asyncio.run(handling_once(working, way))
    asyncio.run(handling_once(never, way))
    done, failed = spans.get_finished_spans()
    assert (done.name, failed.name) == ("do createRealm", "do createRealm")
    assert format(inside[0], "032x") == "0af7651916cd43dd8448eb211c80319c"
    assert done.parent is not None and format(done.parent.span_id, "016x") == "b7ad6b7169203331"
    assert done.attributes["backstep.worker.ending"] == "success"
    assert failed.status.status_code.name == "ERROR"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "not JSON"),
        (b"\xff", "not JSON"),
        (b"[]", '"headers"'),
        (b'{"headers":{"flowId":"f1"}}', "no header stepName, action"),
        (b'{"headers":{"flowId":"f1","stepName":"s","action":"X"}}', "expected DO or UNDO"),
    ],
)
def test_passes_over_what_is_no_command(value: bytes | None, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        read_command(value)
