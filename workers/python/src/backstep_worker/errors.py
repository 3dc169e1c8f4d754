"""What a handler raises, and what the gateway then does."""


class _WorkError(Exception):
    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


class RetryableError(_WorkError):
    """No effect is in place, and another attempt may succeed. Any other error means the same."""


class FinalError(_WorkError):
    """No effect is in place, and no other attempt can succeed: the gateway does not retry."""


class UnknownOutcomeError(_WorkError):
    """The effect may be in place: the gateway does not retry the DO, and sends its UNDO."""
