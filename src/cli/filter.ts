/** Which flows a command is about. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { FlowFilter, FlowStatus, StepStatus } from '../client/index.js';

const FLOW_STATUSES = ['IN_PROGRESS', 'COMPLETED', 'UNDOING', 'UNDONE', 'FAILED', 'CANCELLED'];
const STEP_STATUSES = [
  'PENDING',
  'IN_PROGRESS',
  'DO_SUCCESS',
  'DO_FAIL',
  'RETRY_EXHAUSTED',
  'UNDOING',
  'UNDO_SUCCESS',
  'UNDO_FAIL',
];

export interface FilterFlags {
  readonly orchestration?: string;
  readonly status?: FlowStatus[];
  readonly step?: string;
  readonly stepStatus?: StepStatus[];
  readonly error?: string;
  readonly since?: Date;
  readonly initiator?: string;
  readonly correlation?: string;
}

export function withFilter(command: Command): Command {
  return command
    .option('-o, --orchestration <name>', 'only of this orchestration')
    .addOption(new Option('-s, --status <status...>', 'in one of these').choices(FLOW_STATUSES))
    .option('--step <name>', 'that have this step; with --step-status, that step in one of them')
    .addOption(
      new Option('--step-status <status...>', 'with a step in one of these').choices(STEP_STATUSES),
    )
    .option('--error <text>', 'with this text in the error of a step')
    .option('--since <time>', 'started in the last 90s, 15m, 2h or 7d, or after a time', readSince)
    .option('--initiator <name>', 'started by this initiator')
    .option('--correlation <id>', 'started with this correlationId');
}

export function filterOf(flags: FilterFlags): FlowFilter {
  const { status, step, stepStatus, error, since, initiator, correlation } = flags;
  return {
    statuses: status,
    stepName: step,
    stepStatuses: stepStatus,
    errorContains: error,
    startedAfter: since?.toISOString(),
    initiator,
    correlationId: correlation,
  };
}

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

export function readSince(text: string): Date {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const time =
    unit === undefined
      ? new Date(text)
      : new Date(Date.now() - Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS]);
  if (Number.isNaN(time.getTime()))
    throw new InvalidArgumentError('it must be like 90s, 15m, 2h, 7d or 2026-11-26T12:00:00Z.');
  return time;
}
