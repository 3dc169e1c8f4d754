/** What may follow `npm start --` or `npx backstep`, and what `--help` prints. */

import { nearest } from '../wire/nearest.js';
import { BadConfig, settingsText } from './config.js';

const FLAGS = {
  '--fresh': 'wipe the own database and the own broker first; nothing else is touched',
  '--build-only': 'install and build what is missing, start nothing',
  '--help': 'this text',
  '--version': 'the version, and nothing else',
} as const;
type Flag = keyof typeof FLAGS;

/** Throws BadConfig with every flag that is none. */
export function readFlags(given: readonly string[]): ReadonlySet<Flag> {
  const known = Object.keys(FLAGS);
  const problems = given
    .filter((flag) => !known.includes(flag))
    .map((flag) => {
      const [meant] = nearest(flag, known);
      return `there is no flag ${flag}; ${meant === undefined ? `known are ${known.join(', ')}` : `did you mean ${meant}?`}`;
    });
  if (problems.length > 0) throw new BadConfig(problems);
  return new Set(given as Flag[]);
}

/** How this gateway is started, by the program that was: a clone's own, or the command of the installed package. */
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
