/** The audit: every mutation, refused ones too. */
import { Args, ArgsType, Ctx, Field, ID, InputType, Query, Resolver } from 'type-graphql';
import type { AuditOutcome } from '../../engine/ports.js';
import type { RequestContext } from '../context.js';
import { auditFilterOf } from '../input/audit-filter.js';
import { nullable, PageArguments, UNCHECKED } from './arguments.js';
import { AuditOutcomeEnum } from './enums.js';
import { pageSize } from './queries.js';
import { DateTime } from './scalars.js';
import { AuditConnection, AuditEntryView } from './views/audit.js';
import { connectionOf } from './views/connections.js';

@InputType('AuditFilter', { description: 'Which rows of the audit; all parts must match.' })
export class AuditFilterInput {
  @Field(() => String, { ...nullable, description: 'Done, or wanted, by this actor.' })
  actor!: string | null;
  @Field(() => String, { ...nullable, description: 'The name of the mutation.' })
  action!: string | null;
  @Field(() => String, { ...nullable, description: 'About this orchestration.' })
  orchestrationName!: string | null;
  @Field(() => ID, { ...nullable, description: 'About this flow.' }) flowId!: string | null;
  @Field(() => AuditOutcomeEnum, { ...nullable, description: 'Only what was done, or refused.' })
  outcome!: AuditOutcome | null;
  @Field(() => DateTime, { ...nullable, description: 'From then on.' }) from!: number | null;
  @Field(() => DateTime, { ...nullable, description: 'Before then.' }) to!: number | null;
}

@ArgsType()
class AuditArguments extends PageArguments {
  @Field(() => AuditFilterInput, { ...nullable, description: 'Only rows that match.' })
  filter!: AuditFilterInput | null;
}

@Resolver()
export class AuditQueries {
  @Query(() => AuditConnection, {
    description:
      'Who did what, when and from where: every mutation, refused ones too, newest first.',
  })
  async audit(
    @Ctx() context: RequestContext,
    @Args(() => AuditArguments, UNCHECKED) { filter, first, after }: AuditArguments,
  ): Promise<AuditConnection> {
    const { shell, signal } = context;
    const size = pageSize(first, context);
    const page = { filter: auditFilterOf(filter), first: size, after: after ?? null, signal };
    return connectionOf(await shell.engine.read.audit(page), (entry) => new AuditEntryView(entry));
  }
}
