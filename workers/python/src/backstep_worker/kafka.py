"""Commands from Kafka's topics, replies to Kafka, by aiokafka."""

import asyncio
import json
import logging
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError

from .command import Command, Unreadable, read_command
from .outcome import Outcome, Success, Unknown, progress_text, reply_text
from .unsettled import Unsettled

REPLIES = "orchestrator.response.result"
REGISTRATIONS = "orchestrator.registration"
Take = Callable[[Command, "KafkaTransport"], Awaitable[bool]]


class KafkaTransport(ConsumerRebalanceListener):
    """One consumer for all steps; a step's commands wait for its handlers, not for each other."""

    def __init__(
        self, orchestration: str, brokers: str, group: str, options: dict[str, Any], log: logging.Logger
    ) -> None:
        self._orchestration, self._group, self._log = orchestration, group, log
        settings = {"bootstrap_servers": brokers, **options}
        self._consumer = AIOKafkaConsumer(
            group_id=group,
            # Not Kafka's default: a new group reads what was sent before it came.
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            metadata_max_age_ms=5000,
            **settings,
        )
        self._producer = AIOKafkaProducer(acks="all", enable_idempotence=True, **settings)
        self._unsettled: dict[TopicPartition, Unsettled] = {}
        self._queues: dict[str, deque[ConsumerRecord]] = defaultdict(deque)
        self._running: dict[str, set[asyncio.Task[None]]] = defaultdict(set)
        self._paused: set[TopicPartition] = set()
        self._reading: asyncio.Task[None] | None = None
        self._concurrency: dict[str, int] = {}
        self._take: Take | None = None

    async def open(self, steps: dict[str, int], take: Take) -> None:
        """`steps`: commands of a step and action at a time."""
        self._take = take
        for step, concurrency in steps.items():
            for action in ("do", "undo"):
                self._concurrency[f"orchestrator.{self._orchestration}.{step}.{action}"] = concurrency
        await self._producer.start()
        await self._register(steps)
        self._consumer.subscribe(list(self._concurrency), listener=self)
        await self._consumer.start()
        self._reading = asyncio.create_task(self._read())

    async def drain(self) -> None:
        """Takes no new commands; returns when those that are running have ended."""
        if self._reading is not None:
            self._reading.cancel()
        self._queues.clear()
        running = [task for tasks in self._running.values() for task in tasks]
        if running:
            await asyncio.wait(running)

    async def close(self) -> None:
        await self._consumer.stop()
        await self._producer.stop()

    async def reply(self, command: Command, outcome: Outcome) -> None:
        try:
            await self._send(command, reply_text(command, outcome))
        except (MessageSizeTooLargeError, RecordListTooLargeError) as error:
            if not isinstance(outcome, Success):
                raise
            # It is done, and can never be reported: only an UNDO brings it back.
            await self._send(command, reply_text(command, Unknown(f"the reply is too large: {error}")))

    async def progress(self, command: Command, fraction: float | None, message: str | None) -> None:
        await self._send(command, progress_text(command, fraction, message))

    async def _send(self, command: Command, text: str) -> None:
        await self._producer.send_and_wait(REPLIES, text.encode(), key=command.flow_id.encode())

    async def _register(self, steps: Iterable[str]) -> None:
        """Its topics exist, and `diagnose` knows that this worker reads them."""
        document = {
            "orchestrationName": self._orchestration,
            "as": "worker",
            "steps": [{"name": name} for name in steps],
        }
        message = {"payload": document, "headers": {"serviceName": self._group}}
        await self._producer.send_and_wait(REGISTRATIONS, json.dumps(message).encode())

    async def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        return None

    async def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        mine = set(assigned)
        for gone in set(self._unsettled) - mine:
            del self._unsettled[gone]
        for topic, queue in self._queues.items():
            left = [one for one in queue if TopicPartition(topic, one.partition) in mine]
            self._queues[topic] = deque(left)
        self._paused.clear()

    async def _read(self) -> None:
        while True:
            try:
                batches = await self._consumer.getmany(timeout_ms=1000)
            except KafkaError as error:
                self._log.warning("Kafka is not ready; trying again: %s", error)
                await asyncio.sleep(1)
                continue
            for place, records in batches.items():
                if records:
                    unsettled = self._unsettled.setdefault(place, Unsettled(records[0].offset))
                    fresh = [record for record in records if unsettled.add(record.offset)]
                    self._queues[place.topic].extend(fresh)
                self._start(place.topic)

    def _start(self, topic: str) -> None:
        queue, running, most = self._queues[topic], self._running[topic], self._concurrency[topic]
        while queue and len(running) < most:
            task = asyncio.create_task(self._work(queue.popleft()))
            running.add(task)
            task.add_done_callback(lambda done: self._ended(topic, done))
        self._hold(topic, bool(queue))

    def _ended(self, topic: str, task: asyncio.Task[None]) -> None:
        self._running[topic].discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._log.error("a command could not be settled", exc_info=task.exception())
        if self._reading is not None and not self._reading.cancelled():
            self._start(topic)

    def _hold(self, topic: str, full: bool) -> None:
        """Nothing more is fetched of a topic whose commands wait; the heartbeats go on."""
        mine = {place for place in self._consumer.assignment() if place.topic == topic}
        change = (mine - self._paused) if full else (mine & self._paused)
        if not change:
            return
        if full:
            self._consumer.pause(*change)
            self._paused |= change
        else:
            self._consumer.resume(*change)
            self._paused -= change

    async def _work(self, record: ConsumerRecord) -> None:
        place = TopicPartition(record.topic, record.partition)
        try:
            command = read_command(record.value, dict(record.headers))
        except Unreadable as reason:
            self._log.warning("passed over: a record of %s: %s", record.topic, reason)
            settled = True
        else:
            assert self._take is not None
            settled = await self._take(command, self)
        unsettled = self._unsettled.get(place)
        offset = unsettled.settle(record.offset) if settled and unsettled else None
        if offset is None:
            return
        try:
            await self._consumer.commit({place: offset})
        except KafkaError as error:
            # After a rebalance somebody else has the partition, and handles it again.
            self._log.info("not committed: %s", error)
