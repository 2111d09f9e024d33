import type { DataSource } from 'typeorm';
import type { ActivationStatus } from '../device/activation.entity';

export interface KnownActivation {
  readonly userId: string;
  readonly status: ActivationStatus;
  /** The only application whose devices may have it, where the source says so. */
  readonly applicationId?: number | undefined;
}

/** The one whose word counts about an activation: another server, or our own table. Whoever composes a process says which. */
export abstract class ActivationSource {
  /** Whether its answers have to be copied into our table. */
  abstract readonly isRemote: boolean;

  /** Finds an activation; undefined for an unknown one. @throws ActivationSourceUnavailableError */
  abstract find(activationId: string): Promise<KnownActivation | undefined>;
}

/** Finds activations that were registered here, through GraphQL or the provisioning file. */
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
