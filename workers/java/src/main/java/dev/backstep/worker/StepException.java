package dev.backstep.worker;

/** What a handler throws so that the gateway knows more than a message. */
public abstract class StepException extends RuntimeException {

    private final String code;

    StepException(String message, String code, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    /** The reply's errorCode; null = none. A step's nonRetryableErrors may list it. */
    public String code() {
        return code;
    }
}
