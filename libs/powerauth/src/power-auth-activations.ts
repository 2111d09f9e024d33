import {
  ActivationSource,
  ActivationSourceUnavailableError,
  activationStatuses,
  type KnownActivation,
} from '@app/devices';
import { z } from 'zod';
import type { PowerAuthServer } from './power-auth-server';
import { PowerAuthUnavailableError } from './powerauth.errors';

const statusAnswer = z.object({
  userId: z.string().min(1).max(255),
  activationStatus: z.enum(activationStatuses),
});

/** Asks PowerAuth Server about activations; one that it does not know comes back as REMOVED, of a user "unknown". */
export class PowerAuthActivations extends ActivationSource {
  readonly isRemote = true;

  constructor(private readonly server: PowerAuthServer) {
    super();
  }

  async find(activationId: string): Promise<KnownActivation> {
    const question = { activationId, challenge: null };
    try {
      const answer = await this.server.ask('activation/status', question, statusAnswer);
      return { userId: answer.userId, status: answer.activationStatus };
    } catch (error) {
      if (!(error instanceof PowerAuthUnavailableError)) throw error;
      throw new ActivationSourceUnavailableError(error);
    }
  }
}
