// The wires between members: each dials every other through a proxy of its own, which passes bytes on as they are (TLS is
// between the members). A wire can be cut, and each of its directions be held up while the other goes on.

import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

interface Connection {
  readonly dialler: number;
  readonly target: number;
  readonly near: Socket;
  readonly far: Socket;
}

export class Proxies {
  readonly #servers: Server[] = [];
  readonly #ports = new Map<string, number>();
  readonly #connections = new Set<Connection>();
  readonly #cut = new Set<number>();
  /** `from>to` */
  readonly #held = new Set<string>();

  /** @param targets the members' own peer ports */
  static async open(targets: readonly number[]): Promise<Proxies> {
    const proxies = new Proxies();
    for (const dialler of targets.keys()) {
      for (const [target, port] of targets.entries())
        if (target !== dialler) await proxies.#listen(dialler, target, port);
    }
    return proxies;
  }

  portFor(dialler: number, target: number): number {
    return this.#ports.get(`${dialler}>${target}`) as number;
  }

  /** Ends a member's connections, and lets nobody reach it, nor it anybody. */
  cut(member: number): void {
    this.#cut.add(member);
    for (const each of this.#connections) if (each.dialler === member || each.target === member) end(each);
  }

  mend(member: number): void {
    this.#cut.delete(member);
  }

  /** Nothing from `from` reaches `to` until it is released; then what was under way arrives late. */
  hold(from: number, to: number): void {
    this.#held.add(`${from}>${to}`);
    for (const each of this.#connections) this.#flow(each);
  }

  release(from: number, to: number): void {
    this.#held.delete(`${from}>${to}`);
    for (const each of this.#connections) this.#flow(each);
  }

  close(): void {
    for (const server of this.#servers) server.close();
    for (const each of this.#connections) end(each);
  }

  #listen(dialler: number, target: number, port: number): Promise<void> {
    const server = createServer((near) => {
      if (this.#cut.has(dialler) || this.#cut.has(target)) return void near.destroy();
      const far = connect({ host: '127.0.0.1', port });
      const connection = { dialler, target, near, far };
      this.#connections.add(connection);
      for (const [socket, from, to] of [
        [near, dialler, target],
        [far, target, dialler],
      ] as const) {
        socket.setNoDelay(true);
        socket.on('error', () => socket.destroy());
        socket.on('close', () => this.#closed(connection, `${from}>${to}`));
      }
      this.#flow(connection);
    });
    this.#servers.push(server);
    return new Promise((resolve) =>
      server.listen(0, '127.0.0.1', () => {
        this.#ports.set(`${dialler}>${target}`, (server.address() as AddressInfo).port);
        resolve();
      }),
    );
  }

  #flow({ dialler, target, near, far }: Connection): void {
    for (const [from, to, held] of [
      [near, far, this.#held.has(`${dialler}>${target}`)],
      [far, near, this.#held.has(`${target}>${dialler}`)],
    ] as const) {
      from.unpipe(to);
      if (held) from.pause();
      else if (from.destroyed) to.destroy();
      else from.pipe(to);
    }
  }

  /** The other side does not hear of an end that the wire holds up, either. */
  #closed(connection: Connection, direction: string): void {
    if (!this.#held.has(direction)) end(connection);
    if (connection.near.destroyed && connection.far.destroyed) this.#connections.delete(connection);
  }
}

function end({ near, far }: Connection): void {
  near.destroy();
  far.destroy();
}
