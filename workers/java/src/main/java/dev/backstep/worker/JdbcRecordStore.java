package dev.backstep.worker;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Optional;
import javax.sql.DataSource;
import org.springframework.jdbc.core.JdbcTemplate;

/** Records in a table of the worker's own PostgreSQL database. It keeps them for ever. */
public class JdbcRecordStore implements RecordStore {

    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final JdbcTemplate jdbc;
    private final String table;

    public JdbcRecordStore(DataSource dataSource) {
        this(dataSource, "backstep_step_record", true);
    }

    /** @param table with its schema if needed: {@code workers.step_record} */
    public JdbcRecordStore(DataSource dataSource, String table, boolean createTable) {
        if (!table.matches("[a-z_][a-z0-9_]*(\\.[a-z_][a-z0-9_]*)?")) {
            throw new IllegalArgumentException("the table \"" + table
                    + "\" cannot be used; expected lower-case letters, digits and \"_\", optionally with a"
                    + " schema: workers.step_record");
        }
        this.jdbc = new JdbcTemplate(dataSource);
        this.table = table;
        if (createTable) {
            // Text, not jsonb, which would change numbers and the order of fields.
            jdbc.execute("create table if not exists " + table + " (key text primary key, record text not null,"
                    + " version bigint not null, changed_at timestamptz not null default now())");
        }
    }

    @Override
    public boolean complete() {
        return true;
    }

    @Override
    public Optional<Versioned> read(String key) {
        return jdbc
                .query(
                        "select record, version from " + table + " where key = ?",
                        (row, number) -> new Versioned(parsed(row.getString(1)), row.getLong(2)),
                        key)
                .stream()
                .findFirst();
    }

    @Override
    public boolean write(String key, StepRecord record, long expected) {
        String text = text(record);
        int rows = expected == 0
                ? jdbc.update(
                        "insert into " + table + " (key, record, version) values (?, ?, 1) on conflict do nothing",
                        key,
                        text)
                : jdbc.update(
                        "update " + table + " set record = ?, version = version + 1, changed_at = now()"
                                + " where key = ? and version = ?",
                        text,
                        key,
                        expected);
        return rows == 1;
    }

    static StepRecord parsed(String text) {
        try {
            return MAPPER.readValue(text, StepRecord.class);
        } catch (JsonProcessingException error) {
            throw new IllegalStateException("a stored record is not JSON", error);
        }
    }

    static String text(StepRecord record) {
        try {
            return MAPPER.writeValueAsString(record);
        } catch (JsonProcessingException error) {
            throw new IllegalStateException("a record could not be written as JSON", error);
        }
    }
}
