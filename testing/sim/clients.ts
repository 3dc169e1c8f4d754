/**
 * Who starts flows, and insists: with the same key on another gateway until somebody has answered.
 */
import { Fault } from '../../src/engine/ports.js';
import { TOPICS } from '../../src/wire/topics.js';
import type { SeededRandom } from '../kit/seeded-random.mjs';
import type { Gateway } from './gateway.js';
import type { Topics } from './log.js';
import type { Time } from './time.js';

const PATIENCE_MS = 15_000;

export interface Wanted {
  /** The flow's own mark: in its payload, and in whatever its workers are sent. */
  readonly tag: string;
  readonly orchestrationName: string;
  readonly key: string | null;
  readonly flowId: string;
  /** It cannot be stored: nothing may come of it. */
  readonly bad: boolean;
  /** As answered: the same each time. */
  accepted: string | null;
}

export interface ClientsContext {
  readonly time: Time;
  readonly random: SeededRandom;
  readonly topics: Topics;
  readonly serving: () => Gateway | null;
  readonly isBad: () => boolean;
  readonly violated: (invariant: string, flowId: string | null, what: string) => void;
}

export class Clients {
  readonly all: Wanted[] = [];
  /** Not answered yet. */
  waiting = 0;

  constructor(private readonly context: ClientsContext) {}

  want(orchestrationName: string, id: string, inMs: number): void {
    const { random } = this.context;
    const wanted: Wanted = {
      tag: id,
      orchestrationName,
      key: random.happens(0.7) ? `key-${id}` : null,
      flowId: `flow-${id}`,
      bad: this.context.isBad(),
      accepted: null,
    };
    this.all.push(wanted);
    const byTopic = random.happens(0.3);
    this.waiting++;
    this.context.time.after(inMs, null, () => {
      this.waiting--;
      if (byTopic) this.byTopic(wanted);
      else this.byCall(wanted, 0);
    });
  }

  /** Now and then twice, with the same key and another flowId when there is a key. */
  private byTopic(wanted: Wanted): void {
    const { random, time, topics } = this.context;
    const times = random.happens(0.2) ? 2 : 1;
    for (let turn = 0; turn < times; turn++) {
      const flowId = turn > 0 && wanted.key !== null ? `${wanted.flowId}-${turn}` : wanted.flowId;
      const headers = {
        orchestrationName: wanted.orchestrationName,
        flowId,
        tag: wanted.tag,
        ...(wanted.bad && { bad: true }),
        ...(wanted.key !== null && { idempotencyKey: wanted.key }),
      };
      const value = Buffer.from(JSON.stringify({ headers, payload: { flow: wanted.tag } }));
      time.after(random.int(0, 3_000) * turn, null, () =>
        topics.append(TOPICS.starts, { key: null, value, headers: {} }, random.int(0, 9)),
      );
    }
    // Nobody answers a start by topic: that there is one flow of it in the end is checked for all.
  }

  private byCall(wanted: Wanted, tries: number): void {
    const { time, random } = this.context;
    const gateway = this.context.serving();
    this.waiting++;
    let over = false;
    const settle = (next: () => void): void => {
      if (over) return;
      over = true;
      this.waiting--;
      next();
    };
    const again = (): void => settle(() => this.again(wanted, tries));
    time.after(gateway === null ? 500 : PATIENCE_MS, null, again);
    if (gateway === null) return;
    const flowId = wanted.key !== null && tries > 0 ? `${wanted.flowId}-${tries}` : wanted.flowId;
    const { orchestrationName, key: idempotencyKey, tag } = wanted;
    const request = {
      orchestrationName,
      flowId,
      payload: JSON.stringify({ flow: tag }),
      headers: { tag, ...(wanted.bad && { bad: true }) },
      initiator: 'sim',
      idempotencyKey,
    };
    gateway.within(() => {
      gateway.engine.execute(request).then(
        ({ flow, problems }) => {
          if (flow === null)
            this.context.violated(
              'I1',
              flowId,
              `execute was refused: ${problems.map(({ code }) => code).join(', ')}`,
            );
          else settle(() => this.answered(wanted, flow.flowId));
        },
        (error: unknown) => {
          // A fault may pass; what cannot be stored never can.
          if (error instanceof Fault) again();
          else settle(() => this.refused(wanted, error));
        },
      );
    });
    // Impatient clients call twice at once.
    if (tries === 0 && wanted.key !== null && random.happens(0.1))
      time.after(random.int(0, 20), null, () => this.byCall(wanted, 1));
  }

  private again(wanted: Wanted, tries: number): void {
    this.waiting++;
    this.context.time.after(this.context.random.int(50, 1_000), null, () => {
      this.waiting--;
      if (wanted.accepted === null) this.byCall(wanted, tries + 1);
    });
  }

  private refused({ bad, flowId }: Wanted, error: unknown): void {
    if (!bad) this.context.violated('bad', flowId, `execute threw ${String(error)}`);
  }

  private answered(wanted: Wanted, flowId: string): void {
    if (wanted.accepted !== null && wanted.accepted !== flowId) {
      this.context.violated('I1', flowId, `one key, two flows: ${wanted.accepted} and ${flowId}`);
    }
    wanted.accepted ??= flowId;
  }
}
