package dev.backstep.worker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.backstep.worker.Command.Action;
import dev.backstep.worker.RecordStore.Versioned;
import dev.backstep.worker.StepRecord.Decision;
import dev.backstep.worker.StepRecord.Kind;
import dev.backstep.worker.StepRecord.Moment;
import dev.backstep.worker.StepRecord.StoredOutcome;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** The way of one command: remembered? → run the handler → remember → reply. */
final class Handling {

    /** Runs a method of a bean; returns what it returned. */
    interface Handler {
        Object handle(Command command, Work work) throws Throwable;
    }

    /** The way back to the gateway. Each returns when the broker has acknowledged it. */
    interface Conversation {
        void reply(Command command, Outcome outcome);

        void progress(Command command, Double fraction, String message);
    }

    private static final String GIVEN_BACK = "given_back";

    private static final class GivenBack extends RuntimeException {}

    private static final Logger log = LoggerFactory.getLogger(Handling.class);
    private static final Outcome ALREADY_UNDONE =
            new Outcome.Failure("the UNDO of this step came before this DO", "ALREADY_UNDONE", false);
    private static final Outcome LATE =
            new Outcome.Failure("the DO arrived past its deadline", "DEADLINE_PASSED", true);

    private final RecordStore store;
    private final String owner;
    private final Duration lease;
    private final ObjectMapper mapper;
    private final ScheduledExecutorService timers;
    private final Map<String, Work> runs = new ConcurrentHashMap<>();
    private final CountDownLatch stopping = new CountDownLatch(1);

    private final Observed observed;

    Handling(
            RecordStore store,
            String owner,
            Duration lease,
            ObjectMapper mapper,
            ScheduledExecutorService timers,
            Observed observed) {
        this.observed = observed;
        this.store = store;
        this.owner = owner;
        this.lease = lease;
        this.mapper = mapper;
        this.timers = timers;
    }

    /** True: the command may be acknowledged; false: it must be delivered again. */
    boolean handle(Command command, Handler handler, Conversation way) {
        Map<String, String> before = MDC.getCopyOfContextMap();
        MDC.put("flowId", command.flowId());
        MDC.put("step", command.stepName());
        MDC.put("action", command.action().name());
        if (command.traceId() != null) {
            MDC.put("traceId", command.traceId());
        }
        try {
            String ending = observed.observe(command, () -> taken(command, handler, way));
            return !ending.equals(GIVEN_BACK);
        } finally {
            MDC.clear();
            if (before != null) {
                MDC.setContextMap(before);
            }
        }
    }

    /** Handlers that still run are interrupted; what waits is given up. */
    void stop() {
        stopping.countDown();
        runs.values().forEach(work -> work.stop(Work.Stopped.STOP));
    }

    private String taken(Command command, Handler handler, Conversation way) {
        try {
            return take(command, handler, way);
        } catch (GivenBack stopped) {
            return GIVEN_BACK;
        }
    }

    /** How it ended, for metrics: success, failure, unknown, abandoned, repeated, not_run. */
    private String take(Command command, Handler handler, Conversation way) {
        Decision decision = decided(command);
        if (decision != null && decision.kind() == Kind.RUN) {
            return run(command, handler, way);
        }
        Outcome outcome = decision == null ? LATE : unrun(decision);
        log.info("not run: {}", decision == null ? "past its deadline" : decision.kind());
        patiently(() -> {
            way.reply(command, outcome);
            return null;
        });
        return decision != null && decision.kind() == Kind.REPEAT ? "repeated" : "not_run";
    }

    private Outcome unrun(Decision decision) {
        return switch (decision.kind()) {
            case REFUSE -> ALREADY_UNDONE;
            case REPEAT -> stored(decision.outcome());
            default -> Outcome.Success.empty();
        };
    }

    private Outcome stored(StoredOutcome outcome) {
        try {
            JsonNode payload = outcome.payload() == null ? null : mapper.readTree(outcome.payload());
            return new Outcome.Success(payload, outcome.headers());
        } catch (java.io.IOException error) {
            throw new IllegalStateException("a stored payload is not JSON", error);
        }
    }

    /** What to do, stored; null = it is too late for this DO. */
    private Decision decided(Command command) {
        for (int waits = 0; stopping.getCount() > 0; waits = Math.min(waits + 1, 10)) {
            if (command.isLate()) {
                return null;
            }
            Optional<Decision> decision = patiently(() -> attempt(command));
            if (decision.isPresent() && decision.get().kind() != Kind.WAIT) {
                return decision.get();
            }
            if (decision.isPresent()) {
                Work running = runs.get(command.key());
                if (command.action() == Action.UNDO && running != null) {
                    running.stop(Work.Stopped.UNDO);
                }
                long left = Math.max(1, decision.get().until() - System.currentTimeMillis());
                pause(Math.min(left, Math.min(1000, 20L << waits)));
            }
        }
        throw new GivenBack();
    }

