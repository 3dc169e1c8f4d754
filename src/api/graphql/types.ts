/** What GraphQL answers: views of what the engine gives, made for the answer and thrown away. */
import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import type { Problem, RegistrationRow } from '../../engine/ports.js';
import type { DefinitionChange, Registered, StepChange } from '../../engine/service.js';
import type { FlowEvent } from '../../saga/event.js';
import { type Flow, type Payload, retryCountOf, type StepRun, undoRetryCountOf } from '../../saga/flow.js';
import type { StepDefinition } from '../../saga/orchestration.js';
import { sentenceOf } from '../event-words.js';
import { FlowStatusEnum, OrchestrationTypeEnum, RegistrationStatusEnum, StepActionEnum, StepStatusEnum } from './enums.js';
import { DateTime, JsonScalar, JsonText } from './scalars.js';

const json = (payload: Payload): JsonText | null => (payload === null ? null : new JsonText(payload));
const nullable = { nullable: true } as const;

@ObjectType('Problem', { description: 'Why something was not done, and what would be right.' })
export class ProblemView {
  @Field(() => String, { description: 'One of the codes in docs/protocol.md.' }) code!: string;
  @Field(() => String, { description: 'For people.' }) message!: string;
  @Field(() => String, { ...nullable, description: 'The field it is about.' }) path!: string | null;
  @Field(() => Int, { ...nullable, description: 'Line of the document, from 1.' }) line!: number | null;
  @Field(() => [String], { description: 'Did you mean …' }) suggestions!: readonly string[];
  static of(problem: Problem): ProblemView {
    return Object.assign(new ProblemView(), problem);
  }
}

@ObjectType('StepRun', { description: 'A step of one flow.' })
export class StepRunView {
  constructor(private readonly step: StepRun) {}
  @Field(() => String) get stepName(): string {
    return this.step.definition.name;
  }
  @Field(() => Int, { description: 'Its place in the order.' }) get seq(): number {
    return this.step.definition.seq;
  }
  @Field(() => String, nullable) get objectType(): string | null {
    return this.step.definition.objectType;
  }
  @Field(() => StepStatusEnum) get status(): string {
    return this.step.status;
  }
  @Field(() => Int, { description: 'DO retries used.' }) get retryCount(): number {
    return retryCountOf(this.step);
  }
  @Field(() => Int, { description: 'DO retries allowed.' }) get maxRetries(): number {
    return this.step.definition.maxRetries;
  }
  @Field(() => Int, { description: 'UNDO retries used in the current round.' }) get undoRetryCount(): number {
    return undoRetryCountOf(this.step);
  }
  @Field(() => Int, { description: 'UNDO retries allowed per round.' }) get undoMaxRetries(): number {
    return this.step.definition.undoMaxRetries;
  }
  @Field(() => String, { ...nullable, description: 'What the worker said when it last failed.' }) get errorMessage(): string | null {
    return this.step.errorMessage;
  }
  @Field(() => String, nullable) get errorCode(): string | null {
    return this.step.errorCode;
  }
  @Field(() => JsonScalar, { ...nullable, description: 'Payload of its DO command.' }) get input(): JsonText | null {
    return json(this.step.input);
  }
  @Field(() => JsonScalar, { ...nullable, description: 'Payload of its answer.' }) get output(): JsonText | null {
    return json(this.step.output);
  }
  @Field(() => DateTime, nullable) get startedAt(): number | null {
    return this.step.startedAt;
  }
  @Field(() => DateTime, { ...nullable, description: 'When its last DO was answered.' }) get endedAt(): number | null {
    return this.step.endedAt;
  }
  @Field(() => DateTime, nullable) get undoneAt(): number | null {
    return this.step.undoneAt;
  }
  @Field(() => Float, { ...nullable, description: 'From start to end of DO, ms.' }) get durationMs(): number | null {
    return this.step.startedAt === null || this.step.endedAt === null ? null : this.step.endedAt - this.step.startedAt;
  }
  @Field(() => DateTime, { ...nullable, description: 'When it will be tried again.' }) get nextAttemptAt(): number | null {
    return this.step.nextAttemptAt;
  }
  @Field(() => DateTime, { ...nullable, description: 'When the open attempt times out.' }) get deadline(): number | null {
    return this.step.open?.deadline ?? null;
  }
  @Field(() => Float, { ...nullable, description: '0 to 1, as the worker reported.' }) get progress(): number | null {
    return this.step.progress;
  }
  @Field(() => String, nullable) get progressMessage(): string | null {
    return this.step.progressMessage;
  }
  @Field(() => Boolean, { description: 'Settled by hand.' }) get skipped(): boolean {
    return this.step.skipped;
  }
}

