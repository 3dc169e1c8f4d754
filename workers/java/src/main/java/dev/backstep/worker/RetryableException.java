package dev.backstep.worker;

/** No effect is in place, and another attempt may succeed. Any other exception means the same. */
public class RetryableException extends StepException {

    public RetryableException(String message, String code, Throwable cause) {
        super(message, code, cause);
    }
}
