import { assertMasterKey, Config, SealedSecrets } from '@app/core';
import { claimGateways, destinationOf } from '@app/delivery';
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { schema } from '../../../migrations';

/**
 * Checks, before any job is taken and so before the bootstrap, that this worker can open the database's secrets, and
 * leads where the other workers do.
 */
@Injectable()
export class StartChecks implements OnModuleInit {
  constructor(
    private readonly config: Config,
    private readonly dataSource: DataSource,
    private readonly secrets: SealedSecrets,
  ) {}

  /** @throws ConfigError */
  async onModuleInit(): Promise<void> {
    try {
      await assertMasterKey(this.dataSource, this.secrets, schema.sealed);
      await claimGateways(this.dataSource, destinationOf(this.config));
    } catch (error) {
      await this.dataSource.destroy(); // Nest shuts nothing down that has not started
      throw error;
    }
  }
}
