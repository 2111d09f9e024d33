import { connect, type Socket } from 'node:net';
import { once } from 'node:events';

const connections = 32;

type Headers = Readonly<Record<string, string>>;

/** Posts every body, over a fixed number of kept connections. @returns requests per second */
export async function postAll(
  url: string,
  bodies: readonly string[],
  headers: Headers = {},
): Promise<number> {
  const left = [...bodies];
  const startedAt = performance.now();
  await atOnce(connections, url, headers, async (caller) => {
    for (let body = left.pop(); body !== undefined; body = left.pop()) await caller.post(body);
  });
  return (bodies.length * 1_000) / (performance.now() - startedAt);
}

/** Lets so many callers post one after the other for some seconds. */
export async function postFor(
  url: string,
  { callers, seconds }: { readonly callers: number; readonly seconds: number },
  post: (caller: HttpCaller) => Promise<void>,
): Promise<{ readonly posted: number; readonly perSecond: number }> {
  let posted = 0;
  const startedAt = performance.now();
  await atOnce(callers, url, {}, async (caller) => {
    while (performance.now() - startedAt < seconds * 1_000) {
      await post(caller);
      posted++;
    }
  });
  return { posted, perSecond: (posted * 1_000) / (performance.now() - startedAt) };
}

async function atOnce(
  callers: number,
  url: string,
  headers: Headers,
  work: (caller: HttpCaller) => Promise<void>,
): Promise<void> {
  await Promise.all(
    Array.from({ length: callers }, async () => {
      const caller = await HttpCaller.connect(url, headers);
      try {
        await work(caller);
      } finally {
        caller.close();
      }
    }),
  );
}

/**
 * A caller with a connection of its own, who posts one JSON after the other to one URL. Node's own client takes as much of
 * the machine as a lean server does; this one a tenth, and knows just what the servers that are measured answer.
 */
export class HttpCaller {
  private received = '';
  private settle: { resolve: (body: string) => void; reject: (error: Error) => void } | undefined;

  private constructor(
    private readonly socket: Socket,
    private readonly head: string,
  ) {
    socket.setNoDelay(true).setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.received += text;
      this.read();
    });
    socket.on('error', (error) => this.settle?.reject(error));
    socket.on('close', () => this.settle?.reject(new Error('The server has closed')));
  }

  static async connect(url: string, headers: Headers = {}): Promise<HttpCaller> {
    const { hostname, port, host, pathname } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    const lines = Object.entries({ host, 'content-type': 'application/json', ...headers });
    const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
    return new HttpCaller(socket, `POST ${pathname} HTTP/1.1\r\n${head}`);
  }

  /** @returns the body, as Latin-1 has its bytes. @throws Error for any status but 200 */
  post(body: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
      this.socket.write(
        `${this.head}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
        'utf8',
      );
    });
  }

  close(): void {
    this.settle = undefined;
    this.socket.destroy();
  }

  private read(): void {
    const end = this.received.indexOf('\r\n\r\n');
    if (end === -1) return;
    const head = this.received.slice(0, end + 2);
    const length = /\r\ncontent-length: *(\d+)\r\n/i.exec(head)?.[1];
    const body = this.received.slice(end + 4);
    if (length !== undefined && body.length < Number(length)) return;
    const { settle } = this;
    [this.received, this.settle] = ['', undefined];
    if (length === undefined) settle?.reject(new Error(`No length: ${head}`));
    else if (!head.startsWith('HTTP/1.1 200 ')) settle?.reject(new Error(`${head}\r\n${body}`));
    else settle?.resolve(body);
  }
}
