/**
 * Every setting, in the order of `--help` and docs/settings.md. Each is documented once, in its own
 * entry.
 */
import { ACCESS } from './access-settings.js';
import { CONNECTIONS } from './connection-settings.js';
import { FLOWS } from './flow-settings.js';
import { LIMIT_SETTINGS } from './limit-settings.js';
import { SERVER } from './server-settings.js';
import { TRACES } from './trace-settings.js';

export const SETTINGS = {
  ...SERVER,
  ...ACCESS,
  ...CONNECTIONS,
  ...LIMIT_SETTINGS,
  ...FLOWS,
  ...TRACES,
} as const;

/** The values of all settings; null = not set, for a setting without a default. */
export type Read = {
  readonly [K in keyof typeof SETTINGS]: ReturnType<(typeof SETTINGS)[K]['read']>;
};

/** For `--help`. */
export function settingsText(): string {
  const width = Math.max(...Object.values(SETTINGS).map(({ name }) => name.length));
  return Object.values(SETTINGS)
    .map(
      ({ name, meaning, byDefault, secret }) =>
        `  ${name.padEnd(width)}  ${meaning}${secret ? ` (or ${name}_FILE)` : ''}\n  ${' '.repeat(width)}  default: ${byDefault}`,
    )
    .join('\n');
}
