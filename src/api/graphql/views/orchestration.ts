/** A registered orchestration as callers see it. */
import { Field, Int, ObjectType } from 'type-graphql';
import type { Policy, RegistrationRow, StepTopicPair } from '../../../engine/ports.js';
import type { StepDefinition } from '../../../saga/orchestration.js';
import { asyncApiText } from '../../../wire/asyncapi.js';
import { OrchestrationTypeEnum } from '../enums.js';
import { DateTime, JsonScalar } from '../scalars.js';
import { ProblemView } from './answers.js';

const nullable = { nullable: true } as const;

/** A GraphQL Int has 32 bits. */
const LARGEST_INT = 2_147_483_647;

@ObjectType('StepDefinition', {
  description:
    'A step as a flow that starts now gets it: as registered, under the policies there are.',
})
export class StepDefinitionView {
  constructor(
    private readonly step: StepDefinition,
    private readonly topics: StepTopicPair,
    private readonly services: readonly string[],
  ) {}
  @Field(() => Int, { description: 'Its position in the order of steps.' }) get seq(): number {
    return this.step.seq;
  }
  @Field(() => String, { description: 'Unique in its orchestration.' }) get name(): string {
    return this.step.name;
  }
  @Field(() => String, {
    ...nullable,
    description: 'What kind of object it works on, as registered.',
  })
  get objectType(): string | null {
    return this.step.objectType;
  }
  @Field(() => Int, {
    description: 'DO retries allowed, policies included: 3 means up to 4 commands.',
  })
  get maxRetries(): number {
    return this.step.maxRetries;
  }
  @Field(() => Int, { description: 'UNDO retries allowed per round, policies included.' })
  get undoMaxRetries(): number {
    return this.step.undoMaxRetries;
  }
  @Field(() => Int, {
    ...nullable,
    description:
      'How long a DO may take, policies included, in milliseconds; null when that is more than an Int can hold.',
  })
  get timeoutMs(): number | null {
    return this.step.timeoutMs > LARGEST_INT ? null : this.step.timeoutMs;
  }
  @Field(() => String, { description: 'Where its DO commands go.' }) get doTopic(): string {
    return this.topics[0];
  }
  @Field(() => String, { description: 'Where its UNDO commands go.' }) get undoTopic(): string {
    return this.topics[1];
  }
  @Field(() => JsonScalar, {
    ...nullable,
    description: 'JSON Schema of the payload of its success; null = any payload.',
  })
  get payloadSchema(): unknown {
    return this.step.payloadSchema;
  }
  @Field(() => [String], { description: 'Services that registered as its worker.' })
  get workers(): readonly string[] {
    return this.services;
  }
}

@ObjectType('Policy', {
  description: 'What an operator set over the document. Null = what the document has.',
})
export class PolicyView {
  constructor(private readonly policy: Policy) {}
  @Field(() => String, { ...nullable, description: 'The step; null = all steps.' })
  get stepName(): string | null {
    return this.policy.stepName;
  }
  @Field(() => Int, { ...nullable, description: 'DO retries.' }) get maxRetries(): number | null {
    return this.policy.maxRetries;
  }
  @Field(() => Int, { ...nullable, description: 'UNDO retries per round.' })
  get undoMaxRetries(): number | null {
    return this.policy.undoMaxRetries;
  }
  @Field(() => Int, { ...nullable, description: 'How long a DO may take, in milliseconds.' })
  get timeoutMs(): number | null {
    return this.policy.timeoutMs;
  }
  @Field(() => Int, { ...nullable, description: 'How long an UNDO may take, in milliseconds.' })
  get undoTimeoutMs(): number | null {
    return this.policy.undoTimeoutMs;
  }
  @Field(() => JsonScalar, {
    ...nullable,
    description:
      'The fields that were set of initial, factor, max and jitter; waits in milliseconds.',
  })
  get backoff(): unknown {
    if (this.policy.backoff === null) return null;
    const { initialMs: initial, factor, maxMs: max, jitter } = this.policy.backoff;
    return { initial, factor, max, jitter };
  }
  @Field(() => String, { description: 'Who set it.' }) get actor(): string {
    return this.policy.actor;
  }
  @Field(() => String, { description: 'Why.' }) get reason(): string {
    return this.policy.reason;
  }
  @Field(() => DateTime, { description: 'When.' }) get at(): number {
    return this.policy.at;
  }
}

