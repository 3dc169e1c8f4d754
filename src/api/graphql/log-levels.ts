/** The log levels of the instance that answers, changed while it runs. */
import {
  Arg,
  Ctx,
  Field,
  InputType,
  Int,
  Mutation,
  ObjectType,
  Query,
  Resolver,
} from 'type-graphql';
import { doneRow } from '../../engine/audit/audit-rows.js';
import { NO_OBJECT, type Problem } from '../../engine/ports.js';
import type { Component, Level } from '../../observability/log.js';
import type { ComponentLevel } from '../../observability/log-levels.js';
import { callerOf } from '../audit.js';
import { Forbidden, withinOf } from '../auth/policy.js';
import type { Logging, RequestContext } from '../context.js';
import { goodNumber } from '../input/texts.js';
import { BadInput } from '../problems.js';
import { nullable, UNCHECKED } from './arguments.js';
import { LogComponentEnum, LogLevelEnum } from './enums.js';
import { checkReason } from './operator-mutations.js';
import { DateTime } from './scalars.js';
import { ProblemView } from './views/answers.js';

const MINUTE_MS = 60_000;
/** A day: what is to last longer is a setting. */
const LONGEST_MINUTES = 1_440;
const MINUTES = 30;

@InputType({ description: 'Which component, how loud, for how long, and why.' })
export class SetLogLevelInput {
  @Field(() => LogComponentEnum, {
    ...nullable,
    description: 'The part of the gateway, as in LOG_LEVELS; required.',
  })
  component!: Component | null;
  @Field(() => LogLevelEnum, {
    ...nullable,
    description: 'The least level that is logged; null: the configured one, at once.',
  })
  level!: Level | null;
  @Field(() => Int, {
    ...nullable,
    defaultValue: MINUTES,
    description: 'After so many minutes the configured level comes back, 1 to 1440.',
  })
  minutes!: number | null;
  @Field(() => String, {
    ...nullable,
    description: 'Why; required, stored in the audit. 1 to 2000 characters.',
  })
  reason!: string | null;
}

@ObjectType('ComponentLogLevel', { description: 'What one part of the gateway logs.' })
export class ComponentLogLevelView {
  @Field(() => LogComponentEnum, { description: 'The part of the gateway, as in LOG_LEVELS.' })
  component!: Component;
  @Field(() => LogLevelEnum, { description: 'The least level that is logged now.' }) level!: Level;
  @Field(() => LogLevelEnum, { description: 'The level by LOG_LEVEL and LOG_LEVELS.' })
  configured!: Level;
  @Field(() => DateTime, {
    ...nullable,
    description: 'When the configured level comes back; null: it applies now.',
  })
  until!: number | null;
}

@ObjectType('LogLevels', { description: 'What one instance of the gateway logs.' })
export class LogLevelsView {
  @Field(() => String, { description: 'Host name and process id of the instance that answers.' })
  instance!: string;
  @Field(() => [ComponentLogLevelView], { description: 'Of each component.' })
  levels!: readonly ComponentLevel[];
}

@ObjectType({ description: 'The levels afterwards, or why nothing was changed.' })
export class LogLevelsPayload {
  @Field(() => LogLevelsView, { ...nullable, description: 'null: nothing was changed.' })
  logLevels!: LogLevelsView | null;
  @Field(() => [ProblemView], { description: 'Why nothing was changed.' })
  problems!: readonly ProblemView[];
}

const WHOLE =
  'log levels are about the flows of all orchestrations; they need the scope * beside the right log:set';
const INPUT = {
  ...UNCHECKED,
  nullable: true,
  description: 'Which component, how loud, how long, why.',
} as const;

@Resolver()
export class LogLevelResolver {
  @Query(() => LogLevelsView, {
    description: 'The log levels of the instance that answers; other instances have their own.',
  })
  logLevels(@Ctx() context: RequestContext): LogLevelsView {
    demandAll(context);
    return levelsOf(context);
  }

  @Mutation(() => LogLevelsPayload, {
    description:
      'Changes what a component logs, on the instance that answers only, without a restart. The configured level comes back by itself.',
  })
  async setLogLevel(
    @Ctx() context: RequestContext,
    @Arg('input', () => SetLogLevelInput, INPUT) input: SetLogLevelInput | null,
  ): Promise<LogLevelsPayload> {
    demandAll(context);
    const { component = null, level = null } = input ?? {};
    const problems: Problem[] = [];
    const reason = checkReason(input?.reason ?? '', problems);
    const minutes = goodNumber(input?.minutes ?? MINUTES, 'minutes', 1, LONGEST_MINUTES);
    if (component === null) throw new BadInput('component is missing; name one of LOG_LEVELS');
    if (problems.length > 0) return { logLevels: null, problems: problems.map(ProblemView.of) };
    const wanted = { ...callerOf(context), ...NO_OBJECT, action: 'setLogLevel', reason };
    const { instance, levels } = loggingOf(context);
    const before = JSON.stringify({ instance, component, level: levels.of(component).level });
    const after = JSON.stringify(level === null ? { level } : { level, minutes });
    // First the audit: a debug line may have what people should not read without a trace of it.
    await context.shell.engine.audit(doneRow(wanted, { before, after }));
    if (level === null) levels.reset(component);
    else levels.set(component, level, minutes * MINUTE_MS);
    return { logLevels: levelsOf(context), problems: [] };
  }
}

/** A process logs the flows of all orchestrations. */
function demandAll({ principal }: RequestContext): void {
  if (withinOf(principal) !== undefined) throw new Forbidden(WHOLE);
}

function levelsOf(context: RequestContext): LogLevelsView {
  const { instance, levels } = loggingOf(context);
  return { instance, levels: levels.all() };
}

function loggingOf({ shell: { logging } }: RequestContext): Logging {
  if (logging !== undefined) return logging;
  throw new BadInput('the log levels of this process cannot be changed while it runs');
}
