package dev.backstep.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.backstep.worker.Command.Action;
import io.micrometer.observation.tck.TestObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistryAssert;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One command on its way through the worker; the same cases as testing/worker/handling.test.ts. */
class HandlingTest {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final ScheduledExecutorService timers = Executors.newScheduledThreadPool(2);
    private final TestObservationRegistry observations = TestObservationRegistry.create();
    private final Kept way = new Kept();
    private final RecordStore store = completeStore();
    private final Handling handling = handlingOf(store, "a", Duration.ofMinutes(1));

    @AfterEach
    void close() {
        timers.shutdownNow();
    }

    private Handling handlingOf(RecordStore kept, String owner, Duration lease) {
        return new Handling(kept, owner, lease, MAPPER, timers, new Observed(observations));
    }

    private static RecordStore completeStore() {
        return new MemoryRecordStore() {
            @Override
            public boolean complete() {
                return true;
            }
        };
    }

    private static final class Kept implements Handling.Conversation {

        final List<JsonNode> replies = Collections.synchronizedList(new ArrayList<>());
        final List<JsonNode> progressed = Collections.synchronizedList(new ArrayList<>());
        final List<String> texts = Collections.synchronizedList(new ArrayList<>());

        @Override
        public void reply(Command command, Outcome outcome) {
            byte[] value = Messages.reply(command, outcome);
            texts.add(new String(value, StandardCharsets.UTF_8));
            replies.add(parsed(value));
        }

        @Override
        public void progress(Command command, Double fraction, String message) {
            progressed.add(parsed(Messages.progress(command, fraction, message)));
        }

        JsonNode headers(int at) {
            return replies.get(at).get("headers");
        }
    }

    private static JsonNode parsed(byte[] value) {
        try {
            return MAPPER.readTree(value);
        } catch (IOException error) {
            throw new IllegalStateException(error);
        }
    }

    private static Command command(Action action, String flowId, int attempt, Duration left) {
        Instant now = Instant.now();
        ObjectNode headers = MAPPER.createObjectNode()
                .put("flowId", flowId)
                .put("stepName", "createRealm")
                .put("action", action.name())
                .put("status", true)
                .put("attempt", attempt)
                .put("attemptId", flowId + ":createRealm:" + action + ":" + attempt)
                .put("deadline", now.plus(left).toString())
                .put("timestamp", now.toString());
        String text = "{\"headers\":" + headers.toString().replaceFirst("}$", "")
                + ",\"amount\":1.0,\"id\":9007199254740993},\"payload\":{\"total\":12.50}}";
        try {
            return Messages.read(text.getBytes(StandardCharsets.UTF_8), new RecordHeaders());
        } catch (Messages.UnreadableException error) {
            throw new IllegalStateException(error);
        }
    }

    private static Command command(Action action) {
        return command(action, "f1", 1, Duration.ofHours(1));
    }

    private static Object never(Command command, Work work) {
        throw new IllegalStateException("this handler must not run");
    }

    private static Object created(Command command, Work work) {
        return Map.of("realmId", 7);
    }

    @Test
    void repliesWhatTheHandlerReturnsAndRepeatsEveryHeader() {
        assertThat(handling.handle(command(Action.DO), HandlingTest::created, way)).isTrue();
        assertThat(way.replies.get(0).get("payload").get("realmId").asInt()).isEqualTo(7);
        assertThat(way.headers(0).get("status").asBoolean()).isTrue();
        assertThat(way.texts.get(0)).contains("\"amount\":1.0,\"id\":9007199254740993");
    }

    @Test
    void aPayloadThatIsPassedOnKeepsItsDigits() {
        handling.handle(command(Action.DO), (command, work) -> command.payload(), way);
        assertThat(way.texts.get(0)).contains("\"payload\":{\"total\":12.50}");
    }

    @Test
    void runsACommandOnceThatIsDeliveredToTwoProcesses() {
        AtomicInteger runs = new AtomicInteger();
        Handling.Handler counted = (command, work) -> {
            Thread.sleep(50);
            return runs.incrementAndGet();
        };
        Kept other = new Kept();
        Handling second = handlingOf(store, "b", Duration.ofMinutes(1));
        CompletableFuture.allOf(
                        CompletableFuture.runAsync(() -> handling.handle(command(Action.DO), counted, way)),
                        CompletableFuture.runAsync(() -> second.handle(
                                command(Action.DO, "f1", 2, Duration.ofHours(1)), counted, other)))
                .join();
        assertThat(runs.get()).isEqualTo(1);
        assertThat(way.replies.get(0).get("payload").asInt()).isEqualTo(1);
        assertThat(other.replies.get(0).get("payload").asInt()).isEqualTo(1);
    }

