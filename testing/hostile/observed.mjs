/**
 * A gateway under observation: honest load, what it feels of attacks, and whether everything
 * accepted ends.
 */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { SeededRandom } from '../kit/seeded-random.mjs';
import { ROOT } from '../steps.mjs';
import { Gateway, wait } from './gateway.mjs';
import { wrongIn } from './stored.mjs';

const EXECUTES_PER_SECOND = 10;
const CALM_MS = 3000;
const END_WITHIN_MS = 30_000;
/** What an attack may take beyond its time before it counts as one without end. */
const GRACE_MS = 1500;
const SETTLE_MS = 300;

export class Observed {
  /** `calmMs`: what the honest load felt of a gateway in peace; without it, it is measured. */
  async open(calmMs = null) {
    this.gateway = await Gateway.start();
    const args = [this.gateway.url, String(EXECUTES_PER_SECOND)];
    this.prober = fork(join(ROOT, 'testing/hostile/prober.mjs'), args);
    this.accepted = [];
    this.works = [];
    this.calmMs = calmMs ?? (await this.calm());
    return this;
  }

  async calm() {
    await wait(CALM_MS);
    return (await this.mark()).executeP99Ms;
  }

  async mark() {
    const seen = await new Promise((resolve) => {
      this.prober.once('message', resolve);
      this.prober.send('mark');
    });
    this.accepted.push(...seen.accepted);
    return seen;
  }

  /**
   * These kinds at once, each for so long; what came of each, and what the honest load felt of all.
   */
  async attack(kinds, ms, seed) {
    const { gateway, calmMs } = this;
    for (const { ready } of kinds) await ready?.(gateway);
    await this.mark();
    gateway.forgetPeak();
    const ends = await Promise.all(kinds.map((kind) => this.outcome(kind, ms, seed)));
    await wait(SETTLE_MS);
    const seen = await this.mark();
    const name = kinds.map((kind) => kind.name).join(' + ');
    const what = ends.join(' + ');
    return { name, what, ...seen, peakMb: gateway.peakMb(), ended: gateway.ended, calmMs };
  }

  outcome({ name, run }, ms, seed) {
    const over = wait(ms + GRACE_MS).then(() => `no end within ${(ms + GRACE_MS) / 1000} s`);
    const work = run(this.gateway, new SeededRandom(`${seed} ${name}`), ms).catch(
      (error) => `failed: ${error.cause?.code ?? error.message}`,
    );
    this.works.push(work);
    return Promise.race([work, over]);
  }

  /** All honest flows that were accepted have ended; how many have not, within the bound. */
  async unended() {
    let open = this.accepted;
    for (const until = Date.now() + END_WITHIN_MS; open.length > 0 && Date.now() < until; ) {
      const still = [];
      for (let at = 0; at < open.length; at += 25) {
        const ids = open.slice(at, at + 25);
        const fields = ids.map((id, n) => `f${n}: details(flowId: "${id}") { status }`);
        const { body } = await this.gateway.graphql(`{ ${fields.join(' ')} }`).catch(() => ({}));
        still.push(...ids.filter((_, n) => body?.data?.[`f${n}`]?.status !== 'COMPLETED'));
      }
      open = still;
      if (open.length > 0) await wait(200);
    }
    return open.length;
  }

  /** Ends the gateway; lines of what is wrong with what it leaves. */
  async close() {
    this.prober.kill('SIGKILL');
    const wrong = this.gateway.ended === null ? await this.wrong() : [];
    await this.gateway.stop();
    return wrong;
  }

  async wrong() {
    // An attack that goes on would change what is looked at.
    await Promise.race([Promise.all(this.works), wait(END_WITHIN_MS)]);
    const unended = await this.unended();
    const honest = unended === 0 ? [] : [`${unended} honest flows that were accepted did not end`];
    return [...honest, ...(await wrongIn(this.gateway))];
  }
}
