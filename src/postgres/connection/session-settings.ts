/**
 * Session settings, made by the first statement of each connection. The driver would send them as
 * startup parameters, which PgBouncer refuses.
 */
import type { ClientClass } from './connection.js';
import { verifyAddress } from './tls.js';

export type Settings = Readonly<Record<string, string>>;

/**
 * Reads `options` of a connection URI: `-c name=value`, `--name=value`; a space in a value is
 * written `\\ `.
 */
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

/** A client class whose connections make their settings before any other statement. */
export function withSettings(base: ClientClass): ClientClass {
  return class extends base {
    private readonly settings: Settings;

    constructor(options: object) {
      super(options);
      verifyAddress(this);
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
