package dev.backstep.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;

/**
 * What a handler gets.
 *
 * @param attempt from 1; a command that is delivered again has the same
 * @param idempotencyKey the same for all attempts and rounds of an action of a step of a flow
 * @param round of UNDO, from 1; 0 = a DO
 * @param deadline the gateway does not wait longer for the reply; null = the command has none
 * @param headers the protocol's, the initiator's and those of earlier steps; a reply repeats them
 * @param payload of a DO: what the step before replied, or the flow's input; of an UNDO: what the DO
 *     replied, or its input when it replied nothing or its outcome is unknown
 * @param timeout how long the gateway waits for a sign of life; null = the command does not show it
 */
public record Command(
        String flowId,
        String orchestrationName,
        String stepName,
        Action action,
        int attempt,
        String attemptId,
        String idempotencyKey,
        int round,
        Instant deadline,
        ObjectNode headers,
        JsonNode payload,
        Duration timeout) {

    public enum Action {
        DO,
        UNDO
    }

    /** Of what a worker remembers: one per step of a flow. */
    String key() {
        return flowId + ":" + stepName;
    }

    String traceId() {
        String[] parts = headers.path("traceparent").asText("").split("-");
        return parts.length >= 4 && parts[1].length() == 32 ? parts[1] : null;
    }

    /** A DO only: an UNDO is always done. */
    boolean isLate() {
        return action == Action.DO && deadline != null && deadline.isBefore(Instant.now());
    }
}
