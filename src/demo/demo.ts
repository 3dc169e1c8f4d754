/**
 * The demo: one flow that completes and one that is undone, shown live. Knows: the examples, their
 * workers. Refuses to know: the inside of the engine. In: the engine service. Out: lines of text.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Registration, StepTopics, WorkerClient } from '../engine/ports.js';
import type { EngineService } from '../engine/service.js';
import type { Log } from '../observability/log.js';
import { type Print, traceFlow } from './trace.js';
import { type DemoStep, startDemoWorkers } from './workers.js';

export interface DemoOptions {
  readonly engine: EngineService;
  readonly worker: WorkerClient;
  readonly replyTopic: string;
  readonly readRegistration: (
    text: string,
    options: { readonly serviceName: string | null },
  ) => Registration;
  readonly stepTopics: StepTopics;
  readonly print: Print;
  readonly coloured: boolean;
  readonly log: Log;
  /** Base address of the API. */
  readonly url: string;
}

const DOCUMENTS = fileURLToPath(new URL('documents', import.meta.url));

/**
 * Registers the examples and starts their workers; unfinished flows of an earlier start go on with
 * them.
 */
export async function prepareDemo(options: DemoOptions): Promise<void> {
  const steps: DemoStep[] = [];
  for (const file of readdirSync(DOCUMENTS).sort()) {
    const registration = options.readRegistration(readFileSync(join(DOCUMENTS, file), 'utf8'), {
      serviceName: 'backstep-demo',
    });
    const { problems } = await options.engine.register(registration, { dryRun: false });
    if (problems.length > 0)
      throw new Error(
        `the example ${file} is wrong: ${problems.map(({ message }) => message).join('; ')}`,
      );
    for (const declaration of registration.declarations) {
      if (declaration.as !== 'initiator') continue;
      const { name } = declaration.orchestration;
      steps.push(
        ...declaration.orchestration.steps.map((step) => ({
          stepName: step.name,
          topics: options.stepTopics(name, step.name),
        })),
      );
    }
  }
  await startDemoWorkers(options.worker, steps, options.replyTopic, options.log);
}

/** Runs two flows and prints their events. */
export async function runDemo(options: DemoOptions): Promise<void> {
  const { print, coloured } = options;
  const headline = (text: string): void => {
    print('');
    print(coloured ? `\u001b[1m${text}\u001b[0m` : text);
  };
  headline('1. A flow of tenantCreation that goes well');
  await runFlow(options, { tenant: 'globex' });
  headline('2. The same, but its third step fails: it is retried, then everything done is undone');
  const undone = await runFlow(options, { tenant: 'acme', failAt: 'createUser' });
  print('');
  for (const line of whatNext(options.url, undone ?? '')) print(line);
}

/** Returns the flow's id when it has ended; null when it could not be started. */
async function runFlow(
  { print, coloured, engine }: DemoOptions,
  payload: object,
): Promise<string | null> {
  const request = {
    orchestrationName: 'tenantCreation',
    flowId: null,
    payload: JSON.stringify(payload),
    headers: {},
    initiator: 'demo',
    idempotencyKey: null,
  };
  const { flow, problems } = await engine.execute(request);
  if (flow === null) {
    print(`  it could not be started: ${problems.map(({ message }) => message).join('; ')}`);
    return null;
  }
  const line = await traceFlow(engine, flow.flowId, { print, coloured });
  print(`  ${line}`);
  return flow.flowId;
}

function whatNext(url: string, flowId: string): string[] {
  return [
    'Try it yourself:',
    `  start a flow   curl -s ${url}/api/orchestrations/execute -H 'content-type: application/json' \\`,
    `                   -d '{"orchestrationName":"tenantCreation","payload":{"tenant":"initech","failAt":"createClient"}}'`,
    `  look at one    curl -s ${url}/api/orchestrations/details/${flowId}`,
    `  all of them    curl -s '${url}/api/orchestrations/history?orchName=tenantCreation'`,
    `  in a browser   ${url}/graphiql, for example with`,
    '                   mutation { execute(input: {orchestrationName: "customerOnboarding", payload: {customer: "hooli"}}) {',
    '                     flow { flowId status } problems { code message } } }',
    '',
    'The gateway keeps serving; Ctrl-C stops it and everything it started.',
  ];
}
