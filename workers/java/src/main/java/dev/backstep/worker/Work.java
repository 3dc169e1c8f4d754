package dev.backstep.worker;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * What a handler may do beside its work. Its thread is interrupted when the gateway does not wait any
 * longer, when an UNDO of the step has arrived, and when the worker must stop; a handler that ends
 * then with an exception is not reported.
 */
public final class Work {

    enum Stopped {
        DEADLINE,
        UNDO,
        TAKEN,
        STOP
    }

    interface Progress {
        void send(Double fraction, String message);
    }

    private static final long PROGRESS_EVERY_MS = 1000;

    private final Command command;
    private final Boolean begun;
    private final Progress progress;
    private final ScheduledExecutorService timers;
    private final Thread thread = Thread.currentThread();
    private final ObjectNode added = JsonNodeFactory.instance.objectNode();
    private ScheduledFuture<?> timer;
    private Stopped stopped;
    private boolean ended;
    private long lastProgressAt;

    Work(Command command, Boolean begun, Progress progress, ScheduledExecutorService timers) {
        this.command = command;
        this.begun = begun;
        this.progress = progress;
        this.timers = timers;
        if (command.deadline() != null) {
            endAfter(Duration.between(Instant.now(), command.deadline()));
        }
    }

    /** The gateway does not wait any longer, or this worker must stop. */
    public synchronized boolean isCancelled() {
        return stopped != null;
    }

    /** Of an UNDO: whether a DO of this step began; empty = the store cannot know, or it is a DO. */
    public Optional<Boolean> begun() {
        return Optional.ofNullable(begun);
    }

    /**
     * A sign of life: the gateway waits for the step's timeout once more, and shows it. At most one a
     * second is sent.
     *
     * @param fraction from 0 to 1; null = not known
     */
    public void progress(Double fraction, String message) {
        if (fraction != null && !(fraction >= 0 && fraction <= 1)) {
            throw new IllegalArgumentException(
                    "progress: " + fraction + " is not a fraction; expected 0 to 1, or null");
        }
        long now = System.currentTimeMillis();
        synchronized (this) {
            if (now - lastProgressAt < PROGRESS_EVERY_MS) {
                return;
            }
            lastProgressAt = now;
        }
        progress.send(fraction, message);
        if (command.timeout() != null) {
            endAfter(command.timeout());
        }
    }

    /** A header that travels on the DO commands of later steps of a sequential flow. */
    public synchronized void addHeader(String name, String value) {
        added.put(name, value);
    }

    synchronized ObjectNode added() {
        return added.deepCopy();
    }

    synchronized Stopped stopped() {
        return stopped;
    }

    synchronized void stop(Stopped why) {
        if (stopped == null && !ended) {
            stopped = why;
            thread.interrupt();
        }
    }

    /** The handler has ended: its thread is not interrupted any more. */
    synchronized void close() {
        ended = true;
        if (timer != null) {
            timer.cancel(false);
        }
        Thread.interrupted();
    }

    private synchronized void endAfter(Duration time) {
        if (timer != null) {
            timer.cancel(false);
        }
        if (stopped == null && !ended) {
            timer = timers.schedule(() -> stop(Stopped.DEADLINE), time.toMillis(), TimeUnit.MILLISECONDS);
        }
    }
}
