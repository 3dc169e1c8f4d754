/** Pages of a list, as Relay connections. */
import { Field, ObjectType } from 'type-graphql';
import type { Page } from '../../../engine/ports.js';
import { FlowView } from './flow.js';
import { OrchestrationView } from './orchestration.js';

const nullable = { nullable: true } as const;

@ObjectType('PageInfo', { description: 'Where a page ends.' })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether the list goes on after this page.' })
  hasNextPage!: boolean;
  @Field(() => String, {
    ...nullable,
    description: 'Pass it as `after` for the next page; null when the page is empty.',
  })
  endCursor!: string | null;
}

@ObjectType('FlowEdge', { description: 'A flow in a page.' })
export class FlowEdge {
  @Field(() => String, { description: 'Cursor of this edge; opaque.' }) cursor!: string;
  @Field(() => FlowView, { description: 'The flow.' }) node!: FlowView;
}

@ObjectType('FlowConnection', { description: 'A page of flows, newest first.' })
export class FlowConnection {
  @Field(() => [FlowEdge], { description: 'The flows.' }) edges!: readonly FlowEdge[];
  @Field(() => PageInfo, { description: 'Where the page ends.' }) pageInfo!: PageInfo;
  /** Reads once, and only when a field that counts is selected. */
  count!: () => Promise<number>;
}

@ObjectType('OrchestrationEdge', { description: 'An orchestration in a page.' })
export class OrchestrationEdge {
  @Field(() => String, { description: 'Cursor of this edge; opaque.' }) cursor!: string;
  @Field(() => OrchestrationView, { description: 'The orchestration.' }) node!: OrchestrationView;
}

@ObjectType('OrchestrationConnection', { description: 'A page of orchestrations, by name.' })
export class OrchestrationConnection {
  @Field(() => [OrchestrationEdge], { description: 'The orchestrations.' })
  edges!: readonly OrchestrationEdge[];
  @Field(() => PageInfo, { description: 'Where the page ends.' }) pageInfo!: PageInfo;
}

export function connectionOf<T, V>(
  page: Page<T>,
  view: (item: T) => V,
): {
  readonly edges: readonly { readonly cursor: string; readonly node: V }[];
  readonly pageInfo: PageInfo;
} {
  const edges = page.items.map(({ cursor, item }) => ({ cursor, node: view(item) }));
  return {
    edges,
    pageInfo: { hasNextPage: page.hasNextPage, endCursor: edges.at(-1)?.cursor ?? null },
  };
}
