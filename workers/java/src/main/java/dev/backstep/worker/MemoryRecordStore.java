package dev.backstep.worker;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Records in this process: they are gone when it ends. */
public class MemoryRecordStore implements RecordStore {

    private final Map<String, Versioned> kept;

    public MemoryRecordStore() {
        this(100_000);
    }

    /** @param entries steps it remembers at most; the oldest are forgotten */
    public MemoryRecordStore(int entries) {
        this.kept = new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(Map.Entry<String, Versioned> eldest) {
                return size() > entries;
            }
        };
    }

    @Override
    public boolean complete() {
        return false;
    }

    @Override
    public synchronized Optional<Versioned> read(String key) {
        return Optional.ofNullable(kept.get(key));
    }

    @Override
    public synchronized boolean write(String key, StepRecord record, long expected) {
        Versioned held = kept.get(key);
        if ((held == null ? 0 : held.version()) != expected) {
            return false;
        }
        kept.remove(key);
        kept.put(key, new Versioned(record, expected + 1));
        return true;
    }
}
