"""Workers for Backstep: handlers for DO and UNDO, and everything around them."""

from .command import Command
from .errors import FinalError, RetryableError, UnknownOutcomeError
from .running import Work
from .stores.memory import MemoryStore
from .worker import Worker

__all__ = [
    "Command",
    "FinalError",
    "MemoryStore",
    "RetryableError",
    "UnknownOutcomeError",
    "Work",
    "Worker",
]
