/** A step of a flow, and what may be done about it. */
import { Field, Float, Int, ObjectType } from 'type-graphql';
import { type Payload, retryCountOf, type StepRun, undoRetryCountOf } from '../../../saga/flow.js';
import { StepStatusEnum } from '../enums.js';
import { DateTime, JsonScalar, JsonText } from '../scalars.js';

const nullable = { nullable: true } as const;

/** Why payloads cannot be shown; null = they can. */
export type Trouble = { readonly cause: unknown } | null;

export function shownPayload(payload: Payload, trouble: Trouble): JsonText | null {
  if (trouble !== null) throw trouble.cause;
  return JsonText.of(payload);
}

@ObjectType('StepRun', { description: 'A step of one flow.' })
export class StepRunView {
  constructor(
    private readonly step: StepRun,
    private readonly trouble: Trouble,
  ) {}
  @Field(() => String, { description: 'As the orchestration calls it.' }) get stepName(): string {
    return this.step.definition.name;
  }
  @Field(() => Int, { description: 'Its position in the order of steps.' }) get seq(): number {
    return this.step.definition.seq;
  }
  @Field(() => String, {
    ...nullable,
    description: 'What kind of object it works on, as registered.',
  })
  get objectType(): string | null {
    return this.step.definition.objectType;
  }
  @Field(() => StepStatusEnum, { description: 'Its status.' }) get status(): string {
    return this.step.status;
  }
  @Field(() => Int, { description: 'DO retries used.' }) get retryCount(): number {
    return retryCountOf(this.step);
  }
  @Field(() => Int, { description: 'DO retries allowed: 3 means up to 4 commands.' })
  get maxRetries(): number {
    return this.step.definition.maxRetries;
  }
  @Field(() => Int, { description: 'UNDO retries used in the current round.' })
  get undoRetryCount(): number {
    return undoRetryCountOf(this.step);
  }
  @Field(() => Int, { description: 'UNDO retries allowed per round.' })
  get undoMaxRetries(): number {
    return this.step.definition.undoMaxRetries;
  }
  @Field(() => String, { ...nullable, description: 'Error message of the last failed attempt.' })
  get errorMessage(): string | null {
    return this.step.errorMessage;
  }
  @Field(() => String, { ...nullable, description: "The worker's code for it, when it sent one." })
  get errorCode(): string | null {
    return this.step.errorCode;
  }
  @Field(() => JsonScalar, { ...nullable, description: 'Payload of its DO command.' })
  get input(): JsonText | null {
    return shownPayload(this.step.input, this.trouble);
  }
  @Field(() => JsonScalar, {
    ...nullable,
    description: 'Payload of its reply; its UNDO gets the same.',
  })
  get output(): JsonText | null {
    return shownPayload(this.step.output, this.trouble);
  }
  @Field(() => DateTime, { ...nullable, description: 'When its first DO was sent.' })
  get startedAt(): number | null {
    return this.step.startedAt;
  }
  @Field(() => DateTime, { ...nullable, description: 'When its DO was decided.' }) get endedAt():
    | number
    | null {
    return this.step.endedAt;
  }
  @Field(() => DateTime, { ...nullable, description: 'When its UNDO succeeded.' }) get undoneAt():
    | number
    | null {
    return this.step.undoneAt;
  }
  @Field(() => Float, { ...nullable, description: 'From startedAt to endedAt, in milliseconds.' })
  get durationMs(): number | null {
    return this.step.startedAt === null || this.step.endedAt === null
      ? null
      : this.step.endedAt - this.step.startedAt;
  }
  @Field(() => DateTime, { ...nullable, description: 'When it will be tried again.' })
  get nextAttemptAt(): number | null {
    return this.step.nextAttemptAt;
  }
  @Field(() => DateTime, { ...nullable, description: 'When the open attempt times out.' })
  get deadline(): number | null {
    return this.step.open?.deadline ?? null;
  }
  @Field(() => Float, { ...nullable, description: 'From 0 to 1, as the worker last reported.' })
  get progress(): number | null {
    return this.step.progress;
  }
  @Field(() => String, { ...nullable, description: 'Message of the worker about its progress.' })
  get progressMessage(): string | null {
    return this.step.progressMessage;
  }
  @Field(() => Boolean, { description: 'Settled by an operator with skipStep.' })
  get skipped(): boolean {
    return this.step.skipped;
  }
}

@ObjectType('AvailableAction', {
  description: 'An operator action, and whether it is allowed now.',
})
export class AvailableActionView {
  @Field(() => String, { description: 'Name of the mutation.' }) name!: string;
  @Field(() => String, { ...nullable, description: 'The step it would be about.' }) stepName!:
    | string
    | null;
  @Field(() => Boolean, { description: 'Whether it would be done.' }) allowed!: boolean;
  @Field(() => String, { ...nullable, description: 'Why not.' }) reason!: string | null;
}
