package dev.backstep.worker;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Undoes what the {@link StepDo} of the same step did; what is gone already is a success. Parameters as
 * there; the payload is what the DO returned, or its input when that is not known.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface StepUndo {

    /** The name of the step. */
    String value();

    /** Commands at a time; 0 = backstep.worker.concurrency. */
    int concurrency() default 0;
}
