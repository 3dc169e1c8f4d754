"""Spans in the trace of the flow, and counts; only when OpenTelemetry is installed."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from .command import Command

try:
    from opentelemetry import metrics, propagate, trace
except ImportError:  # pragma: no cover - without it nothing is measured
    metrics = propagate = trace = None  # type: ignore[assignment]


class Observed:
    """How the command ended, set by whoever handles it."""

    ending = "failure"


@asynccontextmanager
async def observed(command: Command) -> AsyncIterator[Observed]:
    """Work in a span of the command's trace; without an SDK in the process it costs nothing."""
    result = Observed()
    if trace is None:
        yield result
        return
    labels = {
        "orchestration": command.orchestration_name,
        "step": command.step_name,
        "action": command.action,
    }
    attributes = {f"backstep.{name}": value for name, value in labels.items()} | {
        "messaging.operation.type": "process",
        "backstep.flow_id": command.flow_id,
        "backstep.attempt": command.attempt,
    }
    carrier = {name: str(value) for name, value in command.headers.items()}
    started = time.perf_counter()
    with trace.get_tracer("backstep.worker").start_as_current_span(
        f"{command.action.lower()} {command.step_name}",
        context=propagate.extract(carrier),
        kind=trace.SpanKind.CONSUMER,
        attributes=attributes,
    ) as span:
        yield result
        span.set_attribute("backstep.worker.ending", result.ending)
        if result.ending in ("failure", "unknown", "abandoned"):
            span.set_status(trace.StatusCode.ERROR, result.ending)
    meter = metrics.get_meter("backstep.worker")
    counted = {**labels, "ending": result.ending}
    meter.create_counter("backstep.worker.commands").add(1, counted)
    meter.create_histogram("backstep.worker.duration", "s").record(
        time.perf_counter() - started, counted
    )
