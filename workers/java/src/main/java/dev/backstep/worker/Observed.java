package dev.backstep.worker;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.transport.Kind;
import io.micrometer.observation.transport.ReceiverContext;
import java.util.function.Supplier;

/**
 * One observation for each command: with Micrometer Tracing a span in the trace of its flow, with a
 * meter registry a timer {@code backstep.worker} by orchestration, step, action and ending.
 */
final class Observed {

    private final ObservationRegistry registry;

    Observed(ObservationRegistry registry) {
        this.registry = registry;
    }

    /** {@code work} returns how the command ended. */
    String observe(Command command, Supplier<String> work) {
        ReceiverContext<Command> context = new ReceiverContext<>(
                (carrier, name) -> carrier.headers().path(name).asText(null), Kind.CONSUMER);
        context.setCarrier(command);
        Observation observation = Observation.createNotStarted("backstep.worker", () -> context, registry)
                .contextualName(command.action().name().toLowerCase() + " " + command.stepName())
                .lowCardinalityKeyValue("orchestration", command.orchestrationName())
                .lowCardinalityKeyValue("step", command.stepName())
                .lowCardinalityKeyValue("action", command.action().name())
                .highCardinalityKeyValue("backstep.flow_id", command.flowId())
                .highCardinalityKeyValue("backstep.attempt", Integer.toString(command.attempt()));
        return observation.observe(() -> {
            String ending = work.get();
            observation.lowCardinalityKeyValue("ending", ending);
            return ending;
        });
    }
}
