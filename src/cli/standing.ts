/** What an operator does to an orchestration as a whole: pause, resume, archive. */
import type { Command } from 'commander';
import type { BackstepClient, OrchestrationStanding } from '../client/index.js';
import { EXIT, print, printJson } from './output.js';
import type { Act } from './program.js';

interface Flags {
  readonly reason: string;
  readonly queue?: boolean;
}
type Run = (
  client: BackstepClient,
  input: { readonly name: string } & Flags,
) => Promise<OrchestrationStanding>;

export function addStanding(program: Command, act: Act): void {
  const onName = (name: string, description: string, run: Run): Command =>
    program
      .command(name)
      .description(description)
      .argument('<orchestration>')
      .requiredOption('-r, --reason <text>', 'why; kept with the action')
      .action(
        act(async (client, { json }, { reason, queue }: Flags, orchestration: string) => {
          const input = { name: orchestration, reason, ...(queue !== undefined && { queue }) };
          return show(await run(client, input), json);
        }),
      );
  onName(
    'pause-orchestration',
    'send no new DO in any of its flows; UNDO goes on, new flows are refused',
    (client, input) => client.pauseOrchestration(input),
  ).option('--queue', 'store new flows until it is resumed, instead of refusing them');
  onName(
    'resume-orchestration',
    'go on with a paused orchestration, take new flows of an archived one',
    (client, input) => client.resumeOrchestration(input),
  );
  onName(
    'archive-orchestration',
    'refuse new flows; flows in flight go on, history stays',
    (client, input) => client.archiveOrchestration(input),
  );
}

function show(orchestration: OrchestrationStanding, json: boolean): number {
  const { name, version, pausedBy, archivedBy } = orchestration;
  if (json) printJson(orchestration);
  else {
    const starts = pausedBy?.queuesStarts === true ? 'new flows wait' : 'new flows are refused';
    const lines = [
      pausedBy && `paused by ${pausedBy.actor}: ${pausedBy.reason} (${starts})`,
      archivedBy && `archived by ${archivedBy.actor}: ${archivedBy.reason}`,
    ].filter((line) => typeof line === 'string');
    print(`${name} v${version}  ${lines.join('; ') || 'takes new flows'}`);
  }
  return EXIT.OK;
}
