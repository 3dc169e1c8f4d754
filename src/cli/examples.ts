/** An example for each command whose help has none of its own. */
import type { Command } from 'commander';

const FLOW = '01a20ad2-7188-7e01-b2a4-5a28d6b68a4c';
const EXAMPLES: Readonly<Record<string, string>> = {
  watch: `watch ${FLOW}`,
  orchestrations: 'orchestrations tenant',
  details: `details ${FLOW} --json`,
  diagnose: `diagnose ${FLOW}`,
  cancel: `cancel ${FLOW} --reason "ordered twice"`,
  undo: `undo ${FLOW} --plan`,
  pause: `pause ${FLOW} --reason "the mail server is down"`,
  resume: `resume ${FLOW} --reason "the mail server is back"`,
  retry: `retry ${FLOW} createUser --reason "the mail server is back"`,
  resend: `resend ${FLOW} createUser --reason "the worker began to read behind it"`,
  skip: `skip ${FLOW} createUser --reason "created by hand" --output '{"id": 7}'`,
  policy: 'policy tenantCreation createUser --max-retries 10 --reason "the partner is slow"',
  'pause-orchestration':
    'pause-orchestration tenantCreation --queue --reason "the partner is down"',
  'resume-orchestration': 'resume-orchestration tenantCreation --reason "the partner is back"',
  'archive-orchestration': 'archive-orchestration tenantCreation --reason "replaced by tenants2"',
};

export function addExamples(program: Command): void {
  for (const command of program.commands) {
    const example = EXAMPLES[command.name()];
    if (example !== undefined) command.addHelpText('after', `\nExample:\n  backstep ${example}`);
  }
}
