/** Names that appear in answers, letter for letter as stored. */
import { registerEnumType } from 'type-graphql';
import { AUDIT_OUTCOMES, QUARANTINE_STATES } from '../../engine/ports.js';
import { COMPONENT_MEANINGS, COMPONENTS } from '../../observability/log.js';
import { FLOW_STATUSES, STEP_STATUSES } from '../../saga/flow.js';

const named = <T extends string>(names: readonly T[]): { readonly [K in T]: K } =>
  Object.fromEntries(names.map((name) => [name, name])) as { readonly [K in T]: K };

export const OrchestrationTypeEnum = named(['SEQUENTIAL', 'PARALLEL']);
registerEnumType(OrchestrationTypeEnum, {
  name: 'OrchestrationType',
  description: 'Steps one after the other, or all at once.',
  valuesConfig: {
    SEQUENTIAL: { description: 'One step after the other, by seq.' },
    PARALLEL: { description: 'All steps at once.' },
  },
});

export const RegistrationStatusEnum = named(['REGISTERED', 'PARTIALLY_REGISTERED']);
registerEnumType(RegistrationStatusEnum, {
  name: 'RegistrationStatus',
  description:
    'Whether every step has a registered worker. For information: flows also run without registered workers.',
  valuesConfig: {
    REGISTERED: { description: 'Every step has a registered worker.' },
    PARTIALLY_REGISTERED: { description: 'Some step has none.' },
  },
});

export const FlowStatusEnum = named(FLOW_STATUSES);
registerEnumType(FlowStatusEnum, {
  name: 'FlowStatus',
  description: 'Status of a flow.',
  valuesConfig: {
    IN_PROGRESS: { description: 'Steps are being done.' },
    COMPLETED: { description: 'Every step is done.' },
    UNDOING: { description: 'It turned around: what was done is being undone.' },
    UNDONE: { description: 'Everything that was done is undone.' },
    FAILED: {
      description: 'An UNDO is out of retries and something done remains: a person is needed.',
    },
    CANCELLED: { description: 'Ended by an operator without undo.' },
  },
});

export const StepStatusEnum = named(STEP_STATUSES);
registerEnumType(StepStatusEnum, {
  name: 'StepStatus',
  description: 'Status of a step of a flow.',
  valuesConfig: {
    PENDING: { description: 'Its DO was not sent yet.' },
    IN_PROGRESS: { description: 'Its DO was sent and is not answered.' },
    DO_SUCCESS: { description: 'Done.' },
    DO_FAIL: { description: 'A DO failed; with a next attempt time it will be retried.' },
    RETRY_EXHAUSTED: { description: 'Its DO is out of retries.' },
    UNDOING: { description: 'Its UNDO was sent and is not answered.' },
    UNDO_SUCCESS: { description: 'Undone.' },
    UNDO_FAIL: {
      description:
        'An UNDO failed; with a next attempt time it will be retried, without it is final.',
    },
  },
});

export const StepActionEnum = named(['DO', 'UNDO']);
registerEnumType(StepActionEnum, {
  name: 'StepAction',
  description: 'What a worker has to do for a command.',
  valuesConfig: { DO: { description: 'Do the step.' }, UNDO: { description: 'Undo the step.' } },
});

export const LogLevelEnum = { DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;
registerEnumType(LogLevelEnum, {
  name: 'LogLevel',
  description: 'The least level that is logged.',
  valuesConfig: {
    DEBUG: { description: 'Everything: each event of a flow, each message.' },
    INFO: { description: 'What changes how the gateway runs.' },
    WARN: { description: 'What is tried again, and what somebody should look at.' },
    ERROR: { description: 'What somebody must look at.' },
  },
});

export const LogComponentEnum = named(COMPONENTS);
registerEnumType(LogComponentEnum, {
  name: 'LogComponent',
  description: 'A part of the gateway, as in LOG_LEVELS and in the lines of the log.',
  valuesConfig: Object.fromEntries(
    COMPONENTS.map((name) => [name, { description: COMPONENT_MEANINGS[name] }]),
  ),
});

export const AuditOutcomeEnum = named(AUDIT_OUTCOMES);
registerEnumType(AuditOutcomeEnum, {
  name: 'AuditOutcome',
  description: 'Result of a mutation.',
  valuesConfig: {
    DONE: { description: 'It was done.' },
    REFUSED: { description: 'It was refused: `code` has why.' },
  },
});

export const QuarantineStateEnum = named(QUARANTINE_STATES);
registerEnumType(QuarantineStateEnum, {
  name: 'QuarantineState',
  description: 'State of a record that could not be used.',
  valuesConfig: {
    OPEN: { description: 'Neither replayed nor discarded yet.' },
    REPLAYED: { description: 'It was read again, and counted.' },
    DISCARDED: { description: 'It was discarded by an operator.' },
  },
});
