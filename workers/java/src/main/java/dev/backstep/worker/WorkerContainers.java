package dev.backstep.worker;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.backstep.worker.StepMethods.Step;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.boot.autoconfigure.kafka.KafkaProperties;
import org.springframework.context.SmartLifecycle;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.listener.AcknowledgingMessageListener;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.ContainerProperties.AckMode;
import org.springframework.kafka.listener.KafkaMessageListenerContainer;
import org.springframework.kafka.support.Acknowledgment;

/** One consumer per step and action; commands are acknowledged in any order, after their reply. */
final class WorkerContainers implements SmartLifecycle {

    private static final Logger log = LoggerFactory.getLogger(WorkerContainers.class);
    private static final Duration SEND_WITHIN = Duration.ofSeconds(30);

    private final ListableBeanFactory beans;
    private final BackstepWorkerProperties properties;
    private final KafkaProperties kafka;
    private final RecordStore store;
    private final ObjectMapper mapper;
    private final Observed observed;
    private final List<KafkaMessageListenerContainer<byte[], byte[]>> containers = new ArrayList<>();
    private final List<ExecutorService> pools = new ArrayList<>();
    private ScheduledExecutorService timers;
    private Producer<byte[], byte[]> producer;
    private Handling handling;

    WorkerContainers(
            ListableBeanFactory beans,
            BackstepWorkerProperties properties,
            KafkaProperties kafka,
            RecordStore store,
            ObjectMapper mapper,
            Observed observed) {
        this.observed = observed;
        this.beans = beans;
        this.properties = properties;
        this.kafka = kafka;
        this.store = store;
        this.mapper = mapper;
    }

    @Override
    public void start() {
        List<Step> steps = new StepMethods(mapper).in(beans);
        if (steps.isEmpty()) {
            return;
        }
        timers = Executors.newScheduledThreadPool(2, task -> daemon(task, "backstep-timers"));
        handling = new Handling(store, owner(), properties.lease(), mapper, timers, observed);
        producer = new KafkaProducer<>(producerSettings());
        Map<String, List<Step>> byOrchestration =
                steps.stream().collect(Collectors.groupingBy(Step::orchestration, LinkedHashMap::new, Collectors.toList()));
        byOrchestration.forEach(this::register);
        for (Step step : steps) {
            boolean hasBoth = steps.stream()
                    .anyMatch(other -> other.orchestration().equals(step.orchestration())
                            && other.name().equals(step.name())
                            && other.action() != step.action());
            if (!hasBoth) {
                log.warn(
                        "{}: {} has no method for its other action; such commands stay unanswered",
                        step.orchestration(),
                        step.name());
            }
            containers.add(containerOf(step));
        }
        containers.forEach(KafkaMessageListenerContainer::start);
        log.info("reads the commands of {}", byOrchestration.keySet());
    }

    /** Takes no new commands, waits for the handlers, interrupts those that do not end. */
    @Override
    public void stop() {
        // A container that is stopped takes no acknowledgement: first nothing more is fetched, then
        // the handlers end, then the containers commit and leave.
        containers.forEach(KafkaMessageListenerContainer::pause);
        pools.forEach(ExecutorService::shutdown);
        long until = System.nanoTime() + properties.stopWithin().toNanos();
        if (!ended(until)) {
            handling.stop();
            ended(System.nanoTime() + Duration.ofSeconds(10).toNanos());
        }
        containers.forEach(KafkaMessageListenerContainer::stop);
        if (handling != null) {
            handling.stop();
            producer.close(SEND_WITHIN);
            timers.shutdownNow();
        }
        containers.clear();
        pools.clear();
    }

