/** Shows the demo on a running gateway; when the demo fails, the gateway keeps running. */
import type { Config } from '../config/config.js';
import { prepareDemo, runDemo } from '../demo/demo.js';
import type { StepTopics, WorkerClient } from '../engine/ports.js';
import type { EngineService } from '../engine/service.js';
import type { Logs } from '../observability/log.js';
import { readRegistration } from '../wire/documents.js';
import { TOPICS } from '../wire/topics.js';
import { print } from './messages.js';
import type { Opened } from './opened.js';

export interface Stage {
  readonly config: Config;
  readonly engine: EngineService;
  readonly stepTopics: StepTopics;
  readonly openWorker: () => Promise<WorkerClient>;
  readonly url: string;
}

export async function showDemo(stage: Stage, opened: Opened, logs: Logs): Promise<void> {
  const { config, openWorker, ...running } = stage;
  const log = logs('demo');
  try {
    const worker = await openWorker();
    opened.add('the demo workers', () => worker.close());
    const coloured = process.stdout.isTTY === true && config.noColor === null;
    const output = { replyTopic: TOPICS.replies, readRegistration, print, coloured };
    const demo = { ...running, worker, ...output, log };
    await prepareDemo(demo);
    await runDemo(demo);
  } catch (error) {
    if (!opened.isClosing) log.warn({ err: error }, 'the demo failed; the gateway keeps running');
  }
}
