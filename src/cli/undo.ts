/** `undo`: shows what would be undone, and does it once that is confirmed. */
import type { Command } from 'commander';
import type { BackstepClient, FlowSummary, FlowUndoPlan } from '../client/index.js';
import { confirm, isInteractive } from './confirm.js';
import { complain, EXIT, paint, print, printJson, table } from './output.js';
import type { Act } from './program.js';

interface Flags {
  readonly reason?: string;
  readonly plan?: boolean;
  readonly yes?: boolean;
}

type Show = (flow: FlowSummary, json: boolean) => number;

export function addUndo(program: Command, act: Act, show: Show): void {
  program
    .command('undo')
    .description('undo a flow that runs, is completed, or failed; shows first what that means')
    .argument('<flowId>')
    .option('-r, --reason <text>', 'why; kept with the actor; needed unless --plan is given')
    .option('--plan', 'only show what would be undone')
    .option('-y, --yes', 'skip the confirmation')
    .addHelpText(
      'after',
      '\nOn a terminal it shows the plan and waits for a yes; a flow that has changed since is not undone.',
    )
    .action(
      act(async (client, { json }, flags: Flags, flowId: string) => {
        const { reason, plan: planOnly, yes } = flags;
        if (planOnly !== true && reason === undefined) {
          complain("error: required option '-r, --reason <text>' not specified");
          return EXIT.REFUSED;
        }
        if (planOnly === true) return showPlan(await client.undoPlan(flowId), flowId, json);
        const isConfirmed = !json && yes !== true && isInteractive();
        const planHash = isConfirmed ? await confirmed(client, flowId) : undefined;
        if (planHash === null) return EXIT.REFUSED;
        return show(await client.undoFlow({ flowId, reason: reason ?? '', planHash }), json);
      }),
    );
}

/** The hash of the plan that was confirmed; null = it was not. */
async function confirmed(client: BackstepClient, flowId: string): Promise<string | null> {
  const plan = await client.undoPlan(flowId);
  if (showPlan(plan, flowId, false) !== EXIT.OK || plan === null) return null;
  return (await confirm('Undo it?')) ? plan.hash : null;
}

function showPlan(plan: FlowUndoPlan | null, flowId: string, json: boolean): number {
  if (json) printJson(plan);
  else if (plan === null) print(`There is no flow ${flowId}.`);
  else {
    const undone = plan.steps.filter(({ willUndo }) => willUndo).length;
    print(`${paint('bold', `${undone} of ${plan.steps.length} steps`)} would be undone:`);
    const rows = plan.steps.map(({ order, stepName, reason }) => [
      order > 0 ? String(order) : '-',
      stepName,
      reason,
    ]);
    for (const line of table(rows)) print(`  ${line}`);
  }
  return plan === null ? EXIT.REFUSED : EXIT.OK;
}