@ObjectType('FlowEvent', { description: 'Something that happened to a flow. `number` is the cursor of subscriptions.' })
export class FlowEventView {
  constructor(
    private readonly id: string,
    private readonly event: FlowEvent,
  ) {}
  @Field(() => ID) get flowId(): string {
    return this.id;
  }
  @Field(() => Int, { description: 'From 1, per flow.' }) get number(): number {
    return this.event.number;
  }
  @Field(() => String, { description: 'One of the types in docs/protocol.md.' }) get type(): string {
    return this.event.type;
  }
  @Field(() => DateTime) get at(): number {
    return this.event.at;
  }
  @Field(() => String, nullable) get stepName(): string | null {
    return 'stepName' in this.event ? this.event.stepName : null;
  }
  @Field(() => StepActionEnum, nullable) get action(): string | null {
    if ('action' in this.event && (this.event.action === 'DO' || this.event.action === 'UNDO')) return this.event.action;
    return this.event.type.startsWith('UNDO_') ? 'UNDO' : this.event.type.startsWith('DO_') ? 'DO' : null;
  }
  @Field(() => Int, nullable) get attempt(): number | null {
    return 'attempt' in this.event ? this.event.attempt : null;
  }
  @Field(() => StepStatusEnum, { ...nullable, description: 'Of the step, afterwards.' }) get stepStatus(): string | null {
    return this.event.stepStatus;
  }
  @Field(() => FlowStatusEnum, { ...nullable, description: 'Of the flow, afterwards.' }) get flowStatus(): string | null {
    return this.event.flowStatus;
  }
  @Field(() => String, { ...nullable, description: 'In a sentence.' }) get message(): string | null {
    return sentenceOf(this.event);
  }
  @Field(() => String, { ...nullable, description: 'The operator, when one acted.' }) get actor(): string | null {
    return 'actor' in this.event ? this.event.actor : null;
  }
  @Field(() => JsonScalar, { ...nullable, description: 'What else belongs to this type.' }) get details(): unknown {
    const {
      number: _n,
      at: _a,
      type: _t,
      flowStatus: _f,
      stepStatus: _s,
      stepStatusBefore: _b,
      ...rest
    } = this.event as FlowEvent & Record<string, unknown>;
    return { ...rest, ...('output' in rest && typeof rest.output === 'string' && { output: JSON.parse(rest.output) as unknown }) };
  }
}

@ObjectType('AvailableAction', { description: 'What an operator may do now, and why not.' })
export class AvailableActionView {
  @Field(() => String) name!: string;
  @Field(() => String, nullable) stepName!: string | null;
  @Field(() => Boolean) allowed!: boolean;
  @Field(() => String, nullable) reason!: string | null;
}

