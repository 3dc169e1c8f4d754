/** A registered orchestration as callers see it. */
import { Field, Int, ObjectType } from 'type-graphql';
import type { RegistrationRow } from '../../../engine/ports.js';
import type { StepDefinition } from '../../../saga/orchestration.js';
import { OrchestrationTypeEnum } from '../enums.js';
import { DateTime, JsonScalar } from '../scalars.js';

const nullable = { nullable: true } as const;

/** A GraphQL Int has 32 bits. */
const LARGEST_INT = 2_147_483_647;

@ObjectType('StepDefinition', { description: 'A step as registered.' })
export class StepDefinitionView {
  constructor(
    private readonly step: StepDefinition,
    private readonly topics: readonly [string, string],
    private readonly services: readonly string[],
  ) {}
  @Field(() => Int, { description: 'Its place in the order.' }) get seq(): number {
    return this.step.seq;
  }
  @Field(() => String, { description: 'Unique in its orchestration.' }) get name(): string {
    return this.step.name;
  }
  @Field(() => String, { ...nullable, description: 'What kind of thing it is about.' })
  get objectType(): string | null {
    return this.step.objectType;
  }
  @Field(() => Int, { description: 'DO retries allowed: 3 means up to 4 commands.' })
  get maxRetries(): number {
    return this.step.maxRetries;
  }
  @Field(() => Int, { description: 'UNDO retries allowed per round.' })
  get undoMaxRetries(): number {
    return this.step.undoMaxRetries;
  }
  @Field(() => Int, {
    ...nullable,
    description:
      'How long a DO may take, in milliseconds; null when that is more than an Int can say.',
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
  @Field(() => [String], { description: 'Services that registered as its worker.' })
  get workers(): readonly string[] {
    return this.services;
  }
}

/** `name/step` → services. */
export type Workers = ReadonlyMap<string, readonly string[]>;

@ObjectType('Orchestration', { description: 'A recipe: steps with a DO and an UNDO each.' })
export class OrchestrationView {
  /** `workers` is asked at most once for all orchestrations of one page. */
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
  @Field(() => Boolean, { description: 'It takes no new flows.' }) get archived(): boolean {
    return this.row.archived;
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
}
