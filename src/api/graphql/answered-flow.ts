/**
 * The flow in a mutation's answer. What was done is done: when the payloads that are selected are
 * too many bytes, the fields that would show them fail, and nothing else of the answer.
 */
import type { GraphQLResolveInfo } from 'graphql';
import { Ctx, FieldResolver, Info, Resolver, Root } from 'type-graphql';
import type { Payloads } from '../../engine/ports.js';
import type { Flow, Payload } from '../../saga/flow.js';
import type { RequestContext } from '../context.js';
import { payloadsAt } from './selected.js';
import { ExecutePayload, FlowPayload } from './views/answers.js';
import { FlowView } from './views/flow.js';

const nullable = { nullable: true } as const;

@Resolver(() => FlowPayload)
export class ChangedFlows {
  @FieldResolver(() => FlowView, {
    ...nullable,
    description: 'The flow as it is now; null when there is none.',
  })
  flow(
    @Root() { answered }: FlowPayload,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<FlowView | null> {
    return shown(answered, false, context, info);
  }
}

@Resolver(() => ExecutePayload)
export class StartedFlows {
  @FieldResolver(() => FlowView, {
    ...nullable,
    description: 'The flow; null when there are problems.',
  })
  flow(
    @Root() { answered, withoutPayloads }: ExecutePayload,
    @Ctx() context: RequestContext,
    @Info() info: GraphQLResolveInfo,
  ): Promise<FlowView | null> {
    return shown(answered, withoutPayloads, context, info);
  }
}

/** `withoutPayloads`: they have not been read. */
async function shown(
  flow: Flow | null,
  withoutPayloads: boolean,
  { shell, budget, signal }: RequestContext,
  info: GraphQLResolveInfo,
): Promise<FlowView | null> {
  const payloads = payloadsAt(info, []);
  if (flow === null || !Object.values(payloads).includes(true)) return FlowView.of(flow);
  const take = (bytes: number): Promise<void> => budget.take(bytes);
  try {
    if (!withoutPayloads) {
      await take(bytesOf(flow, payloads));
      return new FlowView(flow);
    }
    const { flowId } = flow;
    const read = await shell.engine.read.flows([flowId], { payloads, take, signal });
    return new FlowView(read.get(flowId) ?? flow);
  } catch (error) {
    return new FlowView(flow, { cause: error });
  }
}

function bytesOf({ input, output, steps }: Flow, wanted: Payloads): number {
  const bytes = (payload: Payload, isWanted: boolean): number =>
    isWanted ? Buffer.byteLength(payload ?? '') : 0;
  return steps.reduce(
    (sum, step) =>
      sum + bytes(step.input, wanted.stepInput) + bytes(step.output, wanted.stepOutput),
    bytes(input, wanted.flowInput) + bytes(output, wanted.flowOutput),
  );
}
