import {
  ActivationSource,
  ActivationSourceUnavailableError,
  activationStatuses,
  type KnownActivation,
} from '@app/devices';
import { z } from 'zod';
import type { PowerAuthServer } from './power-auth-server';
import { PowerAuthUnavailableError } from './powerauth.errors';

/** A number in 1.0, which ours equals; since 1.3 any text, which need not be a number, and then says nothing here. */
const applicationId = z
  .union([z.number(), z.string()])
  .transform((id) => (/^[1-9]\d{0,9}$/.test(String(id)) ? Number(id) : undefined));

const statusAnswer = z.object({
  userId: z.string().min(1).max(255),
  activationStatus: z.enum(activationStatuses),
  applicationId: applicationId.nullish(),
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
      return {
        userId: answer.userId,
        status: answer.activationStatus,
        applicationId: answer.applicationId ?? undefined,
      };
    } catch (error) {
      if (!(error instanceof PowerAuthUnavailableError)) throw error;
      throw new ActivationSourceUnavailableError(error);
    }
  }
}
