import { type PowerAuthServer, PowerAuthUnavailableError } from '@app/applications';
import type { DataSource } from 'typeorm';
import { z } from 'zod';
import { type ActivationStatus, activationStatuses } from './activation.entity';
import { ActivationSourceUnavailableError } from './devices.errors';

export interface KnownActivation {
  readonly userId: string;
  readonly status: ActivationStatus;
}

/** Whose word counts about an activation: a PowerAuth Server's, or our own table's. */
export abstract class ActivationSource {
  /** Whether its answers have to be copied into our table. */
  abstract readonly isRemote: boolean;

  /** @returns undefined for an unknown activation. @throws ActivationSourceUnavailableError */
  abstract find(activationId: string): Promise<KnownActivation | undefined>;
}

/** Activations that were registered here, through GraphQL or the provisioning file. */
export class OwnActivations extends ActivationSource {
  readonly isRemote = false;

  constructor(private readonly dataSource: DataSource) {
    super();
  }

  async find(activationId: string): Promise<KnownActivation | undefined> {
    const [found] = await this.dataSource.query<KnownActivation[]>(
      'SELECT user_id AS "userId", status FROM activations WHERE id = $1',
      [activationId],
    );
    return found;
  }
}

const statusAnswer = z.object({
  userId: z.string().min(1).max(255),
  activationStatus: z.enum(activationStatuses),
});

/** An activation that PowerAuth Server does not know comes back as REMOVED, of a user "unknown". */
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
