import { ClientConnection } from '../client-connection';
import type { ConnectionEnd } from '../connection-events';
import type { GoAway } from '../connection/control-frames';
import type { HeaderFields } from '../request-encoder';
import type { HeaderField } from '../connection/message-fields';
import type { Loss, Receiver } from '../stream';

/** What became of a request. */
export type Result =
  | { readonly status: number; readonly body: string; readonly fields: readonly HeaderField[] }
  | Loss
  | { readonly why: 'closed' };

class Recorder implements Receiver {
  private status = 0;
  private fields: readonly HeaderField[] = [];
  private body = '';

  constructor(readonly settle: (result: Result) => void) {}

  head(status: number, fields: readonly HeaderField[]): void {
    this.status = status;
    this.fields = fields;
  }

  data(bytes: Buffer): void {
    this.body += bytes.toString('latin1');
  }

  end(): void {
    this.settle({ status: this.status, body: this.body, fields: this.fields });
  }

  lost(loss: Loss): void {
    this.settle(loss);
  }
}

export interface RecordingOptions {
  readonly host?: string;
  readonly firstStreamId?: number;
}

/** A connection whose requests are promises, and which keeps what its owner is told. */
export class RecordingClient {
  readonly limits: number[] = [];
  readonly goAways: (GoAway | undefined)[] = [];
  readonly end: Promise<ConnectionEnd>;
  readonly connection: ClientConnection<Recorder>;
  private readyAgain: (() => void) | undefined;

  constructor(port: number, { host = '127.0.0.1', ...options }: RecordingOptions = {}) {
    let ended: (end: ConnectionEnd) => void;
    this.end = new Promise((resolve) => {
      ended = resolve;
    });
    const server = { host, port, tls: undefined };
    const events = {
      settings: (limit: number) => {
        this.limits.push(limit);
        this.readyAgain?.();
      },
      ready: () => this.readyAgain?.(),
      draining: (goAway: GoAway | undefined) => this.goAways.push(goAway),
      closed: (end: ConnectionEnd) => {
        for (const { receiver } of this.connection.underWay.values()) {
          receiver.settle({ why: 'closed' });
        }
        ended(end);
      },
    };
    this.connection = new ClientConnection(server, events, {
      authority: `localhost:${port}`,
      indexing: (name) => (name === ':path' ? 'literal' : 'indexed'),
      ...options,
    });
  }

  /** Waits until requests are taken. */
  async ready(): Promise<void> {
    while (this.limits.length === 0 || !this.connection.ready) {
      await new Promise<void>((resolve) => {
        this.readyAgain = resolve;
      });
    }
  }

  post(body: Buffer | string = '', own: HeaderFields = { ':path': '/' }): Promise<Result> {
    return this.postCancellable(body, own).result;
  }

  postCancellable(body: Buffer | string = '', own: HeaderFields = { ':path': '/' }) {
    let id = 0;
    const result = new Promise<Result>((resolve) => {
      id = this.connection.request(head, own, body, new Recorder(resolve));
    });
    return { id, result };
  }
}

const head = { ':method': 'POST' };
