/** `diagnose`: why a flow does not go on. */
import type { Command } from 'commander';
import type { FlowDiagnosis } from '../client/index.js';
import { EXIT, paint, print, printJson } from './output.js';
import type { Act } from './program.js';

export function addDiagnose(program: Command, act: Act): void {
  program
    .command('diagnose')
    .description(
      'why a flow does not go on, and what to do: database, Kafka and clock in one verdict',
    )
    .argument('<flowId>')
    .addHelpText('after', '\nThe verdicts are explained in docs/diagnose.md.')
    .action(
      act(async (client, { json }, _flags: object, flowId: string) => {
        const diagnosis = await client.diagnose(flowId);
        if (json) printJson(diagnosis);
        else if (diagnosis === null) print(`There is no flow ${flowId}.`);
        else show(diagnosis);
        return diagnosis === null ? EXIT.REFUSED : EXIT.OK;
      }),
    );
}

function show({ verdict, stepName, summary, facts, suggestedActions }: FlowDiagnosis): void {
  print(`${paint('bold', verdict)}${stepName == null ? '' : `  ${stepName}`}`);
  print(summary);
  print('');
  const widest = Math.max(...facts.map(({ name }) => name.length));
  for (const { name, value, source } of facts)
    print(`  ${source.padEnd(8)}  ${name.padEnd(widest)}  ${value}`);
  if (suggestedActions.length === 0) return;
  print('');
  print('What to do:');
  suggestedActions.forEach((action, index) => {
    print(`  ${index + 1}. ${action}`);
  });
}
