/** A flow as callers see it: a view made for the answer and thrown away. */
import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import type { Flow } from '../../../saga/flow.js';
import { FlowStatusEnum, OrchestrationTypeEnum } from '../enums.js';
import { DateTime, JsonScalar, type JsonText } from '../scalars.js';
import { StepRunView, shownPayload, type Trouble } from './step.js';

const nullable = { nullable: true } as const;

@ObjectType('Flow', { description: 'One run of an orchestration.' })
export class FlowView {
  /** `trouble`: why its payloads cannot be shown. */
  constructor(
    readonly flow: Flow,
    private readonly trouble: Trouble = null,
  ) {}
  static of(flow: Flow | null | undefined): FlowView | null {
    return flow === null || flow === undefined ? null : new FlowView(flow);
  }
  @Field(() => ID, { description: 'Its name, unique.' }) get flowId(): string {
    return this.flow.flowId;
  }
  @Field(() => String, { description: 'The orchestration it runs.' })
  get orchestrationName(): string {
    return this.flow.orchestration.name;
  }
  @Field(() => Int, { description: 'The version it started with and keeps.' })
  get orchestrationVersion(): number {
    return this.flow.orchestration.version;
  }
  @Field(() => OrchestrationTypeEnum, {
    description: 'Whether its steps run one after the other or all at once.',
  })
  get type(): string {
    return this.flow.orchestration.type;
  }
  @Field(() => FlowStatusEnum, { description: 'Its status.' }) get status(): string {
    return this.flow.status;
  }
  @Field(() => Boolean, {
    description:
      'Paused by an operator, or held because a step is out of retries and an operator decides.',
  })
  get paused(): boolean {
    return this.flow.paused || this.flow.held;
  }
  @Field(() => JsonScalar, { ...nullable, description: 'The payload it was started with.' })
  get input(): JsonText | null {
    return shownPayload(this.flow.input, this.trouble);
  }
  @Field(() => JsonScalar, {
    ...nullable,
    description: 'Of a completed flow: the last answer, or `{stepName: answer}` when parallel.',
  })
  get output(): JsonText | null {
    return shownPayload(this.flow.output, this.trouble);
  }
  @Field(() => JsonScalar, {
    ...nullable,
    description: "The initiator's own headers; they travel on every command.",
  })
  get headers(): unknown {
    return this.flow.headers;
  }
  @Field(() => String, { ...nullable, description: 'Who started it, as the start named them.' })
  get initiator(): string | null {
    return this.flow.initiator;
  }
  @Field(() => String, { ...nullable, description: 'The key it was started with.' })
  get idempotencyKey(): string | null {
    return this.flow.idempotencyKey;
  }
  @Field(() => String, {
    ...nullable,
    description: 'Why it turned around, failed or was cancelled.',
  })
  get failureReason(): string | null {
    return this.flow.failureReason;
  }
  @Field(() => DateTime, { description: 'When it was started.' }) get startedAt(): number {
    return this.flow.startedAt;
  }
  @Field(() => DateTime, { ...nullable, description: 'When it reached a terminal status.' })
  get endedAt(): number | null {
    return this.flow.endedAt;
  }
  @Field(() => Float, { ...nullable, description: 'From startedAt to endedAt, in milliseconds.' })
  get durationMs(): number | null {
    return this.flow.endedAt === null ? null : this.flow.endedAt - this.flow.startedAt;
  }
  @Field(() => DateTime, { ...nullable, description: 'When it turns around by itself.' })
  get deadline(): number | null {
    return this.flow.deadline;
  }
  @Field(() => DateTime, { ...nullable, description: 'Since when it is paused or held.' })
  get pausedAt(): number | null {
    return this.flow.pausedAt ?? (this.flow.held ? this.flow.deadlineStoppedAt : null);
  }
  @Field(() => String, { ...nullable, description: 'Why it is paused or held.' }) get pauseReason():
    | string
    | null {
    return (
      this.flow.pauseReason ??
      (this.flow.held ? 'held: a step is out of retries and an operator decides' : null)
    );
  }
  @Field(() => Int, { description: 'Number of its last event: the cursor for flowEvents.' })
  get lastEventNumber(): number {
    return this.flow.lastEventNumber;
  }
  @Field(() => [StepRunView], { description: 'By seq.' }) get steps(): StepRunView[] {
    return this.flow.steps.map((step) => new StepRunView(step, this.trouble));
  }
}
