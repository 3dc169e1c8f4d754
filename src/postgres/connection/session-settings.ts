/**
 * Settings of a session, made by its first statement: a pooler in between (PgBouncer) refuses them as parameters of the start, where the
 * driver would put them.
 */
import type { ClientClass } from './connection.js';

export type Settings = Readonly<Record<string, string>>;

/** Of `options` in an address: `-c name=value`, `--name=value`; spaces in a value are written `\\ `. */
export function settingsIn(options: string): Settings {
  const found = options.matchAll(/(?:^|\s)(?:-c\s*|--)([\w.-]+)=((?:\\.|[^\s\\])*)/g);
  return Object.fromEntries(
    [...found].map(([, name = '', value = '']) => [
      name.replaceAll('-', '_'),
      value.replace(/\\(.)/g, '$1'),
    ]),
  );
}

type Connected = (error?: Error | null) => void;

/** Clients of this class have their settings before anything else is sent. */
export function withSettings(base: ClientClass): ClientClass {
  return class extends base {
    private readonly settings: Settings;

    constructor(options: object) {
      super(options);
      this.settings = ('sessionSettings' in options ? options.sessionSettings : {}) as Settings;
    }

    override connect(connected?: Connected): Promise<void> {
      const made = (super.connect as () => Promise<void>)
        .call(this)
        .then(() => super.query(SET, [JSON.stringify(this.settings)]))
        .then(() => undefined);
      if (connected === undefined) return made;
      made.then(() => connected(null), connected);
      return made.catch(() => undefined);
    }
  };
}

const SET = 'SELECT set_config(key, value, false) FROM json_each_text($1::json)';
