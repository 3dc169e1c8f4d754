package dev.backstep.worker;

/** No effect is in place, and no other attempt can succeed: the gateway does not retry. */
public class FinalException extends StepException {

    public FinalException(String message) {
        super(message, null, null);
    }

    public FinalException(String message, String code) {
        super(message, code, null);
    }

    public FinalException(String message, String code, Throwable cause) {
        super(message, code, cause);
    }
}
