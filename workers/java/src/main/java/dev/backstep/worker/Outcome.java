package dev.backstep.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** What came of a command. */
sealed interface Outcome {

    /**
     * @param payload null = the reply has no payload
     * @param headers sent on with the DO commands of the steps that follow
     */
    record Success(JsonNode payload, ObjectNode headers) implements Outcome {

        static Success empty() {
            return new Success(null, JsonNodeFactory.instance.objectNode());
        }
    }

    record Failure(String message, String code, boolean retryable) implements Outcome {}

    /** The effect may be in place. */
    record Unknown(String message) implements Outcome {}

    /** What a handler that threw means. */
    static Outcome of(Throwable error) {
        String message = error.getMessage() == null ? error.getClass().getSimpleName() : error.getMessage();
        if (error instanceof UnknownOutcomeException) {
            return new Unknown(message);
        }
        String code = error instanceof StepException known ? known.code() : null;
        return new Failure(message, code, !(error instanceof FinalException));
    }
}