    /** Decides on the stored record, and stores what the decision needs; empty = again. */
    private Optional<Decision> attempt(Command command) {
        Optional<Versioned> held = store.read(command.key());
        StepRecord record = held.map(Versioned::record).orElse(StepRecord.NOTHING_KNOWN);
        long now = System.currentTimeMillis();
        Moment moment = new Moment(owner, now, now + lease.toMillis(), store.complete());
        Decision decision = record.decide(command.action(), moment);
        if (decision.record() == record) {
            return Optional.of(decision);
        }
        long version = held.map(Versioned::version).orElse(0L);
        return store.write(command.key(), decision.record(), version) ? Optional.of(decision) : Optional.empty();
    }

    private String run(Command command, Handler handler, Conversation way) {
        Boolean begun = begun(command);
        Work work = new Work(command, begun, (fraction, text) -> way.progress(command, fraction, text), timers);
        runs.put(command.key(), work);
        long every = Math.max(1, lease.toMillis() / 3);
        ScheduledFuture<?> renewing = timers.scheduleAtFixedRate(
                () -> renew(command, work), every, every, TimeUnit.MILLISECONDS);
        Outcome outcome;
        try {
            outcome = outcomeOf(handler, command, work);
        } finally {
            renewing.cancel(false);
            work.close();
            runs.remove(command.key(), work);
        }
        return finish(command, outcome, work.stopped(), way);
    }

    private String finish(Command command, Outcome outcome, Work.Stopped stopped, Conversation way) {
        patientlyAtLeastOnce(() -> change(command, held -> held.ended(command.action(), owner, outcome)));
        if (stopped != null && !(outcome instanceof Outcome.Success)) {
            // It ended because it was interrupted: its effect is not known, as the gateway assumes.
            log.warn("not replied ({}): {}", stopped, outcome);
            if (stopped == Work.Stopped.STOP) {
                throw new GivenBack();
            }
            return "abandoned";
        }
        patientlyAtLeastOnce(() -> {
            way.reply(command, outcome);
            return null;
        });
        return outcome.getClass().getSimpleName().toLowerCase();
    }

    private Outcome outcomeOf(Handler handler, Command command, Work work) {
        Object result;
        try {
            result = handler.handle(command, work);
        } catch (Throwable error) {
            if (error instanceof VirtualMachineError fatal) {
                throw fatal;
            }
            log.debug("the handler failed", error);
            return Outcome.of(error);
        }
        try {
            return new Outcome.Success(payloadOf(result), work.added());
        } catch (IllegalArgumentException error) {
            // The work is done: only an UNDO brings it back.
            return new Outcome.Unknown("the result is not JSON: " + error.getMessage());
        }
    }

    /** A tree is passed on as it is: every number keeps its digits. */
    private JsonNode payloadOf(Object result) {
        if (result == null || result instanceof JsonNode) {
            return (JsonNode) result;
        }
        return mapper.valueToTree(result);
    }

    private Boolean begun(Command command) {
        if (command.action() == Action.DO) {
            return null;
        }
        Optional<Versioned> held = patiently(() -> store.read(command.key()));
        if (held.isPresent() && held.get().record().done() != null) {
            return true;
        }
        return store.complete() ? false : null;
    }

    private void renew(Command command, Work work) {
        long until = System.currentTimeMillis() + lease.toMillis();
        try {
            if (!change(command, held -> held.prolonged(command.action(), owner, until))) {
                work.stop(Work.Stopped.TAKEN);
            }
        } catch (RuntimeException error) {
            log.warn("the store of records is away; the handler goes on", error);
        }
    }

    /** Stores the changed record; false = the change was none. */
    private boolean change(Command command, Function<StepRecord, StepRecord> change) {
        while (true) {
            Optional<Versioned> held = store.read(command.key());
            StepRecord changed = change.apply(held.map(Versioned::record).orElse(StepRecord.NOTHING_KNOWN));
            if (changed == null) {
                return false;
            }
            if (store.write(command.key(), changed, held.map(Versioned::version).orElse(0L))) {
                return true;
            }
        }
    }

    private <T> T patiently(Supplier<T> work) {
        if (stopping.getCount() == 0) {
            throw new GivenBack();
        }
        return patientlyAtLeastOnce(work);
    }

    /** Repeats what fails, for as long as it takes, until the worker stops. */
    private <T> T patientlyAtLeastOnce(Supplier<T> work) {
        for (int failures = 0; ; failures = Math.min(failures + 1, 7)) {
            try {
                return work.get();
            } catch (GivenBack stopped) {
                throw stopped;
            } catch (RuntimeException error) {
                if (stopping.getCount() == 0) {
                    throw new GivenBack();
                }
                long delay = Math.min(5000, 50L << failures);
                log.warn("trying again in {} ms: {}", delay, error.toString());
                pause(delay);
            }
        }
    }

    private void pause(long ms) {
        try {
            stopping.await(ms, TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new GivenBack();
        }
    }
}
