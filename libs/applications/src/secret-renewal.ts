import { SealedSecrets, SecretUnreadableError } from '@app/core';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { pushProfileSeal } from './api-spaces';
import { credentialName } from './application-store';

interface SealedColumn {
  readonly table: string;
  readonly column: string;
  readonly contextOf: (applicationId: number) => string;
}

/** Where applications keep secrets. */
const sealedColumns: readonly SealedColumn[] = [
  {
    table: 'apns_credentials',
    column: 'private_key',
    contextOf: (id) => credentialName('apns', id),
  },
  {
    table: 'fcm_credentials',
    column: 'service_account',
    contextOf: (id) => credentialName('fcm', id),
  },
  { table: 'push_profiles', column: 'shared_secret', contextOf: pushProfileSeal },
  { table: 'push_profiles', column: 'previous_secret', contextOf: pushProfileSeal },
];

/** Seals the secrets of applications with the present master key, so that the one before can be dropped. */
@Injectable()
export class SecretRenewal {
  private readonly logger = new Logger(SecretRenewal.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly secrets: SealedSecrets,
  ) {}

  /** For a schedule. Any number of processes may do it at once; nobody who uses a secret notices. */
  async sealAnew(): Promise<void> {
    for (const sealed of sealedColumns) await this.sealColumn(sealed);
  }

  private async sealColumn({ table, column, contextOf }: SealedColumn): Promise<void> {
    const rows = await this.dataSource.query<{ id: number; sealed: string }[]>(
      `SELECT application_id AS id, ${column} AS sealed FROM ${table} WHERE ${column} IS NOT NULL`,
    );
    for (const { id, sealed } of rows) {
      if (!this.secrets.needsReseal(sealed)) continue;
      const anew = this.anew(sealed, contextOf(id));
      if (anew === undefined) continue;
      // Whoever has configured another secret meanwhile is right.
      await this.dataSource.query(
        `UPDATE ${table} SET ${column} = $3 WHERE application_id = $1 AND ${column} = $2`,
        [id, sealed, anew],
      );
    }
  }

  /** One that can't be opened is no reason to leave the others as they are. */
  private anew(sealed: string, context: string): string | undefined {
    try {
      return this.secrets.seal(this.secrets.open(sealed, context), context);
    } catch (error) {
      if (!(error instanceof SecretUnreadableError)) throw error;
      this.logger.error(error.message);
      return undefined;
    }
  }
}
