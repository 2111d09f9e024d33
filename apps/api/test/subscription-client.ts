import { once } from 'node:events';
import { WebSocket } from 'ws';

interface Message {
  readonly type: string;
  readonly id?: string;
  readonly payload?: unknown;
}

/** A graphql-ws client that can also break the protocol. What it is told waits until it is asked for. */
export class SubscriptionClient {
  private readonly told: Message[] = [];
  private waiting: (() => void)[] = [];
  /** How the server closed it. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;

  private constructor(readonly socket: WebSocket) {
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        resolve({ code, reason: String(reason) });
        this.wake();
      });
    });
    socket.on('error', () => undefined);
    socket.on('message', (data: Buffer) => {
      this.told.push(JSON.parse(String(data)) as Message);
      this.wake();
    });
  }

  /** Opens a socket, and does not introduce itself yet. */
  static async open(
    origin: string,
    { path = '/graphql', headers = {} }: { path?: string; headers?: Record<string, string> } = {},
  ): Promise<SubscriptionClient> {
    const url = origin.replace('http', 'ws') + path;
    const socket = new WebSocket(url, 'graphql-transport-ws', { headers });
    const client = new SubscriptionClient(socket);
    await Promise.race([
      once(socket, 'open'),
      once(socket, 'error').then(([error]) => Promise.reject(error as Error)),
    ]);
    return client;
  }

  /** Opens a socket, and is let in by this token. */
  static async connect(
    origin: string,
    token: string,
    headers: Record<string, string> = {},
  ): Promise<SubscriptionClient> {
    const client = await SubscriptionClient.open(origin, { headers });
    client.say({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
    await client.next('connection_ack');
    return client;
  }

  say(message: object | string): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  subscribe(id: string, query: string, variables: object = {}): void {
    this.say({ type: 'subscribe', id, payload: { query, variables } });
  }

  /** Tells whether such a message waits already. */
  has(type: string, id: string): boolean {
    return this.told.some((message) => message.type === type && message.id === id);
  }

  /** The payload of the next message of this type, and of this subscription. @throws when the socket closes before */
  async next(type: string, id?: string): Promise<unknown> {
    for (;;) {
      const found = this.told.findIndex(
        (message) => message.type === type && (id === undefined || message.id === id),
      );
      if (found >= 0) return this.told.splice(found, 1)[0]?.payload;
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error(`Closed before ${type}`);
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  /** Returns the code of the only error of a subscription that is refused. */
  async refusal(id: string): Promise<string | undefined> {
    const [error] = (await this.next('error', id)) as { extensions: { code: string } }[];
    return error?.extensions.code;
  }

  private wake(): void {
    for (const next of this.waiting.splice(0)) next();
  }

  async close(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}
