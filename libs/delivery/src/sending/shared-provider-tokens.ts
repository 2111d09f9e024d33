import { holdName, type SealedColumn, SealedSecrets, SecretUnreadableError } from '@app/core';
import { ProviderTokenStore } from '@app/push';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { SharedProviderToken } from './shared-provider-token.entity';

/** The database's provider token, and the time at which it was read. */
interface Stored {
  readonly token: string | null;
  readonly fresh: boolean | null;
  readonly now: Date;
}

@Injectable()
export class SharedProviderTokens extends ProviderTokenStore {
  private readonly logger = new Logger(SharedProviderTokens.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly secrets: SealedSecrets,
  ) {
    super();
  }

  obtain(name: string, maxAgeMs: number, mint: (now: Date) => Promise<string>): Promise<string> {
    return this.dataSource.transaction(async (manager) => {
      // A row that is not there can't be locked, so the name is.
      await holdName(sealOf(name), manager);
      const [stored] = await manager.query<[Stored]>(
        `SELECT token, minted_at > clock_timestamp() - $2 * interval '1 millisecond' AS fresh, clock_timestamp() AS now
         FROM (VALUES ($1)) AS wanted (name) LEFT JOIN provider_tokens USING (name)`,
        [name, maxAgeMs],
      );
      const kept =
        stored.fresh === true && stored.token !== null
          ? await this.keep(name, stored.token, manager)
          : undefined;
      if (kept !== undefined) return kept;
      const token = await mint(stored.now);
      const row = { name, token: this.secrets.seal(token, sealOf(name)), mintedAt: stored.now };
      await manager.upsert(SharedProviderToken, row, ['name']);
      return token;
    });
  }

  /**
   * Opens a token, and seals it anew if that was done with the master key before: Apple refuses a team that mints
   * another one too soon.
   * @returns nothing when no key of ours opens it
   */
  private async keep(
    name: string,
    sealed: string,
    manager: EntityManager,
  ): Promise<string | undefined> {
    try {
      const token = this.secrets.open(sealed, sealOf(name));
      if (this.secrets.needsReseal(sealed)) {
        const resealed = this.secrets.seal(token, sealOf(name));
        await manager.update(SharedProviderToken, { name }, { token: resealed });
      }
      return token;
    } catch (error) {
      if (!(error instanceof SecretUnreadableError)) throw error;
      this.logger.warn(`A new provider token is made: ${error.reason}`);
      return undefined;
    }
  }
}

const sealOf = (name: string) => `provider-token:${name}`;

/** Where provider tokens are sealed; one that is lost is minted anew. */
export const providerTokenSeals: readonly SealedColumn[] = [
  {
    table: 'provider_tokens',
    column: 'token',
    key: ['name'],
    contextOf: ({ name }) => sealOf(String(name)),
    batch: 100,
    isPassing: true,
  },
];
