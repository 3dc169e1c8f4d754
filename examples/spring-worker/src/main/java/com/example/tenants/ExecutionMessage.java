package com.example.tenants;

import java.util.HashMap;
import java.util.Map;

/**
 * One message on a topic, in both directions: the fields of the protocol in the headers, what the
 * step works on in the payload.
 */
public class ExecutionMessage {

    private Map<String, Object> headers = new HashMap<>();
    private Object payload;

    public Map<String, Object> getHeaders() {
        return headers;
    }

    public void setHeaders(Map<String, Object> headers) {
        this.headers = headers;
    }

    public Object getPayload() {
        return payload;
    }

    public void setPayload(Object payload) {
        this.payload = payload;
    }

    public static Builder builder() {
        return new Builder();
    }

    public static class Builder {

        private final ExecutionMessage message = new ExecutionMessage();

        public Builder headers(Map<String, Object> headers) {
            message.setHeaders(headers);
            return this;
        }

        public Builder payload(Object payload) {
            message.setPayload(payload);
            return this;
        }

        public ExecutionMessage build() {
            return message;
        }
    }
}
