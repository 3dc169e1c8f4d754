package dev.backstep.worker;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Does a step. Parameters, in any order: the payload (any type that Jackson reads), {@link Command},
 * {@link Work}. What it returns is the reply's payload. What it throws fails the step: see {@link
 * FinalException} and {@link UnknownOutcomeException}.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
public @interface StepDo {

    /** The name of the step. */
    String value();

    /** Commands at a time; 0 = backstep.worker.concurrency. */
    int concurrency() default 0;
}
