package dev.backstep.worker;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.micrometer.observation.ObservationRegistry;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.jackson.JacksonAutoConfiguration;
import org.springframework.boot.autoconfigure.kafka.KafkaAutoConfiguration;
import org.springframework.boot.autoconfigure.kafka.KafkaProperties;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/** Starts the workers of the application's {@link BackstepWorker} beans. */
@AutoConfiguration(after = {KafkaAutoConfiguration.class, JacksonAutoConfiguration.class})
@EnableConfigurationProperties(BackstepWorkerProperties.class)
public class BackstepWorkerAutoConfiguration {

    /** Memory, unless the application has another one: {@link JdbcRecordStore}, {@link RedisRecordStore}. */
    @Bean
    @ConditionalOnMissingBean
    RecordStore backstepRecordStore() {
        return new MemoryRecordStore();
    }

    @Bean
    WorkerContainers backstepWorkers(
            ListableBeanFactory beans,
            BackstepWorkerProperties properties,
            KafkaProperties kafka,
            RecordStore store,
            ObjectMapper mapper,
            ObjectProvider<ObservationRegistry> observations) {
        Observed observed = new Observed(observations.getIfAvailable(() -> ObservationRegistry.NOOP));
        return new WorkerContainers(beans, properties, kafka, store, mapper, observed);
    }
}
