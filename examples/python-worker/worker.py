"""A Backstep worker: the two steps of the orchestration tripBooking, DO and UNDO each.

    KAFKA_BROKERS=localhost:9092 python worker.py
"""
import json
import os
from datetime import datetime, timezone

from confluent_kafka import Consumer, KafkaError, Producer

BROKERS = os.environ.get("KAFKA_BROKERS", "localhost:9092")
REPLIES = "orchestrator.response.result"
# (flowId, step) -> what was booked: stands for the airline's and the hotel's own systems
bookings = {}


def book(key, payload):
    if payload.get("failAt") == key[1]:
        raise RuntimeError(f"{key[1]}: nothing free in {payload.get('city')}")
    return bookings.setdefault(key, {**payload, key[1]: "booked"})  # booked already = success


def cancel(key, payload):
    bookings.pop(key, None)  # cancelled already = success


STEPS = {"bookFlight": {"DO": book, "UNDO": cancel}, "bookHotel": {"DO": book, "UNDO": cancel}}


def answer(value):
    headers = None
    try:
        command = json.loads(value)
        headers, payload = dict(command["headers"]), command.get("payload") or {}
        if headers["action"] == "DO" and datetime.fromisoformat(headers["deadline"]) < datetime.now(timezone.utc):
            raise TimeoutError("past its deadline: it may have been undone already")
        output = STEPS[headers["stepName"]][headers["action"]]((headers["flowId"], headers["stepName"]), payload)
        return {"headers": {**headers, "status": True}, "payload": output}
    except Exception as error:  # whatever went wrong: reported to the gateway, which decides
        return headers and {"headers": {**headers, "status": False, "errorMessage": str(error)}}  # None: not a command


consumer = Consumer({"bootstrap.servers": BROKERS, "group.id": "trip-worker", "auto.offset.reset": "earliest",
                     "enable.auto.commit": False, "topic.metadata.refresh.interval.ms": 2000})
producer = Producer({"bootstrap.servers": BROKERS, "enable.idempotence": True})
consumer.subscribe([f"orchestrator.tripBooking.{step}.{action.lower()}" for step in STEPS for action in STEPS[step]])
while True:
    record = consumer.poll(1.0)
    if record is None or record.error() and record.error().code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
        continue  # nothing to do, or not registered yet
    if record.error():
        raise SystemExit(record.error())
    reply, lost = answer(record.value()), []
    reply and producer.produce(REPLIES, json.dumps(reply), record.key(), on_delivery=lambda error, _: error and lost.append(error))
    if producer.flush(30) or lost:
        # Not committed: the command comes again.
        raise SystemExit(f"the reply was not acknowledged: {lost}")
    consumer.commit(record, asynchronous=False)
    reply and print(reply["headers"]["flowId"], record.topic(), reply["headers"].get("errorMessage", "ok"), len(bookings), "booked", flush=True)
