package dev.backstep.worker;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.backstep.worker.Command.Action;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.annotation.AnnotatedElementUtils;

/** Finds the methods with {@link StepDo} and {@link StepUndo}, and calls them. */
final class StepMethods {

    /** @param concurrency 0 = the default */
    record Step(String orchestration, String name, Action action, int concurrency, Handling.Handler handler) {}

    private static final String NAME = "[A-Za-z0-9_-]{1,100}";

    private final ObjectMapper mapper;

    StepMethods(ObjectMapper mapper) {
        this.mapper = mapper;
    }

    List<Step> in(ListableBeanFactory beans) {
        List<Step> steps = new ArrayList<>();
        beans.getBeansWithAnnotation(BackstepWorker.class).forEach((name, bean) -> {
            Class<?> type = AopUtils.getTargetClass(bean);
            String orchestration =
                    AnnotatedElementUtils.findMergedAnnotation(type, BackstepWorker.class).value();
            check("orchestration", orchestration);
            for (Method method : MethodIntrospector.selectMethods(type, StepMethods::isStep)) {
                steps.add(stepOf(orchestration, bean, method));
            }
        });
        for (Step step : steps) {
            if (steps.stream().filter(other -> isSame(step, other)).count() > 1) {
                throw new IllegalStateException(step.orchestration() + ": two methods are for the " + step.action()
                        + " of " + step.name());
            }
        }
        return steps;
    }

    private static boolean isSame(Step one, Step other) {
        return one.orchestration().equals(other.orchestration())
                && one.name().equals(other.name())
                && one.action() == other.action();
    }

    private static boolean isStep(Method method) {
        return AnnotatedElementUtils.hasAnnotation(method, StepDo.class)
                || AnnotatedElementUtils.hasAnnotation(method, StepUndo.class);
    }

    private Step stepOf(String orchestration, Object bean, Method method) {
        Method callable = AopUtils.selectInvocableMethod(method, bean.getClass());
        callable.setAccessible(true);
        Handling.Handler handler = (command, work) -> call(bean, callable, command, work);
        StepDo does = AnnotatedElementUtils.findMergedAnnotation(method, StepDo.class);
        StepUndo undoes = AnnotatedElementUtils.findMergedAnnotation(method, StepUndo.class);
        String name = does != null ? does.value() : undoes.value();
        check("step", name);
        return does != null
                ? new Step(orchestration, name, Action.DO, does.concurrency(), handler)
                : new Step(orchestration, name, Action.UNDO, undoes.concurrency(), handler);
    }

    private Object call(Object bean, Method method, Command command, Work work) throws Throwable {
        Object[] values = new Object[method.getParameterCount()];
        for (int at = 0; at < values.length; at++) {
            Class<?> type = method.getParameterTypes()[at];
            if (type == Command.class) {
                values[at] = command;
            } else if (type == Work.class) {
                values[at] = work;
            } else {
                values[at] = payload(command, method, at);
            }
        }
        try {
            return method.invoke(bean, values);
        } catch (InvocationTargetException thrown) {
            throw thrown.getCause();
        }
    }

    /** A payload of another form never fits: no other attempt can succeed. */
    private Object payload(Command command, Method method, int at) {
        var type = mapper.getTypeFactory().constructType(method.getGenericParameterTypes()[at]);
        try {
            return mapper.treeToValue(command.payload(), type);
        } catch (com.fasterxml.jackson.core.JsonProcessingException error) {
            throw new FinalException(
                    "the payload is not " + type.toCanonical() + ": " + error.getOriginalMessage(),
                    "PAYLOAD_UNREADABLE",
                    error);
        }
    }

    private static void check(String what, String name) {
        if (!name.matches(NAME)) {
            throw new IllegalStateException("the " + what + " \"" + name
                    + "\" cannot be used; expected 1 to 100 letters, digits, \"_\" or \"-\"");
        }
    }
}
