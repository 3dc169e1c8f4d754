package dev.backstep.worker;

/**
 * The effect may be in place: the gateway does not retry the DO, and sends the step's UNDO.
 */
public class UnknownOutcomeException extends StepException {

    public UnknownOutcomeException(String message) {
        super(message, null, null);
    }

    public UnknownOutcomeException(String message, Throwable cause) {
        super(message, null, cause);
    }
}
