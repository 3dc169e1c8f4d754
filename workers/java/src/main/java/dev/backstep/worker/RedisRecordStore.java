package dev.backstep.worker;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.springframework.data.redis.core.StringRedisTemplate;
import org.springframework.data.redis.core.script.RedisScript;

/** Records in Redis, as hashes with a version and a text. What Redis loses or evicts is handled again. */
public class RedisRecordStore implements RecordStore {

    private static final RedisScript<Long> WRITE = RedisScript.of(
            """
            local held = redis.call('HGET', KEYS[1], 'version')
            if (held or '0') ~= ARGV[1] then return 0 end
            redis.call('HSET', KEYS[1], 'version', ARGV[1] + 1, 'record', ARGV[2])
            if ARGV[3] ~= '0' then redis.call('PEXPIRE', KEYS[1], ARGV[3]) end
            return 1""",
            Long.class);

    private final StringRedisTemplate redis;
    private final String prefix;
    private final Duration keepFor;

    public RedisRecordStore(StringRedisTemplate redis) {
        this(redis, "backstep:step:", Duration.ZERO);
    }

    /** @param keepFor after the last change, longer than a flow may still be undone; zero = for ever */
    public RedisRecordStore(StringRedisTemplate redis, String prefix, Duration keepFor) {
        this.redis = redis;
        this.prefix = prefix;
        this.keepFor = keepFor;
    }

    /** A missing key proves nothing: Redis may have evicted it. */
    @Override
    public boolean complete() {
        return false;
    }

    @Override
    public Optional<Versioned> read(String key) {
        List<Object> held = redis.opsForHash().multiGet(prefix + key, List.of("version", "record"));
        if (held.get(0) == null) {
            return Optional.empty();
        }
        long version = Long.parseLong((String) held.get(0));
        return Optional.of(new Versioned(JdbcRecordStore.parsed((String) held.get(1)), version));
    }

    @Override
    public boolean write(String key, StepRecord record, long expected) {
        String text = JdbcRecordStore.text(record);
        Long written = redis.execute(
                WRITE, List.of(prefix + key), Long.toString(expected), text, Long.toString(keepFor.toMillis()));
        return Long.valueOf(1).equals(written);
    }
}
