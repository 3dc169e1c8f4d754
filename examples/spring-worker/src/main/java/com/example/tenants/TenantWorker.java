package com.example.tenants;

import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.stereotype.Service;

/**
 * The three steps of tenantCreation, DO and UNDO each. A worker listens, does the work and reports
 * the result, nothing more.
 */
@Service
public class TenantWorker {

    private static final Logger log = LoggerFactory.getLogger(TenantWorker.class);

    private final KafkaTemplate<String, ExecutionMessage> kafkaTemplate;
    private final TenantWorld world;

    public TenantWorker(KafkaTemplate<String, ExecutionMessage> kafkaTemplate, TenantWorld world) {
        this.kafkaTemplate = kafkaTemplate;
        this.world = world;
    }

    @KafkaListener(topics = "orchestrator.tenantCreation.createRealm.do")
    public void doCreateRealm(ExecutionMessage message) {
        try {
            world.createRealm(message.getPayload());
            sendResponse(message, "DO", true, null);
        } catch (Exception e) {
            sendResponse(message, "DO", false, e.getMessage());
        }
    }

    @KafkaListener(topics = "orchestrator.tenantCreation.createRealm.undo")
    public void undoCreateRealm(ExecutionMessage message) {
        try {
            world.deleteRealm(message.getPayload());
            sendResponse(message, "UNDO", true, null);
        } catch (Exception e) {
            sendResponse(message, "UNDO", false, e.getMessage());
        }
    }

    @KafkaListener(topics = "orchestrator.tenantCreation.createClient.do")
    public void doCreateClient(ExecutionMessage message) {
        try {
            world.createClient(message.getPayload());
            sendResponse(message, "DO", true, null);
        } catch (Exception e) {
            sendResponse(message, "DO", false, e.getMessage());
        }
    }

    @KafkaListener(topics = "orchestrator.tenantCreation.createClient.undo")
    public void undoCreateClient(ExecutionMessage message) {
        try {
            world.deleteClient(message.getPayload());
            sendResponse(message, "UNDO", true, null);
        } catch (Exception e) {
            sendResponse(message, "UNDO", false, e.getMessage());
        }
    }

    @KafkaListener(topics = "orchestrator.tenantCreation.createUser.do")
    public void doCreateUser(ExecutionMessage message) {
        try {
            world.createUser(message.getPayload());
            sendResponse(message, "DO", true, null);
        } catch (Exception e) {
            sendResponse(message, "DO", false, e.getMessage());
        }
    }

    @KafkaListener(topics = "orchestrator.tenantCreation.createUser.undo")
    public void undoCreateUser(ExecutionMessage message) {
        try {
            world.deleteUser(message.getPayload());
            sendResponse(message, "UNDO", true, null);
        } catch (Exception e) {
            sendResponse(message, "UNDO", false, e.getMessage());
        }
    }

    private void sendResponse(ExecutionMessage message, String action, boolean success, String errorMessage) {
        Map<String, Object> headers = new HashMap<>();
        headers.put("flowId", message.getHeaders().get("flowId"));
        headers.put("stepName", message.getHeaders().get("stepName"));
        headers.put("action", action);
        headers.put("status", success);
        if (errorMessage != null) {
            headers.put("errorMessage", errorMessage);
        }

        ExecutionMessage response = ExecutionMessage.builder()
            .headers(headers)
            .payload(message.getPayload())
            .build();

        log.debug("Received message headers: {}", message.getHeaders());
        log.info("{} {} {} {} | {}", headers.get("flowId"), action, headers.get("stepName"), success ? "ok" : errorMessage, world);
        kafkaTemplate.send("orchestrator.response.result", response);
    }
}
