/** Prints a flow live in the terminal, for readers who see one for the first time. */
import type { EngineService } from '../engine/service.js';
import { printable } from '../observability/printable.js';
import type { FlowEvent } from '../saga/event.js';

export type Print = (line: string) => void;

const COLOURS = { red: 31, green: 32, yellow: 33, blue: 36, grey: 90, bold: 1 } as const;
type Colour = keyof typeof COLOURS;

export interface Trace {
  readonly print: Print;
  readonly coloured: boolean;
}

interface Line {
  readonly sign: string;
  readonly colour: Colour;
  readonly text: string;
}

/**
 * Follows the flow to its end, and prints one line for each important event; returns the trace
 * line.
 */
export async function traceFlow(
  engine: EngineService,
  flowId: string,
  { print, coloured }: Trace,
): Promise<string> {
  const paint = (text: string, colour: Colour): string =>
    coloured ? `\u001b[${COLOURS[colour]}m${text}\u001b[0m` : text;
  const events = await engine.follow(flowId, 0, new AbortController().signal);
  const letters: string[] = [];
  let first: number | null = null;
  let width = 12;
  for await (const event of events ?? []) {
    first ??= event.at;
    const short = shortOf(event);
    if (short !== null) letters.push(short);
    const line = lineOf(event);
    if (line === null) continue;
    const step = stepOf(event);
    width = Math.max(width, step.length);
    const time = paint(`${((event.at - first) / 1000).toFixed(2).padStart(6)} s`, 'grey');
    print(
      `  ${time}  ${paint(line.sign, line.colour)} ${step.padEnd(width)}  ${paint(statusOf(event).padEnd(15), line.colour)} ${printable(line.text)}`,
    );
  }
  return letters.join(' ');
}

/** The step of an event; none for the turn of a flow, although a step caused it. */
function stepOf(event: FlowEvent): string {
  return 'stepName' in event && event.type !== 'FLOW_TURNED_AROUND' ? (event.stepName ?? '') : '';
}

function statusOf(event: FlowEvent): string {
  return stepOf(event) === '' ? event.flowStatus : (event.stepStatus ?? event.flowStatus);
}

const sending = (attempt: number): string =>
  attempt === 1 ? 'DO is sent to the worker' : `DO is sent again: attempt ${attempt}`;

function lineOf(event: FlowEvent): Line | null {
  return doLine(event) ?? undoLine(event) ?? endLine(event);
}

function doLine(event: FlowEvent): Line | null {
  switch (event.type) {
    case 'DO_SENT':
      return { sign: '→', colour: 'blue', text: sending(event.attempt) };
    case 'DO_SUCCEEDED':
      return { sign: '✓', colour: 'green', text: 'the worker has done it' };
    case 'DO_FAILED':
      return { sign: '✗', colour: 'red', text: `the worker failed: ${reasonOf(event)}` };
    case 'DO_RETRY_SCHEDULED': {
      const seconds = ((event.nextAttemptAt - event.at) / 1000).toFixed(1);
      return { sign: '…', colour: 'yellow', text: `it will be tried again in ${seconds} s` };
    }
    case 'DO_RETRIES_EXHAUSTED':
      return { sign: '✗', colour: 'red', text: 'no retries are left' };
    default:
      return null;
  }
}

function undoLine(event: FlowEvent): Line | null {
  switch (event.type) {
    case 'FLOW_TURNED_AROUND': {
      const text = 'the flow turns around: what was done is undone, newest first';
      return { sign: '↩', colour: 'yellow', text };
    }
    case 'UNDO_SENT':
      return { sign: '←', colour: 'blue', text: 'UNDO is sent to the worker' };
    case 'UNDO_SUCCEEDED':
      return { sign: '✓', colour: 'green', text: 'the worker has undone it' };
    case 'UNDO_FAILED':
      return { sign: '✗', colour: 'red', text: `the worker could not undo it: ${reasonOf(event)}` };
    default:
      return null;
  }
}

function endLine(event: FlowEvent): Line | null {
  switch (event.type) {
    case 'FLOW_COMPLETED':
      return { sign: '●', colour: 'green', text: 'every step is done' };
    case 'FLOW_UNDONE':
      return { sign: '●', colour: 'green', text: 'nothing is left behind' };
    case 'FLOW_FAILED':
      return { sign: '●', colour: 'red', text: event.failureReason };
    case 'FLOW_CANCELLED':
      return { sign: '●', colour: 'yellow', text: `ended by ${event.actor}: ${event.reason}` };
    default:
      return null;
  }
}

function reasonOf({ errorMessage }: { readonly errorMessage: string | null }): string {
  return errorMessage ?? 'no reason given';
}

const ENDS: readonly FlowEvent['type'][] = [
  'FLOW_COMPLETED',
  'FLOW_UNDONE',
  'FLOW_FAILED',
  'FLOW_CANCELLED',
];

/** `a+` done, `a-` failed, `~a+` undone, `~a-` undo failed, `=> STATUS`. */
function shortOf(event: FlowEvent): string | null {
  if (event.type === 'DO_SUCCEEDED') return `${event.stepName}+`;
  if (event.type === 'DO_FAILED') return `${event.stepName}-`;
  if (event.type === 'UNDO_SUCCEEDED') return `~${event.stepName}+`;
  if (event.type === 'UNDO_FAILED') return `~${event.stepName}-`;
  return ENDS.includes(event.type) ? `=> ${event.flowStatus}` : null;
}
