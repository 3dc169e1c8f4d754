/**
 * The levels of the components while the process runs: those of the settings, and changes that end
 * by themselves, so that a debug level is not forgotten.
 */
import { COMPONENTS, type Component, type Level, type Log } from './log.js';

export interface ComponentLevel {
  readonly component: Component;
  readonly level: Level;
  /** Of LOG_LEVEL and LOG_LEVELS. */
  readonly configured: Level;
  /** When the configured level comes back, ms since the epoch; null: it applies now. */
  readonly until: number | null;
}

interface Change {
  readonly level: Level;
  readonly until: number;
  readonly timer: NodeJS.Timeout;
}

export class LogLevels {
  private readonly changes = new Map<Component, Change>();

  constructor(
    private readonly configured: (component: Component) => Level,
    private readonly apply: (component: Component, level: Level) => void,
    private readonly log: Log,
  ) {}

  all(): readonly ComponentLevel[] {
    return COMPONENTS.map((component) => this.of(component));
  }

  of(component: Component): ComponentLevel {
    const configured = this.configured(component);
    const { level = configured, until = null } = this.changes.get(component) ?? {};
    return { component, level, configured, until };
  }

  /** For `forMs`, at most; then the configured level comes back. */
  set(component: Component, level: Level, forMs: number): ComponentLevel {
    clearTimeout(this.changes.get(component)?.timer);
    const timer = setTimeout(() => this.reset(component), forMs);
    timer.unref();
    this.changes.set(component, { level, until: Date.now() + forMs, timer });
    return this.applied(component);
  }

  /** The configured level comes back now. */
  reset(component: Component): ComponentLevel {
    clearTimeout(this.changes.get(component)?.timer);
    this.changes.delete(component);
    return this.applied(component);
  }

  private applied(component: Component): ComponentLevel {
    const now = this.of(component);
    this.apply(component, now.level);
    const until = now.until === null ? null : new Date(now.until).toISOString();
    this.log.info({ of: component, to: now.level, until }, 'the log level of a component changed');
    return now;
  }
}
