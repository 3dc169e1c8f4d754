/** What happened, as callers see it. */
import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { StepChange } from '../../../engine/service.js';
import type { FlowEvent } from '../../../saga/event.js';
import { sentenceOf } from '../../event-sentences.js';
import { FlowStatusEnum, StepActionEnum, StepStatusEnum } from '../enums.js';
import { DateTime, JsonScalar, JsonText } from '../scalars.js';

const nullable = { nullable: true } as const;

/** Fields of an event that have a place of their own, or are none of a reader's business. */
const OWN_PLACE = new Set([
  'number',
  'type',
  'at',
  'stepName',
  'action',
  'attempt',
  'actor',
  'stepStatus',
  'flowStatus',
  'shown',
]);
const TIMES = new Set(['deadline', 'nextAttemptAt']);

@ObjectType('FlowEvent', {
  description: 'Something that happened to a flow. `number` is the cursor of subscriptions.',
})
export class FlowEventView {
  constructor(
    private readonly id: string,
    private readonly event: FlowEvent,
  ) {}
  @Field(() => ID, { description: 'The flow it happened to.' }) get flowId(): string {
    return this.id;
  }
  @Field(() => Int, { description: 'From 1, ascending per flow.' }) get number(): number {
    return this.event.number;
  }
  @Field(() => String, { description: 'One of the types in docs/protocol.md; stable.' })
  get type(): string {
    return this.event.type;
  }
  @Field(() => DateTime, { description: "When, by the database's clock." }) get at(): number {
    return this.event.at;
  }
  @Field(() => String, { ...nullable, description: 'The step it is about.' }) get stepName():
    | string
    | null {
    return 'stepName' in this.event ? this.event.stepName : null;
  }
  @Field(() => StepActionEnum, {
    ...nullable,
    description: 'Whether it is about doing or undoing the step.',
  })
  get action(): string | null {
    if ('action' in this.event && (this.event.action === 'DO' || this.event.action === 'UNDO'))
      return this.event.action;
    if (this.event.type.startsWith('UNDO_')) return 'UNDO';
    return this.event.type.startsWith('DO_') ? 'DO' : null;
  }
  @Field(() => Int, { ...nullable, description: 'The attempt it is about, from 1.' }) get attempt():
    | number
    | null {
    return 'attempt' in this.event ? this.event.attempt : null;
  }
  @Field(() => StepStatusEnum, { ...nullable, description: 'Status of the step afterwards.' })
  get stepStatus(): string | null {
    return this.event.stepStatus;
  }
  @Field(() => FlowStatusEnum, { ...nullable, description: 'Status of the flow afterwards.' })
  get flowStatus(): string | null {
    return this.event.flowStatus;
  }
  @Field(() => String, { ...nullable, description: 'The same in a sentence for people.' })
  get message(): string | null {
    return sentenceOf(this.event);
  }
  @Field(() => String, { ...nullable, description: 'The operator, when one acted.' }) get actor():
    | string
    | null {
    return 'actor' in this.event ? this.event.actor : null;
  }
  @Field(() => JsonScalar, {
    ...nullable,
    description: 'What else belongs to this type of event; null when nothing does.',
  })
  get details(): unknown {
    const rest = Object.entries(this.event).filter(
      ([name, value]) => !OWN_PLACE.has(name) && value !== null && value !== undefined,
    );
    return rest.length === 0
      ? null
      : Object.fromEntries(rest.map(([name, value]) => [name, detail(name, value)]));
  }
}

function detail(name: string, value: unknown): unknown {
  if (name === 'output' && typeof value === 'string') return new JsonText(value);
  return TIMES.has(name) && typeof value === 'number' ? new Date(value).toISOString() : value;
}

@ObjectType('StepStatusChange', { description: 'A step went from one status to another.' })
export class StepStatusChangeView {
  @Field(() => ID, { description: 'The flow.' }) flowId!: string;
  @Field(() => String, { description: 'The orchestration it runs.' }) orchestrationName!: string;
  @Field(() => String, { description: 'The step.' }) stepName!: string;
  @Field(() => Int, { description: 'Its position in the order of steps.' }) seq!: number;
  @Field(() => StepStatusEnum, { description: 'Afterwards.' }) status!: string;
  @Field(() => StepStatusEnum, { description: 'Before.' }) previousStatus!: string;
  @Field(() => Int, { description: 'DO retries used.' }) retryCount!: number;
  @Field(() => String, { ...nullable, description: 'Error message of the worker, when it failed.' })
  errorMessage!: string | null;
  @Field(() => FlowStatusEnum, { description: 'Status of the flow afterwards.' })
  flowStatus!: string;
  @Field(() => DateTime, { description: "When, by the database's clock." }) at!: number;
  @Field(() => Int, { description: 'Number of the event: the cursor for flowEvents.' })
  eventNumber!: number;
  static of(change: StepChange): StepStatusChangeView {
    return Object.assign(new StepStatusChangeView(), change);
  }
}
