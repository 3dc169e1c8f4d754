package com.example.tenants;

import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import org.springframework.stereotype.Component;

/**
 * What the steps change: realms, clients and users, kept in memory by tenant name. A real worker
 * calls Keycloak, a database, a bank here.
 *
 * <p>"It exists already" and "it is deleted already" are success, so a command that comes twice does
 * no harm.
 *
 * <p>The payload may request failures, to see what follows from them:
 * <ul>
 *   <li>{@code failAt: "createUser"} – this step's DO fails, always or the first
 *       {@code failTimes} times;
 *   <li>{@code failUndoAt: "createRealm"} – this step's UNDO fails, always or the first
 *       {@code failUndoTimes} times.
 * </ul>
 */
@Component
public class TenantWorld {

    private final Set<String> realms = new ConcurrentSkipListSet<>();
    private final Set<String> clients = new ConcurrentSkipListSet<>();
    private final Set<String> users = new ConcurrentSkipListSet<>();
    private final Map<String, Integer> failures = new ConcurrentHashMap<>();

    public void createRealm(Object payload) {
        failIfAsked(payload, "createRealm", "failAt", "failTimes");
        realms.add(tenantOf(payload));
    }

    public void deleteRealm(Object payload) {
        failIfAsked(payload, "createRealm", "failUndoAt", "failUndoTimes");
        realms.remove(tenantOf(payload));
    }

    public void createClient(Object payload) {
        failIfAsked(payload, "createClient", "failAt", "failTimes");
        clients.add(tenantOf(payload));
    }

    public void deleteClient(Object payload) {
        failIfAsked(payload, "createClient", "failUndoAt", "failUndoTimes");
        clients.remove(tenantOf(payload));
    }

    public void createUser(Object payload) {
        failIfAsked(payload, "createUser", "failAt", "failTimes");
        users.add(tenantOf(payload));
    }

    public void deleteUser(Object payload) {
        failIfAsked(payload, "createUser", "failUndoAt", "failUndoTimes");
        users.remove(tenantOf(payload));
    }

    @Override
    public String toString() {
        return "realms=" + new TreeSet<>(realms) + " clients=" + new TreeSet<>(clients) + " users=" + new TreeSet<>(users);
    }

    private static String tenantOf(Object payload) {
        Object tenant = payload instanceof Map<?, ?> fields ? fields.get("tenant") : payload;
        if (tenant == null || tenant.toString().isBlank()) {
            throw new IllegalArgumentException("payload.tenant is missing: which tenant?");
        }
        return tenant.toString();
    }

    private void failIfAsked(Object payload, String step, String at, String times) {
        if (!(payload instanceof Map<?, ?> fields) || !step.equals(fields.get(at))) {
            return;
        }
        int failed = failures.merge(at + "/" + step + "/" + tenantOf(payload), 1, Integer::sum);
        if (!(fields.get(times) instanceof Number most) || failed <= most.intValue()) {
            throw new IllegalStateException(step + " fails as its payload requests (" + at + "), time " + failed);
        }
    }
}
