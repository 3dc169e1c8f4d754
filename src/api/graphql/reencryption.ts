/** Payloads rewritten with the current key. */
import { Arg, Ctx, Field, InputType, Int, Mutation, ObjectType, Resolver } from 'type-graphql';
import type { ReencryptResult } from '../../engine/operations/reencryption.js';
import type { Problem } from '../../engine/ports.js';
import { callerOf } from '../audit.js';
import type { RequestContext } from '../context.js';
import { goodNumber } from '../input/texts.js';
import { nullable, UNCHECKED } from './arguments.js';
import { checkReason } from './operator-mutations.js';
import { ProblemView } from './views/answers.js';

const MOST = 1_000;

@InputType({ description: 'How much of it, and why.' })
export class ReencryptInput {
  @Field(() => String, {
    ...nullable,
    description: 'Why; required, stored in the audit. 1 to 2000 characters.',
  })
  reason!: string | null;
  @Field(() => Int, {
    ...nullable,
    defaultValue: MOST,
    description: 'How many flows and quarantined records, 1 to 1000.',
  })
  first!: number | null;
  @Field(() => String, { ...nullable, description: 'endCursor of the call before.' }) after!:
    | string
    | null;
}

@ObjectType({ description: 'What was checked, and where the next call begins.' })
export class ReencryptPayload {
  @Field(() => Int, { description: 'Flows and quarantined records that were checked.' })
  examined!: number;
  @Field(() => Int, { description: 'Rows that were rewritten.' }) rewritten!: number;
  @Field(() => Boolean, { description: 'Whether there is more: call again with after.' })
  hasNextPage!: boolean;
  @Field(() => String, { ...nullable, description: 'For after; null before the first.' })
  endCursor!: string | null;
  @Field(() => [ProblemView], { description: 'Why nothing was done.' })
  problems!: readonly ProblemView[];

  static of(result: ReencryptResult, problems: readonly Problem[] = []): ReencryptPayload {
    return { ...result, problems: problems.map(ProblemView.of) };
  }
}

const INPUT = { ...UNCHECKED, nullable: true, description: 'How much, and why.' } as const;
const NOTHING = { examined: 0, rewritten: 0, hasNextPage: false, endCursor: null };

@Resolver()
export class ReencryptMutations {
  @Mutation(() => ReencryptPayload, {
    description:
      'Rewrites payloads with the current key of PAYLOAD_ENCRYPTION, oldest flows first. For use after a new key, and after encryption was switched on or off.',
  })
  async reencryptPayloads(
    @Ctx() context: RequestContext,
    @Arg('input', () => ReencryptInput, INPUT)
    input: ReencryptInput | null,
  ): Promise<ReencryptPayload> {
    const problems: Problem[] = [];
    const reason = checkReason(input?.reason ?? '', problems);
    const first = goodNumber(input?.first ?? MOST, 'first', 1, MOST);
    if (problems.length > 0) return ReencryptPayload.of(NOTHING, problems);
    const { shell, actor, signal } = context;
    const request = { first, after: input?.after ?? null, actor, reason };
    const by = callerOf(context);
    return ReencryptPayload.of(await shell.engine.reencrypt(request, { signal, by }));
  }
}