    private boolean ended(long untilNanos) {
        try {
            for (ExecutorService pool : pools) {
                if (!pool.awaitTermination(untilNanos - System.nanoTime(), TimeUnit.NANOSECONDS)) {
                    return false;
                }
            }
            return true;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @Override
    public boolean isRunning() {
        return !containers.isEmpty();
    }

    private KafkaMessageListenerContainer<byte[], byte[]> containerOf(Step step) {
        int concurrency = step.concurrency() > 0 ? step.concurrency() : properties.concurrency();
        ExecutorService pool = Executors.newFixedThreadPool(
                concurrency, task -> daemon(task, "backstep-" + step.name() + "-" + step.action()));
        pools.add(pool);
        String topic = "orchestrator." + step.orchestration() + "." + step.name() + "."
                + step.action().name().toLowerCase();
        ContainerProperties settings = new ContainerProperties(topic);
        settings.setGroupId(properties.groupOf(step.orchestration()) + "." + step.orchestration() + "." + step.name() + "."
                + step.action().name().toLowerCase());
        settings.setAckMode(AckMode.MANUAL);
        // Handlers run beside the polling thread: a slow one never costs the membership in the group.
        settings.setAsyncAcks(true);
        settings.setMessageListener((AcknowledgingMessageListener<byte[], byte[]>) (record, acknowledgment) ->
                pool.execute(() -> work(record, acknowledgment, step)));
        return new KafkaMessageListenerContainer<>(
                new DefaultKafkaConsumerFactory<>(consumerSettings(concurrency)), settings);
    }

    private void work(ConsumerRecord<byte[], byte[]> record, Acknowledgment acknowledgment, Step step) {
        Command command;
        try {
            command = Messages.read(record.value(), record.headers());
        } catch (Messages.UnreadableException reason) {
            log.warn("passed over: a record of {}: {}", record.topic(), reason.getMessage());
            acknowledgment.acknowledge();
            return;
        }
        if (handling.handle(command, step.handler(), new Conversation())) {
            acknowledgment.acknowledge();
        }
    }

    private final class Conversation implements Handling.Conversation {

        @Override
        public void reply(Command command, Outcome outcome) {
            try {
                send(Messages.REPLIES, command.flowId(), Messages.reply(command, outcome));
            } catch (RecordTooLargeException error) {
                if (!(outcome instanceof Outcome.Success)) {
                    throw error;
                }
                // It is done, and can never be reported: only an UNDO brings it back.
                Outcome unknown = new Outcome.Unknown("the reply is too large: " + error.getMessage());
                send(Messages.REPLIES, command.flowId(), Messages.reply(command, unknown));
            }
        }

        @Override
        public void progress(Command command, Double fraction, String message) {
            send(Messages.REPLIES, command.flowId(), Messages.progress(command, fraction, message));
        }
    }

    private void register(String orchestration, List<Step> steps) {
        var names = steps.stream().map(Step::name).collect(Collectors.toCollection(TreeSet::new));
        String group = properties.groupOf(orchestration);
        send(Messages.REGISTRATIONS, orchestration, Messages.registration(orchestration, names, group));
    }

    private void send(String topic, String key, byte[] value) {
        try {
            producer.send(new ProducerRecord<>(topic, key.getBytes(), value))
                    .get(SEND_WITHIN.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException error) {
            if (error.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new IllegalStateException(error.getCause());
        } catch (TimeoutException error) {
            throw new IllegalStateException("Kafka has not acknowledged within " + SEND_WITHIN.toSeconds() + " s");
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while Kafka acknowledged", interrupted);
        }
    }

    private Map<String, Object> consumerSettings(int concurrency) {
        Map<String, Object> settings = kafka.buildConsumerProperties(null);
        settings.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        settings.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        // Not Kafka's default: a new group reads what was sent before it came.
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        settings.put(ConsumerConfig.METADATA_MAX_AGE_CONFIG, 5000);
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, concurrency * 2);
        return settings;
    }

    private Map<String, Object> producerSettings() {
        Map<String, Object> settings = kafka.buildProducerProperties(null);
        settings.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        settings.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        return settings;
    }

    private static String owner() {
        String host;
        try {
            host = InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException error) {
            host = "unknown";
        }
        return host + ":" + ProcessHandle.current().pid() + ":" + UUID.randomUUID();
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }
}
