/** `register`, `execute` and `watch`: what an initiator does. */
import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { type BackstepClient, ProblemError, type Registered } from '../client/index.js';
import { follow } from './follow.js';
import { complain, EXIT, paint, print, printJson } from './output.js';
import { readPayload } from './payload.js';
import { documentProblem } from './problems.js';
import type { Act } from './program.js';

interface RegisterFlags {
  readonly dryRun?: boolean;
  readonly serviceName?: string;
}
interface ExecuteFlags {
  readonly payload?: unknown;
  readonly key?: string;
  readonly initiator?: string;
  readonly header?: Readonly<Record<string, string>>;
  readonly watch?: boolean;
}

export function addFlows(program: Command, act: Act): void {
  addRegister(program, act);
  addExecute(program, act);
  addWatch(program, act);
}

function addRegister(program: Command, act: Act): void {
  program
    .command('register')
    .description('register orchestrations from YAML or JSON files')
    .argument('<file...>', 'documents; - is standard input')
    .option('--dry-run', 'only show what would change')
    .option('--service-name <name>', 'the service that registers')
    .addHelpText('after', '\nExample:\n  backstep register --dry-run tenant.yaml')
    .action(
      act(async (client, { json }, flags: RegisterFlags, files: string[]) => {
        let refused = 0;
        for (const file of files)
          if (!(await register(client, file, { ...flags, json }))) refused += 1;
        return refused === 0 ? EXIT.OK : EXIT.REFUSED;
      }),
    );
}

function addExecute(program: Command, act: Act): void {
  program
    .command('execute')
    .description('start a flow')
    .argument('<orchestration>')
    .option('-p, --payload <json>', 'JSON, @file, or - for standard input', readPayload)
    .option('-k, --key <key>', 'idempotency key: the same key again returns the flow it started')
    .option('--initiator <name>', 'who starts it')
    .option('-H, --header <name=value...>', 'travels on every command', readHeader)
    .option('-w, --watch', 'follow it to its end; exit code 3 when it does not complete')
    .addHelpText(
      'after',
      `\nExample:\n  backstep execute tenantCreation --payload '{"tenant": "acme"}' --key order-17 --watch`,
    )
    .action(
      act(async (client, { json }, flags: ExecuteFlags, orchestrationName: string) => {
        const { payload, key: idempotencyKey, initiator, header: headers, watch } = flags;
        const input = { orchestrationName, payload, idempotencyKey, initiator, headers };
        const { flow, created } = await client.execute(input);
        if (json && !watch) printJson({ ...flow, created });
        else if (!json)
          print(created ? flow.flowId : `${flow.flowId}  (started earlier with this key)`);
        return watch ? follow(client, flow.flowId, { json }) : EXIT.OK;
      }),
    );
}

function addWatch(program: Command, act: Act): void {
  program
    .command('watch')
    .description('follow a flow to its end; exit code 3 when it does not complete')
    .argument('<flowId>')
    .option('--after <number>', 'only events after this one (not on a terminal)', readNumber)
    .action(
      act((client, { json }, { after }: { after?: number }, flowId: string) =>
        follow(client, flowId, { json, after }),
      ),
    );
}

async function register(
  client: BackstepClient,
  file: string,
  { dryRun, serviceName, json }: RegisterFlags & { readonly json: boolean },
): Promise<boolean> {
  const text = readFileSync(file === '-' ? 0 : file, 'utf8');
  try {
    const registered = await client.register(text, { dryRun, serviceName });
    if (json) for (const one of registered) printJson(one, 0);
    else for (const one of registered) showRegistered(one, dryRun === true);
    return true;
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    if (json) printJson({ file, problems: error.problems }, 0);
    else for (const problem of error.problems) complain(documentProblem(file, text, problem));
    return false;
  }
}

function showRegistered(one: Registered, dryRun: boolean): void {
  const version = one.version == null ? '' : ` v${one.version}`;
  const done = dryRun ? 'would be registered' : 'registered';
  const what = one.changed ? done : 'unchanged';
  print(`${paint('bold', one.orchestrationName)}${version}  ${what} as ${one.as}, ${one.status}`);
  for (const { breaking, description, flowsInFlight } of one.changes) {
    const flows = flowsInFlight > 0 ? ` (${flowsInFlight} flows in flight keep their version)` : '';
    print(`  ${breaking ? paint('red', 'breaking') : 'safe'}  ${description}${flows}`);
  }
}

function readHeader(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError('it must be like name=value.');
  return { ...before, [name]: value };
}

function readNumber(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new InvalidArgumentError('it must be a whole number.');
  return number;
}
