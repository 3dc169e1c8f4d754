/** The sessions that want the commands of one step; each in its turn. */
import type { Session } from './session.js';

export class Rotation {
  /** The one that got a command last is the last. */
  private readonly sessions: Session[] = [];

  get isEmpty(): boolean {
    return this.sessions.length === 0;
  }

  /** Commands that all of them want at once. */
  get wanted(): number {
    return this.sessions.reduce((sum, { wish }) => sum + wish.concurrency, 0);
  }

  add(session: Session): void {
    this.sessions.push(session);
  }

  remove(session: Session): void {
    const at = this.sessions.indexOf(session);
    if (at >= 0) this.sessions.splice(at, 1);
  }

  /** One that may have another command; not `last`, while there is another one. Null: none. */
  next(last: Session | null, mayHave: (session: Session) => boolean): Session | null {
    const free = this.sessions.filter((one) => one.free > 0 && mayHave(one));
    const session = free.find((one) => one !== last) ?? free[0];
    if (session === undefined) return null;
    this.remove(session);
    this.sessions.push(session);
    return session;
  }
}
