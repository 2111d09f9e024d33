import { type Gateway, SealedSecrets, SecretUnreadableError } from '@app/core';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { pushProfileSeal } from './api-spaces';
import { credentialName } from './application-store';

interface SealedRow {
  readonly applicationId: number;
  readonly gateway: Gateway;
  readonly sealed: string;
}

interface SealedColumn {
  readonly table: string;
  readonly column: string;
  /** The column that tells the secrets of an application apart, if it may have several. */
  readonly gateway: 'gateway' | 'NULL';
  readonly contextOf: (row: SealedRow) => string;
}

const ofPushProfile = {
  table: 'push_profiles',
  gateway: 'NULL',
  contextOf: ({ applicationId }: SealedRow) => pushProfileSeal(applicationId),
} as const;

/** The places where applications keep secrets. */
const sealedColumns: readonly SealedColumn[] = [
  {
    table: 'gateway_credentials',
    column: 'sealed',
    gateway: 'gateway',
    contextOf: ({ gateway, applicationId }) => credentialName(gateway, applicationId),
  },
  { ...ofPushProfile, column: 'shared_secret' },
  { ...ofPushProfile, column: 'previous_secret' },
];

/** Seals the secrets of applications with the present master key, so that the one before can be dropped. */
@Injectable()
export class SecretRenewal {
  private readonly logger = new Logger(SecretRenewal.name);

  constructor(
    private readonly dataSource: DataSource,
    private readonly secrets: SealedSecrets,
  ) {}

  /** Seals secrets anew, on a schedule. Any number of processes may do it at once; nobody who uses a secret notices. */
  async sealAnew(): Promise<void> {
    for (const sealed of sealedColumns) await this.sealColumn(sealed);
  }

  private async sealColumn({ table, column, gateway, contextOf }: SealedColumn): Promise<void> {
    const rows = await this.dataSource.query<SealedRow[]>(
      `SELECT application_id AS "applicationId", ${gateway} AS gateway, ${column} AS sealed
       FROM ${table} WHERE ${column} IS NOT NULL`,
    );
    for (const row of rows) {
      const { applicationId, sealed } = row;
      if (!this.secrets.needsReseal(sealed)) continue;
      const anew = this.anew(sealed, contextOf(row));
      if (anew === undefined) continue;
      // Whoever has configured another secret meanwhile is right. No two secrets look alike when sealed.
      await this.dataSource.query(
        `UPDATE ${table} SET ${column} = $3 WHERE application_id = $1 AND ${column} = $2`,
        [applicationId, sealed, anew],
      );
    }
  }

  /** Seals a secret anew. One that can't be opened is no reason to leave the others as they are. */
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
