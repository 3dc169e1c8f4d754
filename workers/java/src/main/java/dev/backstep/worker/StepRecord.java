package dev.backstep.worker;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.backstep.worker.Command.Action;

/**
 * What a worker remembers of one step of one flow, and what follows for a command. Workers in other
 * languages keep the same JSON. With any UNDO in the record no DO runs any more.
 */
public record StepRecord(
        @JsonProperty("do") ActionRecord done, @JsonProperty("undo") ActionRecord undone) {

    static final StepRecord NOTHING_KNOWN = new StepRecord(null, null);

    /**
     * @param state running, done, failed; of UNDO also requested: an UNDO came while a DO ran
     * @param until of running: ms since the epoch; its owner prolongs it, afterwards it has crashed
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record ActionRecord(String state, String owner, Long until, StoredOutcome outcome) {

        static ActionRecord of(String state) {
            return new ActionRecord(state, null, null, null);
        }

        boolean is(String expected) {
            return state.equals(expected);
        }

        boolean runs(long now) {
            return is("running") && until > now;
        }

        boolean isOf(String other) {
            return is("running") && owner.equals(other);
        }
    }

    /** Of a success: `payload` is JSON text, or null. */
    public record StoredOutcome(String kind, String payload, com.fasterxml.jackson.databind.node.ObjectNode headers) {}

    enum Kind {
        /** Store the record, then run the handler. */
        RUN,
        /** It was done before: reply the same again. */
        REPEAT,
        /** No DO ever began: store the record, reply success, run nothing. */
        NOTHING_TO_UNDO,
        /** A DO after its UNDO. */
        REFUSE,
        /** Another handler of this step runs, until then at most. */
        WAIT
    }

    record Decision(Kind kind, StepRecord record, StoredOutcome outcome, long until) {}

    /** @param complete a missing record proves that no DO began: the store forgets nothing */
    record Moment(String owner, long now, long until, boolean complete) {}

    Decision decide(Action action, Moment moment) {
        return action == Action.DO ? decideDo(moment) : decideUndo(moment);
    }

    private Decision decideDo(Moment moment) {
        if (undone != null) {
            return new Decision(Kind.REFUSE, this, null, 0);
        }
        if (done != null && done.is("done")) {
            return new Decision(Kind.REPEAT, this, done.outcome(), 0);
        }
        if (done != null && done.runs(moment.now())) {
            return new Decision(Kind.WAIT, this, null, done.until());
        }
        return new Decision(Kind.RUN, new StepRecord(running(moment), null), null, 0);
    }

    private Decision decideUndo(Moment moment) {
        if (undone != null && undone.is("done")) {
            return new Decision(Kind.REPEAT, this, undone.outcome(), 0);
        }
        if (undone != null && undone.runs(moment.now())) {
            return new Decision(Kind.WAIT, this, null, undone.until());
        }
        if (done != null && done.runs(moment.now())) {
            StepRecord requested = undone != null ? this : new StepRecord(done, ActionRecord.of("requested"));
            return new Decision(Kind.WAIT, requested, null, done.until());
        }
        if (done == null && moment.complete()) {
            StepRecord record = with(Action.UNDO, doneBy(Outcome.Success.empty()));
            return new Decision(Kind.NOTHING_TO_UNDO, record, null, 0);
        }
        return new Decision(Kind.RUN, with(Action.UNDO, running(moment)), null, 0);
    }

    /** The record after the handler of this owner has ended; null = another one has taken over. */
    StepRecord ended(Action action, String owner, Outcome outcome) {
        ActionRecord held = of(action);
        if (outcome instanceof Outcome.Success success) {
            // Also when its time had run out and another one runs or has failed.
            return held != null && held.is("done") ? null : with(action, doneBy(success));
        }
        return held != null && held.isOf(owner) ? with(action, ActionRecord.of("failed")) : null;
    }

    /** The record with more time for this owner; null = another one has taken over. */
    StepRecord prolonged(Action action, String owner, long until) {
        ActionRecord held = of(action);
        boolean mine = held != null && held.isOf(owner);
        return mine ? with(action, new ActionRecord("running", owner, until, null)) : null;
    }

    private ActionRecord of(Action action) {
        return action == Action.DO ? done : undone;
    }

    private StepRecord with(Action action, ActionRecord record) {
        return action == Action.DO ? new StepRecord(record, undone) : new StepRecord(done, record);
    }

    private static ActionRecord running(Moment moment) {
        return new ActionRecord("running", moment.owner(), moment.until(), null);
    }

    private static ActionRecord doneBy(Outcome.Success success) {
        String payload = success.payload() == null
                ? null
                : new String(Messages.bytes(success.payload()), java.nio.charset.StandardCharsets.UTF_8);
        return new ActionRecord("done", null, null, new StoredOutcome("success", payload, success.headers()));
    }
}