    @Test
    void reportsExceptionsByTheirClass() {
        handling.handle(command(Action.DO), HandlingTest::never, way);
        handling.handle(command(Action.DO), (command, work) -> {
            throw new FinalException("the name is taken", "NAME_TAKEN");
        }, way);
        handling.handle(command(Action.DO, "f2", 1, Duration.ofHours(1)), (command, work) -> {
            throw new UnknownOutcomeException("Keycloak answered 504");
        }, way);
        assertThat(way.headers(0).get("errorMessage").asText()).isEqualTo("this handler must not run");
        assertThat(way.headers(0).has("retryable")).isFalse();
        assertThat(way.headers(1).get("errorCode").asText()).isEqualTo("NAME_TAKEN");
        assertThat(way.headers(1).get("retryable").asBoolean()).isFalse();
        assertThat(way.headers(2).get("status").asText()).isEqualTo("unknown: Keycloak answered 504");
    }

    @Test
    void refusesADoPastItsDeadlineButNotAnUndo() {
        Duration over = Duration.ofSeconds(-1);
        handling.handle(command(Action.DO, "f1", 1, over), HandlingTest::never, way);
        handling.handle(command(Action.UNDO, "f1", 1, over), HandlingTest::created, way);
        assertThat(way.headers(0).get("errorCode").asText()).isEqualTo("DEADLINE_PASSED");
        assertThat(way.headers(1).get("status").asBoolean()).isTrue();
    }

    @Test
    void interruptsAHandlerAtTheDeadlineAndRepliesNothing() {
        Command command = command(Action.DO, "f1", 1, Duration.ofMillis(300));
        assertThat(handling.handle(command, HandlingTest::hang, way)).isTrue();
        assertThat(way.replies).isEmpty();
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    private static Object hang(Command command, Work work) throws InterruptedException {
        new CountDownLatch(1).await();
        return null;
    }

    @Test
    void givesACommandBackWhenTheWorkerStops() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        CompletableFuture<Boolean> handled = CompletableFuture.supplyAsync(() -> handling.handle(
                command(Action.DO),
                (command, work) -> {
                    begun.countDown();
                    return hang(command, work);
                },
                way));
        begun.await();
        handling.stop();
        assertThat(handled.join()).isFalse();
        assertThat(way.replies).isEmpty();
    }

    @Test
    void refusesADoAfterItsUndoAndUndoesNothingThatNeverBegan() {
        handling.handle(command(Action.UNDO), HandlingTest::never, way);
        handling.handle(command(Action.DO), HandlingTest::never, way);
        assertThat(way.headers(0).get("status").asBoolean()).isTrue();
        assertThat(way.headers(1).get("errorCode").asText()).isEqualTo("ALREADY_UNDONE");
        assertThat(way.headers(1).get("retryable").asBoolean()).isFalse();
    }

    @Test
    void undoesOnceHoweverOftenItIsSent() {
        AtomicInteger undone = new AtomicInteger();
        handling.handle(command(Action.DO), HandlingTest::created, way);
        for (int attempt : new int[] {1, 1, 2}) {
            handling.handle(command(Action.UNDO, "f1", attempt, Duration.ofHours(1)), (command, work) -> {
                undone.incrementAndGet();
                return null;
            }, way);
        }
        assertThat(undone.get()).isEqualTo(1);
        assertThat(way.replies).allMatch(reply -> reply.get("headers").get("status").asBoolean());
    }

