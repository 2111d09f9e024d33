import { Clock, SealedSecrets } from '@app/core';
import { ProviderTokenStore } from '@app/push';
import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { ProviderToken } from './provider-token.entity';

@Injectable()
export class SharedProviderTokens extends ProviderTokenStore {
  constructor(
    private readonly dataSource: DataSource,
    private readonly secrets: SealedSecrets,
    private readonly clock: Clock,
  ) {
    super();
  }

  obtain(name: string, notBefore: Date, mint: () => string): Promise<string> {
    const context = `provider-token:${name}`;
    return this.dataSource.transaction(async (manager) => {
      // A row that is not there can't be locked, so the name is.
      await manager.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [context]);
      const stored = await manager.findOneBy(ProviderToken, { name });
      if (
        stored !== null &&
        stored.mintedAt > notBefore &&
        !this.secrets.needsReseal(stored.token)
      ) {
        return this.secrets.open(stored.token, context);
      }
      const token = mint();
      const row = {
        name,
        token: this.secrets.seal(token, context),
        mintedAt: this.clock.now(),
      };
      await manager.upsert(ProviderToken, row, ['name']);
      return token;
    });
  }
}