@ObjectType('OrchestrationPause', { description: 'Who paused an orchestration, when and why.' })
export class OrchestrationPauseView {
  @Field(() => String, { description: 'Who.' }) actor!: string;
  @Field(() => String, { description: 'Why.' }) reason!: string;
  @Field(() => DateTime, { description: 'When.' }) at!: number;
  @Field(() => Boolean, {
    description: 'true: new flows are stored and wait; false: they are refused.',
  })
  queuesStarts!: boolean;
}

@ObjectType('OrchestrationArchive', {
  description: 'Who archived an orchestration, when and why.',
})
export class OrchestrationArchiveView {
  @Field(() => String, { description: 'Who.' }) actor!: string;
  @Field(() => String, { description: 'Why.' }) reason!: string;
  @Field(() => DateTime, { description: 'When.' }) at!: number;
}

/** `name/step` → services. */
export type Workers = ReadonlyMap<string, readonly string[]>;

@ObjectType('Orchestration', { description: 'A recipe: steps with a DO and an UNDO each.' })
export class OrchestrationView {
  /** `workers` is called at most once for all orchestrations of one page. */
  constructor(
    readonly row: RegistrationRow,
    readonly workers: () => Promise<Workers>,
  ) {}
  @Field(() => String, { description: 'Unique.' }) get name(): string {
    return this.row.orchestration.name;
  }
  @Field(() => Int, { description: 'From 1; every change makes a new one.' })
  get version(): number {
    return this.row.orchestration.version;
  }
  @Field(() => OrchestrationTypeEnum, {
    description: 'Whether its steps run one after the other or all at once.',
  })
  get type(): string {
    return this.row.orchestration.type;
  }
  @Field(() => Boolean, { description: 'No new DO in any of its flows.' }) get paused(): boolean {
    return this.row.paused;
  }
  @Field(() => OrchestrationPauseView, {
    ...nullable,
    description: 'Who paused it, when and why; null while it is not paused.',
  })
  get pausedBy(): OrchestrationPauseView | null {
    const { pausedBy } = this.row;
    return pausedBy && Object.assign(new OrchestrationPauseView(), pausedBy);
  }
  @Field(() => Boolean, { description: 'It takes no new flows.' }) get archived(): boolean {
    return this.row.archived;
  }
  @Field(() => OrchestrationArchiveView, {
    ...nullable,
    description: 'Who archived it, when and why; null while it is not archived.',
  })
  get archivedBy(): OrchestrationArchiveView | null {
    const { archivedBy } = this.row;
    return archivedBy && Object.assign(new OrchestrationArchiveView(), archivedBy);
  }
  @Field(() => JsonScalar, {
    ...nullable,
    description: 'JSON Schema of the payload a flow is started with; null = any payload.',
  })
  get payloadSchema(): unknown {
    return this.row.orchestration.payloadSchema ?? null;
  }
  @Field(() => String, {
    description:
      'What its workers receive and send, as an AsyncAPI 3 document in YAML: topics, messages, payload schemas.',
  })
  get asyncapi(): string {
    return asyncApiText(this.row.orchestration);
  }
  @Field(() => [String], {
    description:
      'Paths of what is masked in payloads and headers for callers without the right payload:read.',
  })
  get sensitive(): readonly string[] {
    return this.row.orchestration.sensitive ?? [];
  }
  @Field(() => JsonScalar, { ...nullable, description: 'As registered: an object of texts.' })
  get labels(): unknown {
    return this.row.orchestration.labels;
  }
  @Field(() => String, { ...nullable, description: 'The service that registered it.' })
  get initiator(): string | null {
    return this.row.initiator;
  }
  @Field(() => DateTime, { description: 'When this version was registered.' })
  get createdAt(): number {
    return this.row.createdAt;
  }
  @Field(() => [PolicyView], {
    description:
      'What operators set over the document, whatever the version; that of all steps first. A policy of a step counts before that of all steps.',
  })
  get policies(): readonly PolicyView[] {
    return this.row.policies.map((policy) => new PolicyView(policy));
  }
}

@ObjectType('OrchestrationPayload', {
  description: 'The orchestration afterwards, or why nothing was done.',
})
export class OrchestrationPayload {
  @Field(() => OrchestrationView, {
    ...nullable,
    description: 'The orchestration as it is now; null when there is none.',
  })
  orchestration!: OrchestrationView | null;
  @Field(() => [ProblemView], { description: 'Why nothing was done.' })
  problems!: readonly ProblemView[];
}
