/** `log-level`: what the instance of the gateway that answers logs, and for how long. */
import { Argument, type Command, InvalidArgumentError } from 'commander';
import { type BackstepClient, ProblemError, type TypedDocument } from '../client/index.js';
import { COMPONENTS, LEVELS } from '../observability/log.js';
import { printTable } from './lists.js';
import { complain, EXIT, print, printJson } from './output.js';
import type { Act } from './program.js';

interface Flags {
  readonly minutes?: number;
  readonly reason?: string;
}
type Names = [component?: string, level?: string];

interface InstanceLevels {
  readonly instance: string;
  readonly levels: readonly ComponentLevel[];
}
interface ComponentLevel {
  readonly component: string;
  readonly level: string;
  readonly configured: string;
  readonly until: string | null;
}
interface SetAnswer {
  readonly setLogLevel: {
    readonly logLevels: InstanceLevels | null;
    readonly problems: ConstructorParameters<typeof ProblemError>[0];
  };
}

// Not among the operations of the client, whose bundle is for browsers.
const SHOWN = 'instance levels { component level configured until }';
const SHOW: TypedDocument<{ readonly logLevels: InstanceLevels }, object> =
  `query LogLevels { logLevels { ${SHOWN} } }`;
const SET: TypedDocument<SetAnswer, object> =
  `mutation SetLogLevel($input: SetLogLevelInput!) { setLogLevel(input: $input) { logLevels { ${SHOWN} } problems { code message path line suggestions } } }`;

const RESET = 'default';

export function addLogLevel(program: Command, act: Act): void {
  program
    .command('log-level')
    .description('show or change what one instance of the gateway logs, while it runs')
    .addArgument(new Argument('[component]', 'shows all when it is left out').choices(COMPONENTS))
    .addArgument(
      new Argument('[level]', `${RESET}: the configured one`).choices([...LEVELS, RESET]),
    )
    .option('-m, --minutes <count>', 'then the configured level comes back (30)', whole)
    .option('-r, --reason <text>', 'why; stored in the audit, required with a level')
    .addHelpText(
      'after',
      '\nIt is about the instance that answers: give its own address with --url.\n\nExample:\n  backstep log-level kafka debug --minutes 10 --reason "replies are late"',
    )
    .action(
      act((client, { json }, flags: Flags, ...names: Names) => run(client, names, flags, json)),
    );
}

async function run(
  client: BackstepClient,
  [component, level]: Names,
  { minutes, reason }: Flags,
  json: boolean,
): Promise<number> {
  if (component === undefined || level === undefined)
    return show((await client.request(SHOW, {})).logLevels, component, json);
  if (reason === undefined) {
    complain('give a reason with --reason: it is stored in the audit');
    return EXIT.REFUSED;
  }
  const wanted = level === RESET ? null : level.toUpperCase();
  const input = { component, level: wanted, reason, ...(minutes !== undefined && { minutes }) };
  const { setLogLevel } = await client.request(SET, { input });
  if (setLogLevel.logLevels === null) throw new ProblemError(setLogLevel.problems);
  return show(setLogLevel.logLevels, component, json);
}

function show({ instance, levels }: InstanceLevels, component: string | undefined, json: boolean) {
  const shown = levels.filter((one) => component === undefined || one.component === component);
  if (json) printJson({ instance, levels: shown });
  else {
    print(`instance ${instance}`);
    const rows = shown.map((one) => [one.component, one.level.toLowerCase(), untilOf(one)]);
    printTable(['COMPONENT', 'LEVEL', 'UNTIL'], rows);
  }
  return EXIT.OK;
}

function untilOf({ until, configured }: ComponentLevel): string {
  return until === null ? '' : `${until}, then ${configured.toLowerCase()}`;
}

function whole(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  throw new InvalidArgumentError('It must be a whole number of minutes.');
}
