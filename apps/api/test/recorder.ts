import { format } from 'node:util';

/** One exchange over HTTP, as it went over the wire but for the order of the headers. */
export interface RecordedAnswer {
  /** e.g. `POST /graphql` */
  readonly request: string;
  readonly sent: string;
  readonly status: number;
  /** Status, headers and body. */
  readonly text: string;
  readonly body: string;
}

/** Keeps all that this process writes and all answers that it gets, from its making to `stop`. */
export class Recorder {
  readonly answers: RecordedAnswer[] = [];
  private readonly written: string[] = [];
  private readonly spies: jest.SpyInstance[];

  constructor() {
    const write = (chunk: unknown): boolean => {
      this.written.push(Buffer.isBuffer(chunk) ? chunk.toString() : String(chunk));
      return true;
    };
    const print = (...args: unknown[]): void => {
      this.written.push(format(...args));
    };
    const send = globalThis.fetch;
    this.spies = [
      jest.spyOn(process.stdout, 'write').mockImplementation(write),
      jest.spyOn(process.stderr, 'write').mockImplementation(write),
      ...(['log', 'info', 'warn', 'error', 'debug', 'trace'] as const).map((name) =>
        jest.spyOn(console, name).mockImplementation(print),
      ),
      jest.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
        const answer = await send(input, init);
        await this.keep(input, init, answer.clone());
        return answer;
      }),
    ];
  }

  /** Returns all that was written to stdout, stderr and the console. */
  get log(): string {
    return this.written.join('\n');
  }

  /** Returns the exchange that came last. */
  get last(): RecordedAnswer {
    const last = this.answers.at(-1);
    if (last === undefined) throw new Error('There was no answer');
    return last;
  }

  stop(): void {
    for (const spy of this.spies) spy.mockRestore();
  }

  private async keep(input: URL | Request | string, init: RequestInit = {}, answer: Response) {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    const { method = 'GET', body: sent } = init;
    const body = await answer.text();
    const headers = [...answer.headers].map(([name, value]) => `${name}: ${value}`);
    this.answers.push({
      request: `${method} ${pathname}`,
      sent: typeof sent === 'string' ? sent : '',
      status: answer.status,
      text: [`${answer.status} ${answer.statusText}`, ...headers, '', body].join('\n'),
      body,
    });
  }
}