@ObjectType('Flow', { description: 'One run of an orchestration.' })
export class FlowView {
  constructor(readonly flow: Flow) {}
  @Field(() => ID) get flowId(): string {
    return this.flow.flowId;
  }
  @Field(() => String) get orchestrationName(): string {
    return this.flow.orchestration.name;
  }
  @Field(() => Int, { description: 'The version it started with and keeps.' }) get orchestrationVersion(): number {
    return this.flow.orchestration.version;
  }
  @Field(() => OrchestrationTypeEnum) get type(): string {
    return this.flow.orchestration.type;
  }
  @Field(() => FlowStatusEnum) get status(): string {
    return this.flow.status;
  }
  @Field(() => Boolean, { description: 'Paused by an operator, or held because a step is out of retries.' }) get paused(): boolean {
    return this.flow.paused || this.flow.held;
  }
  @Field(() => JsonScalar, { ...nullable, description: 'The start payload.' }) get input(): JsonText | null {
    return json(this.flow.input);
  }
  @Field(() => JsonScalar, { ...nullable, description: 'Of a completed flow.' }) get output(): JsonText | null {
    return json(this.flow.output);
  }
  @Field(() => JsonScalar, { ...nullable, description: "The initiator's own headers." }) get headers(): unknown {
    return this.flow.headers;
  }
  @Field(() => String, nullable) get initiator(): string | null {
    return this.flow.initiator;
  }
  @Field(() => String, nullable) get idempotencyKey(): string | null {
    return this.flow.idempotencyKey;
  }
  @Field(() => String, { ...nullable, description: 'Why it turned around, failed or was cancelled.' }) get failureReason(): string | null {
    return this.flow.failureReason;
  }
  @Field(() => DateTime) get startedAt(): number {
    return this.flow.startedAt;
  }
  @Field(() => DateTime, nullable) get endedAt(): number | null {
    return this.flow.endedAt;
  }
  @Field(() => Float, nullable) get durationMs(): number | null {
    return this.flow.endedAt === null ? null : this.flow.endedAt - this.flow.startedAt;
  }
  @Field(() => DateTime, { ...nullable, description: 'When it turns around by itself.' }) get deadline(): number | null {
    return this.flow.deadline;
  }
  @Field(() => DateTime, nullable) get pausedAt(): number | null {
    return this.flow.pausedAt ?? (this.flow.held ? this.flow.deadlineStoppedAt : null);
  }
  @Field(() => String, nullable) get pauseReason(): string | null {
    return this.flow.pauseReason ?? (this.flow.held ? 'held: a step is out of retries and an operator decides' : null);
  }
  @Field(() => Int, { description: 'The cursor for flowEvents.' }) get lastEventNumber(): number {
    return this.flow.lastEventNumber;
  }
  @Field(() => [StepRunView], { description: 'By seq.' }) get steps(): StepRunView[] {
    return this.flow.steps.map((step) => new StepRunView(step));
  }
}

@ObjectType('StepDefinition', { description: 'A step as registered.' })
export class StepDefinitionView {
  constructor(
    private readonly step: StepDefinition,
    private readonly topics: readonly [string, string],
    private readonly services: readonly string[],
  ) {}
  @Field(() => Int) get seq(): number {
    return this.step.seq;
  }
  @Field(() => String) get name(): string {
    return this.step.name;
  }
  @Field(() => String, nullable) get objectType(): string | null {
    return this.step.objectType;
  }
  @Field(() => Int) get maxRetries(): number {
    return this.step.maxRetries;
  }
  @Field(() => Int) get undoMaxRetries(): number {
    return this.step.undoMaxRetries;
  }
  @Field(() => Int, { ...nullable, description: 'Of a DO attempt.' }) get timeoutMs(): number | null {
    return Math.min(this.step.timeoutMs, 2_147_483_647);
  }
  @Field(() => String) get doTopic(): string {
    return this.topics[0];
  }
  @Field(() => String) get undoTopic(): string {
    return this.topics[1];
  }
  @Field(() => [String], { description: 'Services that registered as its worker.' }) get workers(): readonly string[] {
    return this.services;
  }
}

@ObjectType('Orchestration', { description: 'A recipe: steps with a DO and an UNDO each.' })
export class OrchestrationView {
  constructor(readonly row: RegistrationRow) {}
  @Field(() => String) get name(): string {
    return this.row.orchestration.name;
  }
  @Field(() => Int) get version(): number {
    return this.row.orchestration.version;
  }
  @Field(() => OrchestrationTypeEnum) get type(): string {
    return this.row.orchestration.type;
  }
  @Field(() => Boolean, { description: 'No new DO in any of its flows.' }) get paused(): boolean {
    return this.row.paused;
  }
  @Field(() => Boolean, { description: 'It takes no new flows.' }) get archived(): boolean {
    return this.row.archived;
  }
  @Field(() => JsonScalar, nullable) get labels(): unknown {
    return this.row.orchestration.labels;
  }
  @Field(() => String, { ...nullable, description: 'The service that registered it.' }) get initiator(): string | null {
    return this.row.initiator;
  }
  @Field(() => DateTime) get createdAt(): number {
    return this.row.createdAt;
  }
}

