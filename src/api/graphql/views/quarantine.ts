/** Records nobody could use. */
import { Field, ID, Int, ObjectType } from 'type-graphql';
import type { QuarantinedRecord } from '../../../engine/ports.js';
import type { QuarantineResult } from '../../../engine/service.js';
import { DateTime } from '../scalars.js';
import { ProblemView } from './answers.js';
import { PageInfo } from './connections.js';

const nullable = { nullable: true } as const;

@ObjectType('QuarantinedReply', {
  description:
    'A record of one of the gateway’s own topics that could not be used, kept byte for byte.',
})
export class QuarantinedView {
  @Field(() => ID, { description: 'For replayQuarantined and discardQuarantined.' }) id: string;
  @Field(() => String, { description: 'The topic it came from.' }) topic: string;
  @Field(() => Int, { description: 'Its partition.' }) partition: number;
  @Field(() => String, { description: 'Its offset there.' }) offset: string;
  @Field(() => DateTime, { description: 'When the gateway read it.' }) receivedAt: number;
  @Field(() => String, { description: 'Why it could not be used: a code of docs/protocol.md.' })
  code: string;
  @Field(() => String, { description: 'The same for people.' }) message: string;
  @Field(() => String, {
    ...nullable,
    description: 'Its value: text, or base64 when it is none; null when it had none.',
  })
  value: string | null;
  @Field(() => Boolean, {
    description: 'Whether `value` is base64, because its bytes are no UTF-8 text.',
  })
  valueIsBase64: boolean;
  @Field(() => ID, {
    ...nullable,
    description: 'The flow it names; null when it could not be read that far.',
  })
  flowId: string | null;
  @Field(() => String, { description: 'OPEN, REPLAYED or DISCARDED.' }) state: string;
  @Field(() => DateTime, { ...nullable, description: 'When it was replayed or discarded.' })
  settledAt: number | null;
  @Field(() => String, { ...nullable, description: 'Who did that.' }) settledBy: string | null;
  @Field(() => String, { ...nullable, description: 'Why.' }) settledReason: string | null;

  constructor(record: QuarantinedRecord) {
    const { id, topic, partition, offset, receivedAt, code, message, flowId, state, settled } =
      record;
    const text = textOf(record.value);
    this.id = id;
    this.topic = topic;
    this.partition = partition;
    this.offset = String(offset);
    this.receivedAt = receivedAt;
    this.code = code;
    this.message = message;
    this.value =
      record.value === null ? null : (text ?? Buffer.from(record.value).toString('base64'));
    this.valueIsBase64 = record.value !== null && text === null;
    this.flowId = flowId;
    this.state = state;
    this.settledAt = settled?.at ?? null;
    this.settledBy = settled?.actor ?? null;
    this.settledReason = settled?.reason ?? null;
  }
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function textOf(value: Uint8Array | null): string | null {
  try {
    return value === null ? null : UTF8.decode(value);
  } catch {
    return null;
  }
}

@ObjectType('QuarantinedReplyEdge', { description: 'A quarantined record in a page.' })
export class QuarantinedEdge {
  @Field(() => String, { description: 'Cursor of this edge; opaque.' }) cursor!: string;
  @Field(() => QuarantinedView, { description: 'The record.' }) node!: QuarantinedView;
}

@ObjectType('QuarantinedReplyConnection', {
  description: 'A page of quarantined records, newest first.',
})
export class QuarantinedConnection {
  @Field(() => [QuarantinedEdge], { description: 'The records.' })
  edges!: readonly QuarantinedEdge[];
  @Field(() => PageInfo, { description: 'Where the page ends.' }) pageInfo!: PageInfo;
}

@ObjectType('QuarantinePayload', { description: 'The record afterwards, or why nothing was done.' })
export class QuarantinePayload {
  @Field(() => QuarantinedView, {
    ...nullable,
    description: 'The record as it is now; null when there is none.',
  })
  reply!: QuarantinedView | null;
  @Field(() => [ProblemView], { description: 'Why nothing was done, or why its flow refused it.' })
  problems!: readonly ProblemView[];
  /** It was settled, and is in the audit, also where its flow refused it. */
  isAudited?: boolean;
  static of({ record, problems, isSettled = false }: QuarantineResult): QuarantinePayload {
    return {
      reply: record === null ? null : new QuarantinedView(record),
      problems: problems.map(ProblemView.of),
      isAudited: isSettled,
    };
  }
}
