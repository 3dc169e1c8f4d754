/** Rows of the audit. */
import { Field, ID, ObjectType } from 'type-graphql';
import type { AuditEntry } from '../../../engine/ports.js';
import { AuditOutcomeEnum } from '../enums.js';
import { DateTime, JsonScalar, JsonText } from '../scalars.js';
import { PageInfo } from './connections.js';

const nullable = { nullable: true } as const;

@ObjectType('AuditEntry', {
  description: 'Who did what, when and from where, and its outcome. It never changes.',
})
export class AuditEntryView {
  constructor(private readonly entry: AuditEntry) {}
  @Field(() => DateTime, { description: "When, by the database's clock." }) get at(): number {
    return this.entry.at;
  }
  @Field(() => String, { description: 'Who; of a record of a topic, the service it names.' })
  get actor(): string {
    return this.entry.actor;
  }
  @Field(() => Boolean, {
    description: 'Whether the actor was authenticated; false: it is what the caller states.',
  })
  get proven(): boolean {
    return this.entry.proven;
  }
  @Field(() => String, {
    ...nullable,
    description: 'Network address, or topic/partition@offset of a record; null when there is none.',
  })
  get from(): string | null {
    return this.entry.origin;
  }
  @Field(() => String, {
    ...nullable,
    description: 'The X-Request-Id of its answer; null when it was no request.',
  })
  get requestId(): string | null {
    return this.entry.requestId;
  }
  @Field(() => String, { description: 'The name of the mutation.' }) get action(): string {
    return this.entry.action;
  }
  @Field(() => String, { ...nullable, description: 'The orchestration, where it is known.' })
  get orchestrationName(): string | null {
    return this.entry.orchestrationName;
  }
  @Field(() => ID, { ...nullable, description: 'The flow; null when it is about none.' })
  get flowId(): string | null {
    return this.entry.flowId;
  }
  @Field(() => String, { ...nullable, description: 'The step; null when it is about none.' })
  get stepName(): string | null {
    return this.entry.stepName;
  }
  @Field(() => String, { ...nullable, description: 'Why, as given; null when none was.' })
  get reason(): string | null {
    return this.entry.reason;
  }
  @Field(() => JsonScalar, {
    ...nullable,
    description: 'What it changed, before: statuses, flags, versions, values of a policy.',
  })
  get before(): JsonText | null {
    return JsonText.of(this.entry.before);
  }
  @Field(() => JsonScalar, { ...nullable, description: 'The same afterwards.' })
  get after(): JsonText | null {
    return JsonText.of(this.entry.after);
  }
  @Field(() => AuditOutcomeEnum, { description: 'Whether it was done.' }) get outcome(): string {
    return this.entry.outcome;
  }
  @Field(() => String, {
    ...nullable,
    description: 'Why it was refused: a code of docs/protocol.md; null when it was done.',
  })
  get code(): string | null {
    return this.entry.code;
  }
}

@ObjectType('AuditEdge', { description: 'A row of the audit in a page.' })
export class AuditEdge {
  @Field(() => String, { description: 'Cursor of this edge; opaque.' }) cursor!: string;
  @Field(() => AuditEntryView, { description: 'The row.' }) node!: AuditEntryView;
}

@ObjectType('AuditConnection', { description: 'A page of the audit, newest first.' })
export class AuditConnection {
  @Field(() => [AuditEdge], { description: 'The rows.' }) edges!: readonly AuditEdge[];
  @Field(() => PageInfo, { description: 'Where the page ends.' }) pageInfo!: PageInfo;
}
