/**
 * `token create`, `list` and `revoke`: API tokens of a gateway with AUTH=tokens, in the file that
 * it reads. No gateway has to run.
 */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { didYouMean, nearest } from '../names/nearest.js';
import { ANY_NAME, isPattern, PATTERN_FORM } from '../names/patterns.js';
import { isRole, ROLES, type Role } from '../names/roles.js';
import { createToken, type TokenEntry } from '../tokens/token.js';
import { readTokens, tokensOrNone, writeTokens } from '../tokens/token-file.js';
import { complain, EXIT, print, printJson, table } from './output.js';

interface FileFlags {
  readonly file: string;
}
interface CreateFlags extends FileFlags {
  readonly role: readonly Role[];
  readonly scope: readonly string[];
  /** Milliseconds from now. */
  readonly expires: number;
}
type Finish = (code: number) => void;
/** Of a command that needs no gateway. */
type Run = (flags: never, json: boolean, name: string) => number;

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 90;

export function addTokens(program: Command, finish: Finish): void {
  const token = program
    .command('token')
    .description('API tokens of a gateway with AUTH=tokens')
    .addHelpText('after', EXAMPLES);
  withFile(token.command('create').description('a new token; it is printed once, and not stored'))
    .argument('<name>', 'who will have it; stored with every action', readName)
    .addOption(
      new Option('--role <role...>', `what it may do: ${ROLES.join(', ')}`)
        .argParser(readRole)
        .makeOptionMandatory(),
    )
    .option(
      '--scope <pattern...>',
      'patterns of the orchestration names that it may see; default: all',
      readScope,
      [ANY_NAME],
    )
    .option('--expires <time>', 'when, like 90d or 12h, or never', readTime, DEFAULT_DAYS * DAY_MS)
    .action(running(finish, create));
  withFile(token.command('list').description('the tokens there are, without their secrets')).action(
    running(finish, list),
  );
  withFile(token.command('revoke').description('removes a token; within a second it is refused'))
    .argument('<name>', 'its name or its id')
    .action(running(finish, revoke));
}

const EXAMPLES = `
Examples:
  export AUTH_TOKENS_FILE=tokens.json
  backstep token create deploy --role admin --expires 30d
  backstep token create tenants --role initiator --role viewer --scope 'tenant*'
  backstep token revoke deploy`;

function withFile(command: Command): Command {
  return command.addOption(
    new Option('--file <path>', 'the file that the gateway reads')
      .env('AUTH_TOKENS_FILE')
      .makeOptionMandatory(),
  );
}

function running(finish: Finish, run: Run): (...all: unknown[]) => void {
  return (...all) => {
    const command = all.at(-1) as Command;
    const { json } = command.optsWithGlobals<{ readonly json?: boolean }>();
    const name = typeof all[0] === 'string' ? all[0] : '';
    try {
      finish(run(command.opts() as never, json === true, name));
    } catch (error) {
      complain(error instanceof Error ? error.message : String(error));
      finish(EXIT.REFUSED);
    }
  };
}

function create({ file, role, scope, expires }: CreateFlags, json: boolean, name: string): number {
  const known = tokensOrNone(file);
  if (known.some((one) => one.name === name)) {
    complain(`there is a token ${name} already; revoke it first, or choose another name`);
    return EXIT.REFUSED;
  }
  const now = Date.now();
  const expiresAt = Number.isFinite(expires) ? new Date(now + expires).toISOString() : null;
  const fields = { name, roles: role, scopes: scope, expiresAt };
  const { token, entry } = createToken({ ...fields, createdAt: new Date(now).toISOString() });
  writeTokens(file, [...known, entry]);
  if (json) printJson({ token, ...shown(entry) });
  else print(token);
  if (!json) complain('Keep it now: only its hash is stored.');
  return EXIT.OK;
}

function list({ file }: FileFlags, json: boolean): number {
  const entries = readTokens(file).map(shown);
  if (json) printJson(entries);
  else {
    const rows = entries.map(({ name, id, roles, scopes, expiresAt }) => {
      const ends = expiresAt ?? 'never';
      return [name, id, roles.join(', '), scopes.join(', '), ends];
    });
    for (const line of table([['NAME', 'ID', 'ROLES', 'SCOPES', 'EXPIRES'], ...rows])) print(line);
  }
  return EXIT.OK;
}

function revoke({ file }: FileFlags, json: boolean, name: string): number {
  const known = readTokens(file);
  const gone = known.find((one) => one.name === name || one.id === name);
  if (gone === undefined) {
    const names = known.map((one) => one.name);
    complain(`there is no token ${name}${didYouMean(nearest(name, names), names)}`);
    return EXIT.REFUSED;
  }
  writeTokens(
    file,
    known.filter((one) => one !== gone),
  );
  if (json) printJson(shown(gone));
  else print(`${gone.name} (${gone.id}) is revoked`);
  return EXIT.OK;
}

/** Without its hash, which no reader needs. */
function shown({ hash: _, ...entry }: TokenEntry): Omit<TokenEntry, 'hash'> {
  return entry;
}

function readName(text: string): string {
  if (/^[\x21-\x7e]{1,100}$/.test(text)) return text;
  throw new InvalidArgumentError('a name has 1 to 100 printable characters and no space');
}

function readRole(text: string, before: readonly Role[] | undefined): readonly Role[] {
  if (isRole(text)) return [...new Set([...(before ?? []), text])];
  throw new InvalidArgumentError(`roles are ${ROLES.join(', ')}`);
}

/** Those that are given replace the default. */
function readScope(text: string, before: readonly string[]): readonly string[] {
  if (!isPattern(text)) throw new InvalidArgumentError(`a scope is ${PATTERN_FORM}`);
  return before.length === 1 && before[0] === ANY_NAME ? [text] : [...before, text];
}

const UNITS: Readonly<Record<string, number>> = { m: 60_000, h: 3_600_000, d: DAY_MS };

function readTime(text: string): number {
  if (text === 'never') return Number.POSITIVE_INFINITY;
  const [, count = '', unit = ''] = /^([1-9]\d{0,5})([mhd])$/.exec(text) ?? [];
  const ms = Number(count) * (UNITS[unit] ?? 0);
  if (ms > 0) return ms;
  throw new InvalidArgumentError('like 90d, 12h or 30m, or never');
}