@ObjectType('DefinitionChange', { description: 'What a registration changes.' })
export class DefinitionChangeView {
  @Field(() => String) kind!: string;
  @Field(() => Boolean) breaking!: boolean;
  @Field(() => String) description!: string;
  @Field(() => Int, { description: 'Flows that keep the old version.' }) flowsInFlight!: number;
}

@ObjectType('Registration', { description: 'One orchestration of a document.' })
export class RegistrationView {
  @Field(() => String) orchestrationName!: string;
  @Field(() => String, { description: 'initiator or worker' }) as!: string;
  @Field(() => Int, { ...nullable, description: 'Null: a worker came before its initiator.' }) version!: number | null;
  @Field(() => Boolean) changed!: boolean;
  @Field(() => RegistrationStatusEnum) status!: string;
  @Field(() => [DefinitionChangeView]) changes!: readonly DefinitionChange[];
  static of(registered: Registered): RegistrationView {
    return Object.assign(new RegistrationView(), registered);
  }
}

@ObjectType('RegisterOrchestrationPayload', { description: 'With problems, nothing of the document was stored.' })
export class RegisterPayload {
  @Field(() => [RegistrationView]) registrations!: readonly RegistrationView[];
  @Field(() => [ProblemView]) problems!: readonly ProblemView[];
}

@ObjectType('ExecutePayload', { description: 'The flow; `created` is false when the key was known.' })
export class ExecutePayload {
  @Field(() => FlowView, nullable) flow!: FlowView | null;
  @Field(() => Boolean) created!: boolean;
  @Field(() => [ProblemView]) problems!: readonly ProblemView[];
}

@ObjectType('FlowPayload', { description: 'The flow afterwards, or why nothing was done.' })
export class FlowPayload {
  @Field(() => FlowView, nullable) flow!: FlowView | null;
  @Field(() => [ProblemView]) problems!: readonly ProblemView[];
}

@ObjectType('StepStatusChange', { description: 'A step went from one status to another.' })
export class StepStatusChangeView {
  @Field(() => ID) flowId!: string;
  @Field(() => String) orchestrationName!: string;
  @Field(() => String) stepName!: string;
  @Field(() => Int) seq!: number;
  @Field(() => StepStatusEnum) status!: string;
  @Field(() => StepStatusEnum) previousStatus!: string;
  @Field(() => Int) retryCount!: number;
  @Field(() => String, nullable) errorMessage!: string | null;
  @Field(() => FlowStatusEnum) flowStatus!: string;
  @Field(() => DateTime) at!: number;
  @Field(() => Int) eventNumber!: number;
  static of(change: StepChange): StepStatusChangeView {
    return Object.assign(new StepStatusChangeView(), change);
  }
}

@ObjectType('PageInfo', { description: 'Where a page ends.' })
export class PageInfo {
  @Field(() => Boolean) hasNextPage!: boolean;
  @Field(() => String, { ...nullable, description: 'Pass it as `after`.' }) endCursor!: string | null;
}

@ObjectType('FlowEdge', { description: 'A flow in a page.' })
export class FlowEdge {
  @Field(() => String) cursor!: string;
  @Field(() => FlowView) node!: FlowView;
}

@ObjectType('FlowConnection', { description: 'A page of flows, newest first.' })
export class FlowConnection {
  @Field(() => [FlowEdge]) edges!: readonly FlowEdge[];
  @Field(() => PageInfo) pageInfo!: PageInfo;
  @Field(() => Int, { ...nullable, description: 'Null where counting would be slow.' }) totalCount!: number | null;
}

@ObjectType('OrchestrationEdge', { description: 'An orchestration in a page.' })
export class OrchestrationEdge {
  @Field(() => String) cursor!: string;
  @Field(() => OrchestrationView) node!: OrchestrationView;
}

@ObjectType('OrchestrationConnection', { description: 'A page of orchestrations, by name.' })
export class OrchestrationConnection {
  @Field(() => [OrchestrationEdge]) edges!: readonly OrchestrationEdge[];
  @Field(() => PageInfo) pageInfo!: PageInfo;
}
