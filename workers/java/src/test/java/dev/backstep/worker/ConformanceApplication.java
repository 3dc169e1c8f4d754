package dev.backstep.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

/** The worker that the conformance run starts: backstep verify-worker conformance charge. */
@SpringBootApplication
public class ConformanceApplication {

    public static void main(String[] arguments) {
        System.setProperty("spring.kafka.bootstrap-servers", System.getenv("BACKSTEP_BROKERS"));
        SpringApplication.run(ConformanceApplication.class, arguments);
        // A worker has no other thread that keeps the process.
        keepRunning();
    }

    private static void keepRunning() {
        try {
            Thread.currentThread().join();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @BackstepWorker("conformance")
    static class Charges {

        @StepDo("charge")
        JsonNode charge(JsonNode payload, Command command) throws InterruptedException {
            if (payload.path("fail").asBoolean()) {
                throw new FinalException("no money", "NO_MONEY");
            }
            if (payload.path("slow").asBoolean()) {
                Thread.sleep(3000);
            }
            return payload instanceof ObjectNode fields ? fields.put("charge", System.nanoTime()) : payload;
        }

        @StepUndo("charge")
        void refund(JsonNode payload) {}
    }
}
