/**
 * The workers of the examples, in this process. They answer like other workers: by topics, echoing
 * the headers of the command.
 */

import type { StepTopicPair, WorkerClient, WorkerRecord } from '../engine/ports.js';
import type { Log } from '../observability/log.js';
import { pause } from '../timing/pause.js';

export interface DemoStep {
  readonly stepName: string;
  readonly topics: StepTopicPair;
}

interface Command {
  readonly headers: Readonly<Record<string, unknown>> & {
    readonly flowId: string;
    readonly stepName: string;
    readonly action: 'DO' | 'UNDO';
  };
  readonly payload: unknown;
}

/** How long a worker waits instead of doing work, ms. */
const WORK_MS = { DO: 250, UNDO: 200 } as const;

export async function startDemoWorkers(
  client: WorkerClient,
  steps: readonly DemoStep[],
  replyTopic: string,
  log: Log,
): Promise<void> {
  const onRecord = async ({ topic, value }: WorkerRecord): Promise<void> => {
    const command = commandIn(value);
    // Other programs may write to the topic: records that are no commands are skipped.
    if (command === null)
      return log.warn({ topic }, 'a demo worker received a record that is not a command');
    await pause(WORK_MS[command.headers.action]);
    const { flowId, stepName: step, action, traceparent } = command.headers;
    const answer = answerTo(command);
    log
      .about({ flowId, traceId: typeof traceparent === 'string' ? traceparent.slice(3, 35) : null })
      .debug({ step, action, ok: answer.headers.status }, 'a demo worker answers');
    await client.send([{ topic: replyTopic, key: flowId, value: JSON.stringify(answer) }]);
  };
  await client.subscribe(
    steps.flatMap(({ topics }) => topics),
    onRecord,
  );
}

function commandIn(value: Uint8Array | null): Command | null {
  try {
    const command = JSON.parse(
      Buffer.from(value ?? new Uint8Array()).toString(),
    ) as Partial<Command> | null;
    const { flowId, stepName, action } = command?.headers ?? {};
    const whole =
      typeof flowId === 'string' &&
      typeof stepName === 'string' &&
      (action === 'DO' || action === 'UNDO');
    return whole ? (command as Command) : null;
  } catch {
    return null;
  }
}

function answerTo({ headers, payload }: Command): {
  readonly headers: Record<string, unknown>;
  readonly payload: unknown;
} {
  const { stepName, action } = headers;
  const input =
    typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>) : {};
  if (action === 'DO' && input.failAt === stepName) {
    return {
      headers: {
        ...headers,
        status: false,
        errorMessage: `the mail address of ${String(input.tenant ?? 'nobody')} is taken`,
      },
      payload,
    };
  }
  const done =
    action === 'DO'
      ? { ...input, [`${stepName}Id`]: `${stepName}-${headers.flowId.slice(-6)}` }
      : payload;
  return { headers: { ...headers, status: true }, payload: done };
}
