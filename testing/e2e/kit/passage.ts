/**
 * A port that stands in front of a service: closed, open, or answering as a PostgreSQL that is
 * starting up.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from './surroundings.js';

export class Passage implements AsyncDisposable {
  private server: Server | null = null;
  private readonly sockets = new Set<Socket>();

  private constructor(readonly port: number) {}

  static async closed(): Promise<Passage> {
    return new Passage(await freePort());
  }

  /** Everything goes to the service and back. */
  opensTo(host: string, port: number): Promise<void> {
    return this.listen((socket) => {
      const behind = this.kept(connect(port, host));
      socket.pipe(behind).pipe(socket);
    });
  }

  /** What PostgreSQL sends to every connection while it recovers. */
  startingUp(): Promise<void> {
    return this.listen((socket) => socket.once('data', () => socket.end(CANNOT_CONNECT_NOW)));
  }

  async close(): Promise<void> {
    const { server } = this;
    this.server = null;
    for (const socket of this.sockets) socket.destroy();
    if (server !== null) await new Promise((resolve) => server.close(resolve));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private async listen(onConnection: (socket: Socket) => void): Promise<void> {
    await this.close();
    const server = createServer((socket) => onConnection(this.kept(socket)));
    this.server = server;
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
  }

  private kept(socket: Socket): Socket {
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.sockets.delete(socket));
    return socket;
  }
}

const FIELDS = 'SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0';
const CANNOT_CONNECT_NOW = Buffer.concat([Buffer.from('E'), Buffer.alloc(4), Buffer.from(FIELDS)]);
CANNOT_CONNECT_NOW.writeInt32BE(FIELDS.length + 4, 1);
