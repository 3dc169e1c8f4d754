package dev.backstep.worker;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Settings of workers. How to reach Kafka: {@code spring.kafka.*}.
 *
 * @param group workers of one group share the commands; default {@code {orchestration}-worker}
 * @param concurrency commands of a step and action at a time; default 10
 * @param lease a process that has crashed is noticed after this; default 30 s
 * @param stopWithin how long a stop waits for handlers before it interrupts them; default 30 s
 */
@ConfigurationProperties("backstep.worker")
public record BackstepWorkerProperties(String group, Integer concurrency, Duration lease, Duration stopWithin) {

    public BackstepWorkerProperties {
        concurrency = concurrency == null ? 10 : concurrency;
        lease = lease == null ? Duration.ofSeconds(30) : lease;
        stopWithin = stopWithin == null ? Duration.ofSeconds(30) : stopWithin;
        if (concurrency < 1) {
            throw new IllegalArgumentException(
                    "backstep.worker.concurrency: " + concurrency + " cannot be used; expected at least 1");
        }
    }

    String groupOf(String orchestration) {
        return group == null ? orchestration + "-worker" : group;
    }
}
