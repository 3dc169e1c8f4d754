/**
 * The steps of a flow as they are now, as lines of a terminal: folded from a first look and the
 * events after it.
 */
import type { FlowDetails, FlowEvent } from '../client/index.js';
import { duration } from '../figures/figures.js';
import { printable } from '../observability/printable.js';
import { paint, paintStatus } from './output.js';

interface Row {
  readonly name: string;
  status: string;
  attempt: number;
  progress: number | null;
  text: string;
  /** ms since the epoch; null = not begun. */
  begun: number | null;
  ended: number | null;
}

const BAR = 12;
const OPEN: ReadonlySet<string> = new Set(['IN_PROGRESS', 'UNDOING']);

export class StepTable {
  private readonly rows: readonly Row[];
  private status: string;
  private readonly began: number;
  private over: number | null;

  constructor(private readonly flow: FlowDetails) {
    this.status = flow.status;
    this.began = Date.parse(flow.startedAt);
    this.over = flow.endedAt ? Date.parse(flow.endedAt) : null;
    this.rows = flow.steps.map((step) => ({
      name: step.stepName,
      status: step.status,
      attempt: 1 + (step.retryCount ?? 0),
      progress: step.progress ?? null,
      text: step.errorMessage ?? '',
      begun: step.startedAt ? Date.parse(step.startedAt) : null,
      ended: OPEN.has(step.status) ? null : timeOf(step.undoneAt ?? step.endedAt),
    }));
  }

  apply(event: FlowEvent): void {
    const at = Date.parse(event.at);
    if (event.flowStatus) this.status = event.flowStatus;
    if (/^FLOW_(COMPLETED|UNDONE|FAILED|CANCELLED)$/.test(event.type)) this.over = at;
    const row = this.rows.find(({ name }) => name === event.stepName);
    if (row === undefined) return;
    if (event.stepStatus) row.status = event.stepStatus;
    if (event.attempt) row.attempt = event.attempt;
    row.text = event.message ?? '';
    row.begun ??= at;
    row.ended = OPEN.has(row.status) ? null : at;
    row.progress = progressOf(event);
  }

  /** Plain lines, the flow's first. */
  lines(now: number): string[] {
    const { flowId, orchestrationName } = this.flow;
    const head = `${orchestrationName} ${flowId}  ${paintStatus(this.status)}  ${duration((this.over ?? now) - this.began)}`;
    const width = Math.max(...this.rows.map(({ name }) => name.length));
    return [head, ...this.rows.map((row) => this.line(row, width, now))];
  }

  private line(row: Row, width: number, now: number): string {
    const { name, status, attempt, progress, text, begun, ended } = row;
    const took = begun === null ? '' : duration(Math.max(0, (ended ?? now) - begun));
    const tries = attempt > 1 ? `attempt ${attempt}` : '';
    const bar = progress === null ? '' : `${barOf(progress)} `;
    const columns = Math.max(20, (process.stdout.columns ?? 120) - width - 48);
    const about = paint('gray', printable(text).slice(0, columns));
    return `  ${name.padEnd(width)}  ${paintStatus(status, 15)} ${took.padStart(9)}  ${tries.padEnd(10)} ${bar}${about}`;
  }
}

function timeOf(text: string | null | undefined): number | null {
  return text ? Date.parse(text) : null;
}

function progressOf({ type, details }: FlowEvent): number | null {
  if (type !== 'STEP_PROGRESS' || typeof details !== 'object' || details === null) return null;
  return 'progress' in details && typeof details.progress === 'number' ? details.progress : null;
}

function barOf(progress: number): string {
  const full = Math.round(progress * BAR);
  return `[${'#'.repeat(full)}${'-'.repeat(BAR - full)}] ${Math.round(progress * 100)} %`;
}
