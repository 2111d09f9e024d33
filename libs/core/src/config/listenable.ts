import { createServer } from 'node:net';
import { ConfigError } from './config';

/** Why a port can't be listened on, as an operator may read it. */
export interface ListenProblem {
  /** Node's code, e.g. `EADDRINUSE`. */
  readonly code: string;
  /** A sentence that begins with the wrong variable. */
  readonly text: string;
}

/** An address, and the ports of it, that a start is to listen on. */
export interface Listening {
  readonly host: string;
  /** The variable that tells the host; HOST when absent. */
  readonly hostVariable?: string;
  /** The ports by the names of their variables; 0 is any free one. */
  readonly ports: Readonly<Record<string, number>>;
}

/** Tries the ports of a start before anything is started. */
export async function listenProblems(...listening: readonly Listening[]): Promise<ListenProblem[]> {
  const problems: ListenProblem[] = [];
  const seen = new Map<number, string>();
  for (const { host, hostVariable = 'HOST', ports } of listening) {
    for (const [variable, port] of Object.entries(ports)) {
      const twin = port === 0 ? undefined : seen.get(port);
      seen.set(port, variable);
      const problem =
        twin === undefined
          ? await listenProblem(host, hostVariable, variable, port)
          : { code: 'EADDRINUSE', text: `${variable}: ${port} is the port of ${twin} already` };
      if (problem !== undefined) problems.push(problem);
    }
  }
  // A wrong HOST is wrong for all ports.
  return problems.filter(({ text }, n) => problems.findIndex((one) => one.text === text) === n);
}

/** Works as `listenProblems`. @throws ConfigError where a port can't be listened on */
export async function assertListenable(...listening: readonly Listening[]): Promise<void> {
  const problems = await listenProblems(...listening);
  if (problems.length > 0) throw new ConfigError(problems.map(({ text }) => text));
}

function listenProblem(
  host: string,
  hostVariable: string,
  variable: string,
  port: number,
): Promise<ListenProblem | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => {
      resolve(describe(error, host, hostVariable, variable, port));
    });
    probe.listen(port, host, () => {
      probe.close(() => {
        resolve(undefined);
      });
    });
  });
}

function describe(
  { code = '', message }: NodeJS.ErrnoException,
  host: string,
  hostVariable: string,
  variable: string,
  port: number,
): ListenProblem {
  switch (code) {
    case 'EADDRINUSE':
      return {
        code,
        text: `${variable}: another program listens on ${host}, port ${port}; end it, or choose another port (0 takes any free one)`,
      };
    case 'EACCES':
      return {
        code,
        text: `${variable}: this user may not listen on port ${port}; choose one above 1023`,
      };
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return {
        code,
        text: `${hostVariable}: the name ${host} does not resolve to an address (${code}); give an address of this machine`,
      };
    case 'EADDRNOTAVAIL':
    case 'EINVAL':
      return {
        code,
        text: `${hostVariable}: ${host} is no address of this machine; 0.0.0.0 stands for all`,
      };
    default:
      return { code, text: `${hostVariable}: ${host}, port ${port} (${variable}): ${message}` };
  }
}
