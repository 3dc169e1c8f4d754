/**
 * A TCP proxy that can be cut like a cable: nothing is closed, and nothing gets through, in either
 * direction, until it is whole again.
 */
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

export class Cable {
  #sockets = new Set();
  #isCut = false;

  /** `target`: a port of this machine; may be set before the first connection. */
  constructor(target = 0) {
    this.target = target;
    this.server = createServer((inner) => this.#join(inner));
  }

  async listen() {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  get port() {
    return this.server.address().port;
  }

  cut() {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.pause();
  }

  mend() {
    this.#isCut = false;
    for (const socket of this.#sockets) socket.resume();
  }

  close() {
    this.server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(inner) {
    const outer = connect(this.target, '127.0.0.1');
    for (const [from, to] of [
      [inner, outer],
      [outer, inner],
    ]) {
      this.#sockets.add(from);
      if (this.#isCut) from.pause();
      from.on('data', (bytes) => to.write(bytes));
      from.on('error', () => undefined);
      from.on('close', () => {
        this.#sockets.delete(from);
        // Behind a cut nobody learns that the other end has gone.
        if (!this.#isCut) to.destroy();
      });
      if (this.#isCut) from.pause();
    }
  }
}
