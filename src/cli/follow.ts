/** `watch`, and `execute --watch`: a live table on a terminal, one line per event elsewhere. */
import logUpdate from 'log-update';
import { type BackstepClient, BackstepError, type FlowEvent } from '../client/index.js';
import { printable } from '../observability/printable.js';
import { complain, EXIT, paintStatus, print, printJson } from './output.js';
import { StepTable } from './step-table.js';

const REDRAW_MS = 500;

export interface FollowOptions {
  readonly json: boolean;
  /** Number of the last event that is known already. */
  readonly after?: number | undefined;
}

/** Follows a flow to its end; resolves with the exit code. */
export async function follow(
  client: BackstepClient,
  flowId: string,
  { json, after = 0 }: FollowOptions,
): Promise<number> {
  const live = !json && process.stdout.isTTY === true;
  const status = live
    ? await followLive(client, flowId)
    : await followByLine(client, flowId, after, json ? eventAsJson : eventAsLine);
  if (status === null) throw unknownFlow(flowId);
  return status === 'COMPLETED' ? EXIT.OK : EXIT.NOT_COMPLETED;
}

function unknownFlow(flowId: string): BackstepError {
  return new BackstepError('UNKNOWN_FLOW', `there is no flow ${flowId}`, {
    status: 200,
    requestId: null,
  });
}

async function followLive(client: BackstepClient, flowId: string): Promise<string | null> {
  const flow = await client.details(flowId);
  if (flow === null) return null;
  const table = new StepTable(flow);
  let note = '';
  const draw = (): void => logUpdate([...table.lines(Date.now()), note].join('\n').trimEnd());
  const timer = setInterval(draw, REDRAW_MS);
  let status: string = flow.status;
  draw();
  try {
    const onReconnect = (error: BackstepError): void => {
      note = `reconnecting: ${printable(error.message)}`;
    };
    for await (const event of client.watch(flowId, { after: flow.lastEventNumber, onReconnect })) {
      note = '';
      table.apply(event);
      status = event.flowStatus ?? status;
      draw();
    }
  } finally {
    clearInterval(timer);
    draw();
    logUpdate.done();
  }
  return status;
}

async function followByLine(
  client: BackstepClient,
  flowId: string,
  after: number,
  show: (event: FlowEvent) => void,
): Promise<string | null> {
  const onReconnect = (error: BackstepError, waitMs: number): void =>
    complain(`reconnecting in ${waitMs} ms: ${printable(error.message)}`);
  let status: string | null = null;
  for await (const event of client.watch(flowId, { after, onReconnect })) {
    show(event);
    status = event.flowStatus ?? status;
  }
  return status ?? (await client.details(flowId))?.status ?? null;
}

const eventAsJson = (event: FlowEvent): void => printJson(event, 0);

function eventAsLine(event: FlowEvent): void {
  const { number, at, stepName, stepStatus, flowStatus, message } = event;
  const about = stepName ?? '';
  const status = paintStatus((stepName && stepStatus) || flowStatus || '', 15);
  print(
    `${String(number).padStart(4)}  ${at}  ${about.padEnd(16)} ${status} ${printable(message ?? '')}`,
  );
}
