package dev.backstep.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.core.StringRedisTemplate;

/** The stores on real servers: one text for all. */
class StoresTest {

    private static final StepRecord RUNNING = new StepRecord(
            new StepRecord.ActionRecord("running", "a", 9_007_199_254_740_991L, null), null);
    private static final StepRecord REQUESTED =
            new StepRecord(RUNNING.done(), StepRecord.ActionRecord.of("requested"));

    private static RecordStore open(String name) {
        return switch (name) {
            case "PostgreSQL" -> new JdbcRecordStore(database());
            case "PostgreSQL, a table in a schema" ->
                new JdbcRecordStore(database(), "public.java_step_record", true);
            case "Redis" -> new RedisRecordStore(redis());
            case "Redis, for a time" -> new RedisRecordStore(redis(), "java:", Duration.ofMinutes(1));
            default -> new MemoryRecordStore();
        };
    }

    private static DataSource database() {
        String given = System.getenv("TEST_DATABASE_URL");
        assumeTrue(given != null, "TEST_DATABASE_URL is not set");
        URI url = URI.create(given);
        String[] user = url.getUserInfo().split(":");
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl("jdbc:postgresql://" + url.getHost() + ":" + url.getPort() + url.getPath());
        source.setUser(user[0]);
        if (user.length > 1) {
            source.setPassword(user[1]);
        }
        return source;
    }

    private static StringRedisTemplate redis() {
        String given = System.getenv("TEST_REDIS_URL");
        assumeTrue(given != null, "TEST_REDIS_URL is not set");
        URI url = URI.create(given);
        LettuceConnectionFactory factory = new LettuceConnectionFactory(url.getHost(), url.getPort());
        factory.afterPropertiesSet();
        factory.start();
        return new StringRedisTemplate(factory);
    }

    private static final String MEMORY = "memory";
    private static final String POSTGRES = "PostgreSQL";
    private static final String SCHEMA = "PostgreSQL, a table in a schema";
    private static final String REDIS = "Redis";
    private static final String BRIEF = "Redis, for a time";

    @ParameterizedTest
    @ValueSource(strings = {MEMORY, POSTGRES, SCHEMA, REDIS, BRIEF})
    void keepsARecordAsItWasWrittenWithItsVersion(String name) {
        RecordStore store = open(name);
        String key = UUID.randomUUID().toString();
        assertThat(store.read(key)).isEmpty();
        assertThat(store.write(key, RUNNING, 0)).isTrue();
        assertThat(store.read(key)).isEqualTo(Optional.of(new RecordStore.Versioned(RUNNING, 1)));
        assertThat(store.write(key, REQUESTED, 1)).isTrue();
        assertThat(store.read(key)).isEqualTo(Optional.of(new RecordStore.Versioned(REQUESTED, 2)));
    }

    @ParameterizedTest
    @ValueSource(strings = {MEMORY, POSTGRES, SCHEMA, REDIS, BRIEF})
    void storesNothingOverAnotherVersion(String name) {
        RecordStore store = open(name);
        String key = UUID.randomUUID().toString();
        assertThat(store.write(key, RUNNING, 1)).isFalse();
        assertThat(store.read(key)).isEmpty();
        store.write(key, RUNNING, 0);
        assertThat(store.write(key, REQUESTED, 0)).isFalse();
        assertThat(store.write(key, REQUESTED, 2)).isFalse();
        assertThat(store.read(key)).isEqualTo(Optional.of(new RecordStore.Versioned(RUNNING, 1)));
    }

    @ParameterizedTest
    @ValueSource(strings = {MEMORY, POSTGRES, SCHEMA, REDIS, BRIEF})
    void letsOneOfManyAtOnceWrite(String name) {
        RecordStore store = open(name);
        String key = UUID.randomUUID().toString();
        for (long version : new long[] {0, 1}) {
            var written = IntStream.range(0, 20)
                    .mapToObj(at -> CompletableFuture.supplyAsync(() -> store.write(key, RUNNING, version)))
                    .toList();
            assertThat(written.stream().filter(CompletableFuture::join)).hasSize(1);
        }
    }

    @Test
    void aTableNameThatCouldBeOtherSqlIsRefused() {
        assertThatThrownBy(() -> new JdbcRecordStore(null, "a; drop table b", false))
                .hasMessageContaining("cannot be used");
    }
}
