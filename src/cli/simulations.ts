/** What would happen to a flow when workers fail: nothing is started. */
import { existsSync, readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { type FaultInput, ProblemError, type Simulated } from '../client/index.js';
import { duration } from '../figures/figures.js';
import { complain, EXIT, paint, print, printJson, table } from './output.js';
import { documentProblem } from './problems.js';
import type { Act } from './program.js';

type Fault = FaultInput;
interface Flags {
  readonly fail?: readonly Fault[];
  readonly timeout?: readonly Fault[];
  readonly late?: readonly Fault[];
  readonly duplicate?: readonly Fault[];
  readonly name?: string;
  readonly seed?: number;
}

const EXAMPLES = `
A fault is step[:DO|UNDO][:times]: which step, whether its DO (default) or its UNDO, and how many attempts, from the first one; without
times it is every attempt.

Examples:
  backstep simulate tenant.yaml --fail createUser
  backstep simulate tenantCreation --fail createUser:DO:2
  backstep simulate tenantCreation --fail createUser --timeout createClient:UNDO:1`;

export function addSimulate(program: Command, act: Act): void {
  program
    .command('simulate')
    .description('show what would happen when steps fail; nothing is started')
    .argument('<file or orchestration>', 'a document, - for standard input, or a registered name')
    .option('--fail <fault...>', 'the worker replies with a failure', faultsOf('FAIL'))
    .option('--timeout <fault...>', 'the worker does not reply', faultsOf('TIMEOUT'))
    .option('--late <fault...>', 'its success comes after the timeout', faultsOf('LATE_SUCCESS'))
    .option('--duplicate <fault...>', 'its success comes twice', faultsOf('DUPLICATE'))
    .option('--name <orchestration>', 'which one, when the document declares several')
    .option('--seed <number>', 'other random waits between attempts', whole)
    .addHelpText('after', EXAMPLES)
    .action(
      act(async (client, { json }, flags: Flags, target: string) => {
        const document = documentOf(target);
        const { fail = [], timeout = [], late = [], duplicate = [], name, seed } = flags;
        const faults = [...fail, ...timeout, ...late, ...duplicate];
        const orchestrationName = document === null ? target : name;
        const input = { document, orchestrationName, faults, seed };
        try {
          show(await client.simulate(input), json);
          return EXIT.OK;
        } catch (error) {
          if (document === null || json || !isOfDocument(error)) throw error;
          for (const problem of error.problems)
            complain(documentProblem(target, document, problem));
          return EXIT.REFUSED;
        }
      }),
    );
}

/** Null: it is a name. */
function documentOf(target: string): string | null {
  if (target === '-') return readFileSync(0, 'utf8');
  return existsSync(target) || /\.(ya?ml|json)$/i.test(target)
    ? readFileSync(target, 'utf8')
    : null;
}

function isOfDocument(error: unknown): error is ProblemError {
  return error instanceof ProblemError && error.problems.some(({ line }) => line != null);
}

function faultsOf(kind: string) {
  return (text: string, before: readonly Fault[] = []): readonly Fault[] => {
    const [, stepName, action = 'DO', times] =
      /^([^:]+)(?::(do|undo))?(?::([1-9]\d{0,2}))?$/i.exec(text) ?? [];
    if (stepName === undefined)
      throw new InvalidArgumentError('It must be like step, step:UNDO or step:DO:2.');
    const fault = { stepName, action: action.toUpperCase() === 'UNDO' ? 'UNDO' : 'DO', kind };
    if (times === undefined) return [...before, fault as Fault];
    const attempts = Array.from({ length: Number(times) }, (_, index) => index + 1);
    return [...before, ...attempts.map((attempt) => ({ ...fault, attempt }) as Fault)];
  };
}

function whole(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number.');
}

function show(simulation: Simulated, json: boolean): void {
  if (json) {
    printJson(simulation);
    return;
  }
  const { events, trace } = simulation;
  const rows = events.map(({ at, stepName, stepStatus, flowStatus, message }) => [
    `+${duration(Date.parse(at))}`,
    stepName ?? '',
    (stepName == null ? flowStatus : stepStatus) ?? '',
    withOffsets(message ?? ''),
  ]);
  for (const line of table([['time', 'step', 'status', 'what happens'], ...rows])) print(line);
  print('');
  print(paint('bold', trace));
}

/** Times of the virtual clock, as the first column has them. */
function withOffsets(message: string): string {
  return message.replace(
    /\bat (1970-[\dT:.-]+Z)/g,
    (_, time: string) => `at +${duration(Date.parse(time))}`,
  );
}
