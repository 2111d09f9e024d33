import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** `ReadyForQuery` outside a transaction: the last packet of a session's beginning. */
const ready = Buffer.from('Z\0\0\0\x05I', 'latin1');

/** What PostgreSQL says to a session that an administrator ends, as it does at its own end. */
const fatal = (() => {
  const fields = 'SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0';
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(fields.length + 4, 1);
  return Buffer.concat([head, Buffer.from(fields)]);
})();

/** A way to PostgreSQL on which things go wrong. It knows nothing of TLS. */
export class PostgresRelay {
  /** Whether PostgreSQL ends new sessions in the packet that says that they are ready. */
  endsSessionsAtOnce = false;
  /** How many sessions were ended so. */
  ended = 0;
  /** Whether new connections are accepted, and nothing that they say is answered. */
  isDeaf = false;
  /** Replaces bytes of what PostgreSQL says by as many others. */
  lie: { readonly truth: string; readonly lie: string } | undefined;
  private readonly pairs = new Set<readonly [Socket, Socket]>();
  private readonly silent = new WeakSet<Socket>();

  private constructor(
    readonly url: string,
    private readonly server: Server,
  ) {}

  /** @param port any free one if absent */
  static async start(databaseUrl: string, port = 0): Promise<PostgresRelay> {
    const target = new URL(databaseUrl);
    const server = createServer((near) => {
      relay.join(near, connect(Number(target.port), target.hostname));
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const { port: own } = server.address() as AddressInfo;
    const url = Object.assign(new URL(databaseUrl), { host: `127.0.0.1:${own}` }).href;
    const relay = new PostgresRelay(url, server);
    return relay;
  }

  /** Silences the connections that there are: they carry nothing more, and stay open. */
  silence(): void {
    for (const [near, far] of this.pairs) {
      for (const socket of [near, far]) this.silent.add(socket);
    }
  }

  /** Cuts the connections that there are. */
  cut(): void {
    for (const [near, far] of this.pairs) {
      near.destroy();
      far.destroy();
    }
  }

  async close(): Promise<void> {
    this.server.close();
    this.cut();
    await once(this.server, 'close');
  }

  private join(near: Socket, far: Socket): void {
    const pair = [near, far] as const;
    this.pairs.add(pair);
    if (this.isDeaf) for (const socket of pair) this.silent.add(socket);
    let isReady = false;
    near.on('data', (data) => {
      if (!this.silent.has(near)) far.write(data);
    });
    far.on('data', (data) => {
      if (this.silent.has(far)) return;
      const told = this.told(data);
      const begins = !isReady && told.includes(ready);
      isReady ||= begins;
      if (begins && this.endsSessionsAtOnce) {
        this.ended++;
        near.end(Buffer.concat([told, fatal]));
      } else near.write(told);
    });
    for (const socket of pair) {
      socket.setNoDelay(true).on('error', () => undefined);
      socket.on('close', () => {
        this.pairs.delete(pair);
        near.destroy();
        far.destroy();
      });
    }
  }

  private told(data: Buffer): Buffer {
    const { lie } = this;
    if (lie === undefined) return data;
    return Buffer.from(data.toString('latin1').replaceAll(lie.truth, lie.lie), 'latin1');
  }
}
