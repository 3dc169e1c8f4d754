package dev.backstep.worker;

import java.util.Optional;

/** Where a worker keeps what it remembers of its steps. */
public interface RecordStore {

    /** @param version from 1; one more with each write */
    record Versioned(StepRecord record, long version) {}

    /**
     * It keeps each record for ever, over restarts: that it has none proves that this step has not
     * begun.
     */
    boolean complete();

    Optional<Versioned> read(String key);

    /**
     * Stores it if the stored version is {@code expected} (0 = there is none), as one atomic step;
     * false = it is another one.
     */
    boolean write(String key, StepRecord record, long expected);
}