    @Test
    void interruptsTheDoThatStillRunsAndThenUndoes() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        List<String> order = Collections.synchronizedList(new ArrayList<>());
        CompletableFuture<Void> done = CompletableFuture.runAsync(() -> handling.handle(
                command(Action.DO),
                (command, work) -> {
                    begun.countDown();
                    try {
                        return hang(command, work);
                    } finally {
                        order.add("DO has ended");
                    }
                },
                way));
        begun.await();
        handling.handle(command(Action.UNDO), (command, work) -> order.add("UNDO runs"), way);
        done.join();
        assertThat(order).containsExactly("DO has ended", "UNDO runs");
        assertThat(way.replies).hasSize(1);
    }

    @Test
    void runsTheUndoOfNothingWhereTheStoreMayHaveForgottenIt() {
        Handling forgetful = handlingOf(new MemoryRecordStore(), "a", Duration.ofMinutes(1));
        List<Optional<Boolean>> begun = new ArrayList<>();
        Handling.Handler undo = (command, work) -> begun.add(work.begun());
        forgetful.handle(command(Action.UNDO), undo, way);
        forgetful.handle(command(Action.DO, "f2", 1, Duration.ofHours(1)), HandlingTest::created, way);
        forgetful.handle(command(Action.UNDO, "f2", 1, Duration.ofHours(1)), undo, way);
        assertThat(begun).containsExactly(Optional.empty(), Optional.of(true));
    }

    @Test
    void takesOverFromAProcessThatHasCrashedAndKeepsItsOwnTime() {
        var gone = new StepRecord.ActionRecord("running", "gone", 1L, null);
        store.write("f1:createRealm", new StepRecord(gone, null), 0);
        Handling brief = handlingOf(store, "a", Duration.ofMillis(60));
        assertThat(brief.handle(command(Action.DO), (command, work) -> {
            long first = until();
            while (until() == first) {
                Thread.sleep(5);
            }
            return null;
        }, way)).isTrue();
        assertThat(way.headers(0).get("status").asBoolean()).isTrue();
    }

    private long until() {
        return store.read("f1:createRealm").orElseThrow().record().done().until();
    }

    @Test
    void waitsForAStoreAndABrokerThatAreAway() {
        AtomicInteger calls = new AtomicInteger();
        RecordStore failing = new RecordStore() {
            @Override
            public boolean complete() {
                return true;
            }

            @Override
            public Optional<Versioned> read(String key) {
                if (calls.incrementAndGet() % 3 != 0) {
                    throw new IllegalStateException("away");
                }
                return store.read(key);
            }

            @Override
            public boolean write(String key, StepRecord record, long expected) {
                return store.write(key, record, expected);
            }
        };
        Handling patient = handlingOf(failing, "a", Duration.ofMinutes(1));
        assertThat(patient.handle(command(Action.DO), HandlingTest::created, way)).isTrue();
        assertThat(way.replies).hasSize(1);
    }

    @Test
    void reportsProgressAndAddsHeaders() {
        handling.handle(command(Action.DO), (command, work) -> {
            work.progress(0.5, "half of it");
            work.progress(0.6, null);
            work.addHeader("tenantId", "T-1");
            assertThatThrownBy(() -> work.progress(2.0, null)).hasMessageContaining("expected 0 to 1");
            return null;
        }, way);
        assertThat(way.progressed).hasSize(1);
        assertThat(way.progressed.get(0).get("headers").get("action").asText()).isEqualTo("PROGRESS");
        assertThat(way.headers(0).get("tenantId").asText()).isEqualTo("T-1");
    }

    @Test
    void isObservedWithHowItEnded() {
        handling.handle(command(Action.DO), HandlingTest::created, way);
        handling.handle(command(Action.DO), HandlingTest::never, way);
        TestObservationRegistryAssert.assertThat(observations)
                .hasNumberOfObservationsEqualTo(2)
                .hasAnObservationWithAKeyValue("ending", "success")
                .hasAnObservationWithAKeyValue("ending", "repeated")
                .hasAnObservationWithAKeyValue("step", "createRealm");
    }

    @Test
    void passesOverWhatIsNoCommand() {
        for (String text : List.of("", "[]", "{", "{\"headers\":{\"flowId\":\"f1\"}}",
                "{\"headers\":{\"flowId\":\"f\",\"stepName\":\"s\",\"action\":\"X\"}}")) {
            assertThatThrownBy(() -> Messages.read(text.getBytes(StandardCharsets.UTF_8), new RecordHeaders()))
                    .isInstanceOf(Messages.UnreadableException.class);
        }
    }

    @Test
    void storesTheSameJsonAsWorkersInOtherLanguages() {
        handling.handle(command(Action.DO), HandlingTest::created, way);
        String text = JdbcRecordStore.text(store.read("f1:createRealm").orElseThrow().record());
        assertThat(text).isEqualTo("{\"do\":{\"state\":\"done\",\"outcome\":{\"kind\":\"success\","
                + "\"payload\":\"{\\\"realmId\\\":7}\",\"headers\":{}}},\"undo\":null}");
        assertThat(JdbcRecordStore.text(JdbcRecordStore.parsed(text))).isEqualTo(text);
    }
}
