/** What GraphQL takes. Values are checked where they are used (input.ts), with the name of the field. */
import { Field, ID, InputType, Int } from 'type-graphql';
import { FlowStatusEnum, StepStatusEnum } from './enums.js';
import { DateTime, JsonScalar } from './scalars.js';

const nullable = { nullable: true } as const;

@InputType({ description: 'A document to register.' })
export class RegisterOrchestrationInput {
  @Field(() => String, { description: 'YAML or JSON text, as initiator or worker, one or a list.' }) document!: string;
  @Field(() => Boolean, { ...nullable, defaultValue: false, description: 'Only say what it would change.' }) dryRun!: boolean | null;
  @Field(() => String, { ...nullable, description: 'The service that registers.' }) serviceName!: string | null;
}

@InputType({ description: 'What to start.' })
export class ExecuteInput {
  @Field(() => String) orchestrationName!: string;
  @Field(() => JsonScalar, { ...nullable, description: "The flow's input." }) payload!: unknown;
  @Field(() => String, { ...nullable, description: 'The same key again gives the existing flow.' }) idempotencyKey!: string | null;
  @Field(() => JsonScalar, { ...nullable, description: 'An object; it travels on every command.' }) headers!: unknown;
  @Field(() => String, { ...nullable, description: 'Who asks.' }) initiator!: string | null;
}

@InputType({ description: 'Which flows.' })
export class FlowFilterInput {
  @Field(() => [FlowStatusEnum], nullable) statuses!: string[] | null;
  @Field(() => String, nullable) stepName!: string | null;
  @Field(() => [StepStatusEnum], { ...nullable, description: 'Some step has one of these.' }) stepStatuses!: string[] | null;
  @Field(() => String, { ...nullable, description: "Text in some step's error." }) errorContains!: string | null;
  @Field(() => DateTime, nullable) startedAfter!: number | null;
  @Field(() => DateTime, nullable) startedBefore!: number | null;
  @Field(() => String, nullable) idempotencyKey!: string | null;
  @Field(() => String, nullable) initiator!: string | null;
  @Field(() => String, { ...nullable, description: 'Of the headers.' }) correlationId!: string | null;
  @Field(() => JsonScalar, { ...nullable, description: 'Labels the orchestration has, as an object of texts.' }) labels!: unknown;
}

@InputType({ description: 'A flow, and why.' })
export class FlowActionInput {
  @Field(() => ID) flowId!: string;
  @Field(() => String, { description: 'Stored with the action.' }) reason!: string;
}

@InputType({ description: 'A flow to cancel, and why.' })
export class CancelFlowInput {
  @Field(() => ID) flowId!: string;
  @Field(() => String) reason!: string;
  @Field(() => Boolean, { ...nullable, defaultValue: true, description: 'false: end at once, leave things as they are.' }) undo!:
    | boolean
    | null;
}

@InputType({ description: 'A flow to undo, and why.' })
export class UndoFlowInput {
  @Field(() => ID) flowId!: string;
  @Field(() => String) reason!: string;
}

@InputType({ description: 'A step of a flow, and why.' })
export class StepActionInput {
  @Field(() => ID) flowId!: string;
  @Field(() => String) stepName!: string;
  @Field(() => String) reason!: string;
}

@InputType({ description: 'A step to settle by hand, and why.' })
export class SkipStepInput {
  @Field(() => ID) flowId!: string;
  @Field(() => String) stepName!: string;
  @Field(() => String) reason!: string;
  @Field(() => JsonScalar, { ...nullable, description: "Taken as the step's answer." }) output!: unknown;
}

export const PAGE = { first: 'How many, 1 to 100.', after: 'endCursor of the page before.' } as const;
export const firstType = (): typeof Int => Int;
