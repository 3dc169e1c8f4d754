/**
 * Layer 6, the command line. Knows: the typed client, a terminal. Refuses to know: the inside of
 * the gateway. In: arguments. Out: lines or JSON, and an exit code that scripts can use.
 */
import { Command, CommanderError } from 'commander';
import type { BackstepClient } from '../client/index.js';
import { addActions } from './actions.js';
import { addAsyncApi } from './asyncapi.js';
import { addAudit } from './audit.js';
import { addBulk } from './bulk.js';
import { addCodegen } from './codegen.js';
import { addCompletion } from './completion.js';
import { addConnectionOptions, connect, type Globals } from './connection.js';
import { addDiagnose } from './diagnose.js';
import { addExamples } from './examples.js';
import { addFlows } from './flows.js';
import { addLists } from './lists.js';
import { addLogLevel } from './log-levels.js';
import { EXIT } from './output.js';
import { addPolicy } from './policies.js';
import { report } from './problems.js';
import { addReencrypt } from './reencrypt.js';
import { addSimulate } from './simulations.js';
import { addSlo } from './slo.js';
import { addStanding } from './standing.js';
import { addTokens } from './tokens.js';

type Run<F> = (
  client: BackstepClient,
  globals: { readonly json: boolean },
  flags: F,
  ...args: never[]
) => Promise<number>;
/** Makes an action of commander out of a function that has a client and answers an exit code. */
export type Act = <F>(run: Run<F>) => (...args: unknown[]) => Promise<void>;

const EXIT_CODES = `
Exit codes:
  0  done; a watched flow is COMPLETED
  1  the gateway could not be reached or failed; try again later
  2  the gateway refused, or the command line is wrong
  3  a watched flow ended, but not COMPLETED; slo: a target is missed

Examples:
  backstep serve                              run a gateway (the same as: backstep)
  backstep register tenant.yaml
  backstep execute tenantCreation --payload '{"tenant": "acme"}' --watch
  backstep history --status FAILED --since 2h
  backstep diagnose 0193…
  backstep retry 0193… createUser --reason "the mail server is back"`;

/** Names by which the launcher knows that a command line is for this program. */
export function createProgram(finish: (code: number) => void): Command {
  const act = acting(finish);
  const program = new Command('backstep')
    .description('Start, follow and repair flows of a Backstep gateway.')
    .helpCommand(true)
    .showHelpAfterError('(backstep --help lists the commands)')
    .configureHelp({ sortSubcommands: false, showGlobalOptions: true })
    .addHelpText('after', EXIT_CODES)
    .exitOverride();
  addConnectionOptions(program);
  addLaunched(program);
  addFlows(program, act);
  addLists(program, act);
  addDiagnose(program, act);
  addActions(program, act);
  addBulk(program, act);
  addAudit(program, act);
  addSlo(program, act);
  addLogLevel(program, act);
  addReencrypt(program, act);
  addPolicy(program, act);
  addStanding(program, act);
  addSimulate(program, act);
  addCodegen(program, act);
  addAsyncApi(program, act);
  addTokens(program, finish);
  addCompletion(program);
  addExamples(program);
  return program;
}

/** Programs of their own, which the launcher starts: here they are only listed. */
function addLaunched(program: Command): void {
  program.command('serve').description('run a gateway; backstep serve --help lists its settings');
  program
    .command('verify-worker')
    .description('test whether a worker keeps the contract; backstep verify-worker --help');
}

function acting(finish: (code: number) => void): Act {
  return (run) =>
    async (...all) => {
      // Commander passes the arguments, the options, and the command.
      const command = all.at(-1) as Command;
      const flags = all.at(-2);
      const globals = command.optsWithGlobals<Globals>();
      const client = connect(globals);
      const json = globals.json === true;
      try {
        finish(await run(client, { json }, flags as never, ...(all.slice(0, -2) as never[])));
      } catch (error) {
        finish(report(error, json));
      } finally {
        client.close();
      }
    };
}

/** Runs one command line (without node and script); resolves with the exit code. */
export async function runCommand(args: readonly string[]): Promise<number> {
  let code: number = EXIT.OK;
  const program = createProgram((ended) => {
    code = ended;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.OK : EXIT.REFUSED;
    throw error;
  }
}
