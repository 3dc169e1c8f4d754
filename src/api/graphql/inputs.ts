/**
 * What GraphQL takes. Values are checked where they are used (src/api/input), with the name of the
 * field.
 */
import { Field, ID, InputType, Int } from 'type-graphql';
import { FlowStatusEnum, StepStatusEnum } from './enums.js';
import { DateTime, JsonScalar } from './scalars.js';

const nullable = { nullable: true } as const;
const FLOW_ID = { description: 'The flow.' } as const;
const STEP_NAME = { description: 'The step, as the orchestration calls it.' } as const;
const REASON = {
  description: 'Why; stored with the action and shown on the timeline. 1 to 2000 characters.',
} as const;

@InputType({ description: 'A document to register.' })
export class RegisterOrchestrationInput {
  @Field(() => String, {
    description:
      'YAML or JSON text, as initiator or worker: one orchestration, or a list under `orchestrations`.',
  })
  document!: string;
  @Field(() => Boolean, {
    ...nullable,
    defaultValue: false,
    description: 'true: only report what it would change; nothing is stored.',
  })
  dryRun!: boolean | null;
  @Field(() => String, {
    ...nullable,
    description: 'The service that registers, 1 to 200 characters.',
  })
  serviceName!: string | null;
}

@InputType({ description: 'What to start.' })
export class ExecuteInput {
  @Field(() => String, {
    description: 'A registered orchestration; its newest version is started.',
  })
  orchestrationName!: string;
  @Field(() => JsonScalar, {
    ...nullable,
    description: "The flow's input, for its first step, or for all of them when parallel.",
  })
  payload!: unknown;
  @Field(() => String, {
    ...nullable,
    description:
      'With a key that was used before, the answer is the flow it started. 1 to 200 characters.',
  })
  idempotencyKey!: string | null;
  @Field(() => JsonScalar, {
    ...nullable,
    description: 'An object; it travels on every command. At most 16 KiB.',
  })
  headers!: unknown;
  @Field(() => String, { ...nullable, description: 'Who starts it, 1 to 200 characters.' })
  initiator!: string | null;
}

@InputType('FlowFilter', { description: 'Which flows: those for which all of this is true.' })
export class FlowFilterInput {
  @Field(() => [FlowStatusEnum], { ...nullable, description: 'Its status is one of these.' })
  statuses!: string[] | null;
  @Field(() => String, {
    ...nullable,
    description: 'It has this step; with stepStatuses, that step has one of them.',
  })
  stepName!: string | null;
  @Field(() => [StepStatusEnum], { ...nullable, description: 'Some step has one of these.' })
  stepStatuses!: string[] | null;
  @Field(() => String, { ...nullable, description: "Text in some step's error." }) errorContains!:
    | string
    | null;
  @Field(() => DateTime, { ...nullable, description: 'Started after then.' }) startedAfter!:
    | number
    | null;
  @Field(() => DateTime, { ...nullable, description: 'Started before then.' }) startedBefore!:
    | number
    | null;
  @Field(() => String, { ...nullable, description: 'Started with this key.' }) idempotencyKey!:
    | string
    | null;
  @Field(() => String, { ...nullable, description: 'Started by this initiator.' }) initiator!:
    | string
    | null;
  @Field(() => String, {
    ...nullable,
    description: 'The header correlationId it was started with.',
  })
  correlationId!: string | null;
  @Field(() => JsonScalar, {
    ...nullable,
    description: 'Labels its orchestration has, as an object of texts.',
  })
  labels!: unknown;
}

@InputType({ description: 'A flow, and why.' })
export class FlowActionInput {
  @Field(() => ID, FLOW_ID) flowId!: string;
  @Field(() => String, REASON) reason!: string;
}

@InputType({ description: 'A flow to end, and why.' })
export class CancelFlowInput {
  @Field(() => ID, FLOW_ID) flowId!: string;
  @Field(() => String, REASON) reason!: string;
  @Field(() => Boolean, {
    ...nullable,
    defaultValue: true,
    description: 'false: end at once and leave things as they are.',
  })
  undo!: boolean | null;
}

@InputType({ description: 'A flow to undo, and why.' })
export class UndoFlowInput {
  @Field(() => ID, FLOW_ID) flowId!: string;
  @Field(() => String, REASON) reason!: string;
  @Field(() => String, {
    ...nullable,
    description:
      'hash of undoPlan: refused as PLAN_CHANGED when the plan is a different one now. Null: the plan is not checked.',
  })
  planHash!: string | null;
}

@InputType({ description: 'A step of a flow, and why.' })
export class StepActionInput {
  @Field(() => ID, FLOW_ID) flowId!: string;
  @Field(() => String, STEP_NAME) stepName!: string;
  @Field(() => String, REASON) reason!: string;
}

@InputType({ description: 'A step to settle by hand, and why.' })
export class SkipStepInput {
  @Field(() => ID, FLOW_ID) flowId!: string;
  @Field(() => String, STEP_NAME) stepName!: string;
  @Field(() => String, REASON) reason!: string;
  @Field(() => JsonScalar, { ...nullable, description: "Taken as the step's answer." })
  output!: unknown;
}

@InputType({ description: 'An orchestration, and why.' })
export class OrchestrationActionInput {
  @Field(() => String, { description: 'A registered orchestration.' }) name!: string;
  @Field(() => String, {
    description: 'Why; stored with the action. 1 to 2000 characters.',
  })
  reason!: string;
  @Field(() => Boolean, {
    ...nullable,
    defaultValue: false,
    description:
      'Of pauseOrchestration. true: new flows are stored and begin when it is resumed; false: they are refused with ORCHESTRATION_PAUSED.',
  })
  queue!: boolean | null;
}

@InputType({
  description:
    'Retries, timeouts and backoff that replace those of the document. Null or absent = what the document has; all of them null removes the policy.',
})
export class SetPolicyInput {
  @Field(() => String, { description: 'A registered orchestration.' }) orchestrationName!: string;
  @Field(() => String, {
    ...nullable,
    description: 'The step, as the orchestration calls it; null = all of its steps.',
  })
  stepName!: string | null;
  @Field(() => Int, { ...nullable, description: 'DO retries, 0 to 1000.' }) maxRetries!:
    | number
    | null;
  @Field(() => Int, { ...nullable, description: 'UNDO retries per round, 0 to 1000.' })
  undoMaxRetries!: number | null;
  @Field(() => Int, {
    ...nullable,
    description: 'How long an attempt of DO may take, in milliseconds, from 1.',
  })
  timeoutMs!: number | null;
  @Field(() => Int, { ...nullable, description: 'The same for UNDO.' }) undoTimeoutMs!:
    | number
    | null;
  @Field(() => JsonScalar, {
    ...nullable,
    description:
      'As in a document: an object of initial, factor, max and jitter, each optional. For DO and UNDO.',
  })
  backoff!: unknown;
  @Field(() => String, {
    description: 'Why; stored with the policy. 1 to 2000 characters.',
  })
  reason!: string;
}
