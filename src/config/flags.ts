/** The flags of `npm start --` and `npx backstep`, and the text of `--help`. */

import { parseArgs } from 'node:util';
import { didYouMean, nearest } from '../names/nearest.js';
import { BadConfig } from './config.js';
import { settingsText } from './settings.js';

const FLAGS = {
  '--fresh': 'wipe the own database and the own broker first; nothing else is touched',
  '--migrate': 'bring the schema of DATABASE_URL up to date, then end; start nothing',
  '--build-only': 'install and build what is missing, start nothing',
  '--help': 'this text',
  '--version': 'the version, and nothing else',
} as const;
type Flag = keyof typeof FLAGS;

/** Throws BadConfig with everything that is not a flag. */
export function readFlags(given: readonly string[]): ReadonlySet<Flag> {
  const known = Object.keys(FLAGS) as Flag[];
  const options = Object.fromEntries(
    known.map((flag) => [flag.slice('--'.length), { type: 'boolean' as const }]),
  );
  const { tokens } = parseArgs({ args: [...given], options, strict: false, tokens: true });
  const found = new Set<Flag>();
  const problems = tokens.flatMap((token) => {
    const text = given[token.index] ?? '';
    const flag = known.find((one) => one === text);
    if (flag === undefined)
      return [`there is no flag ${text}${didYouMean(nearest(text, known), known)}`];
    found.add(flag);
    return [];
  });
  if (problems.length > 0) throw new BadConfig(problems);
  return found;
}

/** The command that starts this gateway: in a clone, or from the installed package. */
export function commandOf(program = ''): string {
  return program.endsWith('main.js') ? 'npm start --' : 'npx backstep';
}

export function helpText(command: string): string {
  const [start, flag] = [
    command.replace(/ --$/, ''),
    command.endsWith('--') ? '[-- flags]' : '[flags]',
  ];
  const flags = Object.entries(FLAGS).map(([flag, meaning]) => `  ${flag.padEnd(12)}  ${meaning}`);
  return [
    `${start} ${flag}`,
    '',
    'Runs the gateway: with nothing set, on a PostgreSQL and a broker of its own, and shows two flows live.',
    '',
    'Flags:',
    ...flags,
    '',
    'Settings (environment variables):',
    settingsText(),
    '',
    'For example:',
    `  PORT=8080 ${start}`,
    `  DATABASE_URL=postgresql://postgres@localhost:5432/orchestrator_db KAFKA_BROKERS=localhost:9092 ${start}`,
    `  LOG_LEVELS=do=debug,undo=debug ${start}`,
    '',
  ].join('\n');
}
