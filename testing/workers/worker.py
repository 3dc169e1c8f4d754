"""A worker with the Python kit, over the Kafka that the suite names."""
import os
import time

from backstep_worker import FinalError, Worker

worker = Worker("conformance", brokers=os.environ["BACKSTEP_BROKERS"], group=os.environ["GROUP"])


@worker.do("charge")
def charge(command, work):
    payload = command.payload if isinstance(command.payload, dict) else {}
    if payload.get("fail"):
        raise FinalError("the card was refused")
    if payload.get("slow"):
        time.sleep(3)
    return {**payload, "charge": time.time_ns()}


@worker.undo("charge")
async def refund(command, work):
    return None


worker.run()
