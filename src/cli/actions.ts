/** What an operator does to a flow. Each needs a reason, which is kept with the actor. */
import type { Command } from 'commander';
import type { BackstepClient, FlowSummary } from '../client/index.js';
import { EXIT, paintStatus, print, printJson } from './output.js';
import { readPayload } from './payload.js';
import type { Act } from './program.js';
import { addUndo } from './undo.js';

interface Reason {
  readonly reason: string;
}
type OnFlow = (client: BackstepClient, flowId: string, flags: Reason) => Promise<FlowSummary>;
type OnStep = (
  client: BackstepClient,
  step: { flowId: string; stepName: string },
  flags: Reason,
) => Promise<FlowSummary>;

export function addActions(program: Command, act: Act): void {
  addFlowActions(program, act);
  addStepActions(program, act);
}

function addFlowActions(program: Command, act: Act): void {
  const onFlow = (name: string, description: string, run: OnFlow): Command =>
    withReason(program.command(name).description(description).argument('<flowId>')).action(
      act(async (client, { json }, flags: Reason, flowId: string) =>
        show(await run(client, flowId, flags), json),
      ),
    );
  onFlow('cancel', 'end a flow and undo what was done', (client, flowId, { reason, ...rest }) =>
    client.cancelFlow({ flowId, reason, undo: (rest as { undo?: boolean }).undo !== false }),
  ).option('--no-undo', 'leave what was done as it is');
  addUndo(program, act, show);
  onFlow('pause', 'send nothing more until resume', (client, flowId, { reason }) =>
    client.pauseFlow({ flowId, reason }),
  );
  onFlow('resume', 'send what follows', (client, flowId, { reason }) =>
    client.resumeFlow({ flowId, reason }),
  );
}

function addStepActions(program: Command, act: Act): void {
  const onStep = (name: string, description: string, run: OnStep): Command =>
    withReason(
      program.command(name).description(description).argument('<flowId>').argument('<step>'),
    ).action(
      // commander calls it with the arguments of the command, one by one.
      act(async (client, { json }, flags: Reason, ...[flowId, stepName]: [string, string]) =>
        show(await run(client, { flowId, stepName }, flags), json),
      ),
    );
  onStep(
    'retry',
    'try an exhausted step again, or run a waiting retry now',
    (client, step, flags) => client.retryStep({ ...step, reason: flags.reason }),
  );
  onStep('resend', 'send the open command once more', (client, step, flags) =>
    client.resendCommand({ ...step, reason: flags.reason }),
  );
  onStep('skip', 'settle an exhausted step by hand', (client, step, { reason, ...rest }) =>
    client.skipStep({ ...step, reason, output: (rest as { output?: unknown }).output }),
  ).option('--output <json>', 'what the step is taken to have returned', readPayload);
}

function withReason(command: Command): Command {
  return command.requiredOption('-r, --reason <text>', 'why; kept with the action');
}

function show(flow: FlowSummary, json: boolean): number {
  if (json) printJson(flow);
  else
    print(
      `${flow.orchestrationName} ${flow.flowId}  ${paintStatus(flow.status)}${flow.paused ? ' (paused)' : ''}`,
    );
  return EXIT.OK;
}
