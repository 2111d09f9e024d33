import type { Application, ApplicationsService, CredentialsService } from '@app/applications';
import { Actor, DomainError } from '@app/core';
import { type ApnsEnvironment, apnsEnvironments } from '@app/push';
import type { PowerAuthDatabase } from './powerauth-database';
import type { CredentialsRow } from './statements';
import type { Tally } from './tally';
import type { Write } from './write';

/** An application that is here, by the name that registrations and campaigns have for it there. */
export type ImportedApplications = ReadonlyMap<string, ImportedApplication>;

export interface ImportedApplication {
  readonly id: number;
  /** Absent where it has no APNs credentials. */
  readonly apnsEnvironment: ApnsEnvironment | undefined;
}

export interface ApplicationTallies {
  readonly applications: Tally;
  readonly apnsCredentials: Tally;
  readonly fcmCredentials: Tally;
}

const actor = Actor.system('import');

export interface ImportServices {
  readonly applications: ApplicationsService;
  readonly credentials: CredentialsService;
}

/** Creates the applications that are not here, and gives each the credentials that it does not have. */
export class ApplicationImport {
  /** @param environment of APNs credentials that name none, which the original leaves to its configuration */
  constructor(
    private readonly services: ImportServices,
    private readonly environment: ApnsEnvironment,
    private readonly tallies: ApplicationTallies,
  ) {}

  async run(
    source: PowerAuthDatabase,
    write: Write,
    progress: (rows: number) => void,
  ): Promise<ImportedApplications> {
    const imported = new Map<string, ImportedApplication>();
    const origins = new Map<number, string>();
    for await (const batch of source.batches<CredentialsRow>('push_app_credentials')) {
      for (const row of batch) {
        const id = applicationId(row);
        const origin = origins.get(id);
        if (origin !== undefined) {
          this.tallies.applications.refuse(row.id, `${origin} is application ${id} already`);
          continue;
        }
        if (!(await this.application(row, id, write))) continue;
        origins.set(id, row.appId);
        const apnsEnvironment = await this.apns(row, id, write);
        await this.fcm(row, id, write);
        imported.set(row.reference, { id, apnsEnvironment });
      }
      progress(batch.length);
    }
    return imported;
  }

  /** @returns whether it is here */
  private async application(row: CredentialsRow, id: number, write: Write): Promise<boolean> {
    const tally = this.tallies.applications;
    if (
      (await this.services.applications.find(actor, [id].filter(Number.isSafeInteger))).length > 0
    ) {
      tally.present++;
      return true;
    }
    const name = Array.from(`PowerAuth ${row.appId}`).slice(0, 100).join('');
    return store(tally, row, () =>
      write((manager) => this.services.applications.within(manager).create(actor, { id, name })),
    );
  }

  /** @returns the environment of the credentials that are here then */
  private async apns(
    row: CredentialsRow,
    id: number,
    write: Write,
  ): Promise<ApnsEnvironment | undefined> {
    const [present] = await this.services.credentials.describe(actor, 'apns', [id]);
    const tally = this.tallies.apnsCredentials;
    if (isEmpty(row.apnsKey)) return present?.environment;
    if (present !== undefined) {
      tally.present++;
      return present.environment;
    }
    const environment =
      apnsEnvironments.find((known) => known === row.apnsEnvironment) ?? this.environment;
    const credential = {
      bundle: row.apnsBundle ?? '',
      keyId: row.apnsKeyId ?? '',
      teamId: row.apnsTeamId ?? '',
      environment,
      privateKey: row.apnsKey.toString(),
    };
    const stored = await store(tally, row, () =>
      write((manager) =>
        this.services.credentials.within(manager).configure(actor, id, 'apns', credential),
      ),
    );
    return stored ? environment : undefined;
  }

  private async fcm(row: CredentialsRow, id: number, write: Write): Promise<void> {
    const tally = this.tallies.fcmCredentials;
    if (isEmpty(row.fcmKey)) return;
    if ((await this.services.credentials.describe(actor, 'fcm', [id])).length > 0) {
      tally.present++;
      return;
    }
    const credential = {
      projectId: row.fcmProjectId ?? '',
      serviceAccount: row.fcmKey.toString(),
    };
    await store(tally, row, () =>
      write((manager) =>
        this.services.credentials.within(manager).configure(actor, id, 'fcm', credential),
      ),
    );
  }
}

/** Text ids came with 1.3; one that is no number leaves its application the number of its row. */
function applicationId({ id, appId }: CredentialsRow): number {
  return Number(/^\d+$/.test(appId) ? appId : id);
}

/** @returns whether it was stored: our services refuse what they can't use */
async function store(
  tally: Tally,
  row: CredentialsRow,
  work: () => Promise<Application>,
): Promise<boolean> {
  try {
    await work();
    tally.imported++;
    return true;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    tally.refuse(row.id, error.message);
    return false;
  }
}

const isEmpty = (key: Buffer | null): key is null => key === null || key.length === 0;
