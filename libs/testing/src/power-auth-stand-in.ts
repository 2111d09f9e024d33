import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

interface Asked {
  readonly path: string;
  readonly body: unknown;
  readonly headers: IncomingHttpHeaders;
}

interface StoredActivation {
  readonly userId: string;
  readonly activationStatus: string;
  /** 1 by default. */
  readonly applicationId?: unknown;
}

/** A PowerAuth Server of version 1.0, as far as push registration asks it. */
export class PowerAuthStandIn {
  readonly activations = new Map<string, StoredActivation>();
  readonly applications = [{ id: 1, applicationName: 'Mobile bank', applicationRoles: [] }];
  readonly asked: Asked[] = [];
  /** A function that answers in place of the right answer. */
  fault: ((response: ServerResponse) => void) | undefined;

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const body = JSON.parse(Buffer.concat(parts).toString()) as { requestObject: never };
        this.asked.push({ path: request.url ?? '', body, headers: request.headers });
        if (this.fault === undefined) this.answer(request.url ?? '', body.requestObject, response);
        else this.fault(response);
      });
    });
  }

  static async start(): Promise<PowerAuthStandIn> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new PowerAuthStandIn(server);
  }

  /** The address as `POWERAUTH_URL` wants it. */
  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/powerauth-java-server/rest`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private answer(
    path: string,
    asked: { activationId: string; applicationId: number },
    response: ServerResponse,
  ): void {
    const prefix = '/powerauth-java-server/rest/v3/';
    const answers: Record<string, () => object | undefined> = {
      [`${prefix}activation/status`]: () => ({
        activationId: asked.activationId,
        activationOtpValidation: 'NONE',
        blockedReason: null,
        activationName: 'unknown',
        activationFlags: [],
        applicationId: 1,
        ...(this.activations.get(asked.activationId) ?? {
          userId: 'unknown',
          activationStatus: 'REMOVED',
        }),
      }),
      [`${prefix}application/list`]: () => ({ applications: this.applications }),
      [`${prefix}application/detail`]: () =>
        this.applications
          .filter(({ id }) => id === asked.applicationId)
          .map(({ id, applicationName }) => ({ applicationId: id, applicationName }))[0],
    };
    const responseObject = answers[path]?.();
    response.setHeader('content-type', 'application/json');
    if (responseObject !== undefined) {
      response.end(JSON.stringify({ status: 'OK', responseObject }));
      return;
    }
    const error = { code: 'ERR0015', message: 'Unknown', localizedMessage: 'Unknown' };
    response.statusCode = 400;
    response.end(JSON.stringify({ status: 'ERROR', responseObject: error }));
  }
}
