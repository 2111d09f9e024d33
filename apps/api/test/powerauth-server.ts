import { type ActivationStatus, ActivationsService } from '@app/devices';
import { Carillon, tester } from '@app/testing/harness';
import { type Api, startApi } from '../src/start';
import { PowerAuthClient } from './powerauth-client';

/** The whole server with the PowerAuth routes, and a client of them. */
export class PowerAuthServer {
  readonly client: PowerAuthClient;

  private constructor(
    readonly carillon: Carillon,
    private readonly api: Api,
  ) {
    this.client = new PowerAuthClient(api.url + carillon.config.powerAuthCompatPrefix);
  }

  /** On a trusted network, administration included, unless the variables say otherwise. */
  static async start(variables: NodeJS.ProcessEnv = {}): Promise<PowerAuthServer> {
    const open = { POWERAUTH_COMPAT: 'open', POWERAUTH_OPEN_ADMIN: 'true' };
    const carillon = await Carillon.start({}, { ...open, ...variables });
    return new PowerAuthServer(carillon, await startApi(carillon.config));
  }

  get origin(): string {
    return this.api.url;
  }

  async createActivation(
    activationId: string,
    userId: string,
    status: ActivationStatus = 'ACTIVE',
  ): Promise<void> {
    const activations = this.carillon.get(ActivationsService);
    await activations.register(tester, { activationId, userId, status });
  }

  async close(): Promise<void> {
    await this.api.close();
    await this.carillon.close();
  }
}
