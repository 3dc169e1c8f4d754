"""A worker: handlers of one orchestration's steps, and the consumer that brings their commands."""

import asyncio
import logging
import os
import re
import signal
import socket
import uuid
from collections.abc import Callable
from typing import Any

from .command import Command
from .errors import FinalError
from .handling import Handler, Handling
from .kafka import KafkaTransport
from .running import Work
from .stores.memory import MemoryStore
from .stores.store import RecordStore

_NAME = re.compile(r"[A-Za-z0-9_-]{1,100}")


class Worker:
    """
    worker = Worker("tenantCreation", brokers="localhost:9092")

    @worker.do("createRealm")
    async def create_realm(command, work):
        return {"realmId": await keycloak.create(command.payload["tenant"])}

    @worker.undo("createRealm")
    async def delete_realm(command, work):
        await keycloak.delete(command.payload["realmId"])

    worker.run()
    """

    def __init__(
        self,
        orchestration: str,
        *,
        brokers: str,
        group: str | None = None,
        concurrency: int = 10,
        store: RecordStore | None = None,
        lease: float = 30.0,
        stop_within: float = 30.0,
        kafka: dict[str, Any] | None = None,
        log: logging.Logger | None = None,
    ) -> None:
        """
        `brokers`: `host:port,host:port`. `group`: workers of one group share the commands.
        `concurrency`: commands of a step and action at a time. `store`: what it remembers; the
        default is memory, which is gone after a restart. `lease`: seconds after which a process that
        has crashed is noticed. `kafka`: more options of aiokafka's clients (security_protocol, …).
        """
        _check("orchestration", orchestration)
        if concurrency < 1:
            raise ValueError(f"the concurrency {concurrency} cannot be used; expected at least 1")
        self._log = log or logging.getLogger("backstep_worker")
        self._orchestration = orchestration
        self._transport_of = lambda: KafkaTransport(
            orchestration, brokers, group or f"{orchestration}-worker", kafka or {}, self._log
        )
        self._concurrency, self._stop_within, self._lease = concurrency, stop_within, lease
        self._store: RecordStore = store or MemoryStore()
        self._handlers: dict[tuple[str, str], Handler] = {}
        self._steps: dict[str, int] = {}

    def do(self, step: str, *, concurrency: int | None = None) -> Callable[[Handler], Handler]:
        """Registers the handler of a step's DO; it returns the reply's payload."""
        return self._adding(step, "DO", concurrency)

    def undo(self, step: str) -> Callable[[Handler], Handler]:
        """Registers the handler that undoes what the DO did; what is gone already is a success."""
        return self._adding(step, "UNDO", None)

    def _adding(self, step: str, action: str, concurrency: int | None) -> Callable[[Handler], Handler]:
        _check("step", step)
        if (step, action) in self._handlers:
            raise ValueError(f"{step} has a handler for {action} already")

        def add(handler: Handler) -> Handler:
            self._handlers[(step, action)] = handler
            self._steps[step] = concurrency or self._steps.get(step, self._concurrency)
            return handler

        return add

    def run(self) -> None:
        """Works until SIGTERM or SIGINT, then waits for its handlers."""
        asyncio.run(self.run_async())

    async def run_async(self, stop: asyncio.Event | None = None) -> None:
        """The same in a loop that runs already; ends when `stop` is set."""
        stop = stop or asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        if not self._handlers:
            raise ValueError(f"no step of {self._orchestration} has a handler: @worker.do(step)")
        owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4()}"
        handling = Handling(self._store, owner, self._lease, self._log)
        await self._store.open()
        transport = self._transport_of()

        async def take(command: Command, way: KafkaTransport) -> bool:
            handler = self._handlers.get((command.step_name, command.action), _no_handler)
            return await handling.handle(command, handler, way)

        await transport.open(self._steps, take)
        self._log.info("reads the commands of %s: %s", self._orchestration, ", ".join(self._steps))
        await stop.wait()
        draining = asyncio.create_task(transport.drain())
        await asyncio.wait([draining], timeout=self._stop_within)
        handling.stop()
        await draining
        await transport.close()


def _no_handler(command: Command, work: Work) -> None:
    raise FinalError(
        f"this worker has no {command.action} handler of {command.step_name}", code="NO_HANDLER"
    )


def _check(what: str, name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError(
            f'the {what} {name!r} cannot be used; expected 1 to 100 letters, digits, "_" or "-"'
        )
