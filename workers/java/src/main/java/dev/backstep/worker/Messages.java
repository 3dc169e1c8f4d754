package dev.backstep.worker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.header.Header;

/** Reads commands and writes replies; every number keeps its digits. */
final class Messages {

    static final String REPLIES = "orchestrator.response.result";
    static final String REGISTRATIONS = "orchestrator.registration";

    private static final ObjectMapper EXACT = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .nodeFactory(JsonNodeFactory.withExactBigDecimals(true))
            .build();

    private Messages() {}

    /** The record is not a command; the message has the reason. */
    static class UnreadableException extends Exception {

        UnreadableException(String message) {
            super(message);
        }
    }

    static Command read(byte[] value, Iterable<Header> outer) throws UnreadableException {
        JsonNode message = parsed(value);
        if (!(message.get("headers") instanceof ObjectNode headers)) {
            throw new UnreadableException("the value is not {\"headers\": {…}, \"payload\": …}");
        }
        // A record's header counts where the message has none.
        for (Header header : outer) {
            if (header.value() != null && !headers.hasNonNull(header.key()) && isProtocol(header.key())) {
                headers.put(header.key(), new String(header.value(), StandardCharsets.UTF_8));
            }
        }
        List<String> missing = new ArrayList<>();
        for (String name : List.of("flowId", "stepName", "action")) {
            if (text(headers, name).isEmpty()) {
                missing.add(name);
            }
        }
        if (!missing.isEmpty()) {
            throw new UnreadableException("it has no header " + String.join(", ", missing));
        }
        return command(headers, message.get("payload"));
    }

    private static JsonNode parsed(byte[] value) throws UnreadableException {
        try {
            JsonNode message = value == null ? null : EXACT.readTree(value);
            if (message == null || !message.isObject()) {
                throw new UnreadableException("the value is not a JSON object");
            }
            return message;
        } catch (IOException error) {
            throw new UnreadableException("the value is not JSON: " + error.getMessage());
        }
    }

    private static boolean isProtocol(String name) {
        return List.of("flowId", "stepName", "action", "attemptId", "traceparent").contains(name);
    }

    private static Command command(ObjectNode headers, JsonNode payload) throws UnreadableException {
        Command.Action action;
        try {
            action = Command.Action.valueOf(text(headers, "action").toUpperCase());
        } catch (IllegalArgumentException error) {
            throw new UnreadableException(
                    "its action is \"" + text(headers, "action") + "\"; expected DO or UNDO");
        }
        String flowId = text(headers, "flowId");
        String stepName = text(headers, "stepName");
        String key = text(headers, "idempotencyKey");
        Instant deadline = time(headers, "deadline");
        Instant sentAt = time(headers, "timestamp");
        Duration timeout = deadline == null || sentAt == null ? null : Duration.between(sentAt, deadline);
        return new Command(
                flowId,
                text(headers, "orchestrationName"),
                stepName,
                action,
                Math.max(1, headers.path("attempt").asInt(1)),
                text(headers, "attemptId"),
                key.isEmpty() ? flowId + ":" + stepName + ":" + action : key,
                headers.path("round").asInt(action == Command.Action.UNDO ? 1 : 0),
                deadline,
                headers,
                payload == null ? JsonNodeFactory.instance.nullNode() : payload,
                timeout == null || timeout.isNegative() || timeout.isZero() ? null : timeout);
    }

    /** The reply's record value. */
    static byte[] reply(Command command, Outcome outcome) {
        ObjectNode headers = EXACT.createObjectNode();
        JsonNode payload = null;
        if (outcome instanceof Outcome.Success success) {
            // A worker's own headers never replace those of the command.
            headers.setAll(success.headers());
            headers.setAll(command.headers());
            headers.put("status", true);
            payload = success.payload();
        } else if (outcome instanceof Outcome.Failure failure) {
            headers.setAll(command.headers());
            headers.put("status", false).put("errorMessage", failure.message());
            if (failure.code() != null) {
                headers.put("errorCode", failure.code());
            }
            if (!failure.retryable()) {
                headers.put("retryable", false);
            }
        } else if (outcome instanceof Outcome.Unknown unknown) {
            headers.setAll(command.headers());
            // A status that is neither true nor false: the gateway counts the outcome as unknown.
            headers.put("status", "unknown: " + unknown.message());
        }
        return message(headers, payload);
    }

    /** The record value of a sign of life. */
    static byte[] progress(Command command, Double fraction, String text) {
        ObjectNode headers = EXACT.createObjectNode();
        headers.setAll(command.headers());
        headers.put("action", "PROGRESS");
        if (fraction != null) {
            headers.put("progress", fraction);
        }
        if (text != null) {
            headers.put("message", text);
        }
        return message(headers, null);
    }

    /** What makes the step topics exist, and `diagnose` know who reads them. */
    static byte[] registration(String orchestration, Iterable<String> steps, String group) {
        ObjectNode document = EXACT.createObjectNode();
        document.put("orchestrationName", orchestration).put("as", "worker");
        var list = document.putArray("steps");
        steps.forEach(step -> list.addObject().put("name", step));
        return message(EXACT.createObjectNode().put("serviceName", group), document);
    }

    private static byte[] message(ObjectNode headers, JsonNode payload) {
        ObjectNode message = EXACT.createObjectNode();
        message.set("headers", headers);
        message.set("payload", payload);
        return bytes(message);
    }

    static byte[] bytes(JsonNode node) {
        try {
            return EXACT.writeValueAsBytes(node);
        } catch (JsonProcessingException error) {
            throw new IllegalStateException("a JSON tree could not be written", error);
        }
    }

    private static String text(ObjectNode headers, String name) {
        return headers.path(name).asText("");
    }

    private static Instant time(ObjectNode headers, String name) {
        try {
            return OffsetDateTime.parse(text(headers, name)).toInstant();
        } catch (DateTimeParseException error) {
            return null;
        }
    }
}
