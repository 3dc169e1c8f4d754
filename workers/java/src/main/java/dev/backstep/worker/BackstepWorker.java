package dev.backstep.worker;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.springframework.stereotype.Component;

/** A bean with the steps of one orchestration: methods with {@link StepDo} and {@link StepUndo}. */
@Documented
@Component
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface BackstepWorker {

    /** The name of the orchestration. */
    String value();
}
