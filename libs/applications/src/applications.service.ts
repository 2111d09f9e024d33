import { randomUUID } from 'node:crypto';
import { Clock, type Gateway, SealedSecrets } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, In, QueryFailedError } from 'typeorm';
import { ApnsCredential } from './apns-credential.entity';
import { Application } from './application.entity';
import {
  ApplicationExistsError,
  ApplicationNotFoundError,
  InvalidApplicationError,
} from './applications.errors';
import {
  type ApnsCredentialInput,
  apnsCredentialProblems,
  type FcmCredentialInput,
  fcmCredentialProblems,
} from './credential-checks';
import { FcmCredential } from './fcm-credential.entity';

export interface ApplicationInput {
  /** PowerAuth's appId; the next free number when absent. */
  readonly id?: number;
  readonly name: string;
}

/** Messages per second; 0 is unlimited. */
export interface Limits {
  readonly apnsPerSecond?: number;
  readonly fcmPerSecond?: number;
}

/** Credentials in clear, for the gateways only. `version` changes whenever they do. */
export type OpenApnsCredential = ApnsCredentialInput & { readonly version: string };
export type OpenFcmCredential = FcmCredentialInput & { readonly version: string };

/** Credentials without their secrets. */
export type ApnsDescription = Omit<ApnsCredential, 'privateKey' | 'application'>;
export type FcmDescription = Omit<FcmCredential, 'serviceAccount' | 'application'>;

const largestInteger = 2_147_483_647;

@Injectable()
export class ApplicationsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly secrets: SealedSecrets,
    private readonly clock: Clock,
  ) {}

  /** @throws ApplicationExistsError */
  async create(
    input: ApplicationInput,
    manager: EntityManager = this.dataSource.manager,
  ): Promise<Application> {
    const { id } = input;
    if (id !== undefined && !(Number.isInteger(id) && id >= 1 && id <= largestInteger)) {
      throw new InvalidApplicationError('id', 'wants a positive number');
    }
    const name = checkName(input.name);
    try {
      const [row] = await manager.query<[{ id: number }]>(
        `INSERT INTO applications (id, name)
         VALUES (coalesce($1::int, (SELECT coalesce(max(id), 0) + 1 FROM applications)), $2) RETURNING id`,
        [id ?? null, name],
      );
      return await this.get(row.id, manager);
    } catch (error) {
      if (!(error instanceof QueryFailedError)) throw error;
      if ((error.driverError as { code?: string }).code !== '23505') throw error;
      if (id === undefined) return this.create(input, manager); // another took the number
      throw new ApplicationExistsError(id);
    }
  }

  /** @throws ApplicationNotFoundError */
  async get(id: number, manager: EntityManager = this.dataSource.manager): Promise<Application> {
    const application =
      id >= 1 && id <= largestInteger ? await manager.findOneBy(Application, { id }) : null;
    if (application === null) throw new ApplicationNotFoundError(id);
    return application;
  }

  async list(): Promise<Application[]> {
    return this.dataSource.manager.find(Application, { order: { id: 'ASC' } });
  }

  /** By id; what is not there is left out. */
  async find(
    ids: readonly number[],
    manager: EntityManager = this.dataSource.manager,
  ): Promise<Application[]> {
    return manager.findBy(Application, { id: In([...ids]) });
  }

  async rename(id: number, name: string, manager?: EntityManager): Promise<Application> {
    return this.change(id, { name: checkName(name) }, manager);
  }

  async setLimits(id: number, limits: Limits, manager?: EntityManager): Promise<Application> {
    const { apnsPerSecond, fcmPerSecond } = limits;
    for (const [field, value] of Object.entries({ apnsPerSecond, fcmPerSecond })) {
      if (value === undefined) continue;
      if (!(Number.isInteger(value) && value >= 0 && value <= 1_000_000)) {
        throw new InvalidApplicationError(
          field,
          'wants a whole number from 0 (unlimited) to 1000000',
        );
      }
    }
    const changes = {
      ...(apnsPerSecond !== undefined && { apnsPerSecond }),
      ...(fcmPerSecond !== undefined && { fcmPerSecond }),
    };
    return this.change(id, changes, manager);
  }

  /** Stores a credential that differs from the stored one; the same again changes nothing. */
  async configureApns(
    id: number,
    input: ApnsCredentialInput,
    manager: EntityManager = this.dataSource.manager,
  ): Promise<Application> {
    for (const problem of apnsCredentialProblems(input)) throw problem;
    const application = await this.get(id, manager);
    const present = await this.apnsCredential(id, manager);
    if (present === undefined || differs(input, present)) {
      await manager.upsert(
        ApnsCredential,
        {
          applicationId: id,
          version: randomUUID(),
          bundle: input.bundle,
          keyId: input.keyId,
          teamId: input.teamId,
          environment: input.environment,
          privateKey: this.secrets.seal(input.privateKey, sealContext('apns', id)),
          updatedAt: this.clock.now(),
        },
        ['applicationId'],
      );
    }
    return application;
  }

  /** Stores a credential that differs from the stored one; the same again changes nothing. */
  async configureFcm(
    id: number,
    input: FcmCredentialInput,
    manager: EntityManager = this.dataSource.manager,
  ): Promise<Application> {
    for (const problem of fcmCredentialProblems(input)) throw problem;
    const application = await this.get(id, manager);
    const present = await this.fcmCredential(id, manager);
    if (present === undefined || differs(input, present)) {
      await manager.upsert(
        FcmCredential,
        {
          applicationId: id,
          version: randomUUID(),
          projectId: input.projectId,
          serviceAccount: this.secrets.seal(input.serviceAccount, sealContext('fcm', id)),
          updatedAt: this.clock.now(),
        },
        ['applicationId'],
      );
    }
    return application;
  }

  /** @throws ApplicationNotFoundError */
  async removeApns(id: number): Promise<Application> {
    const application = await this.get(id);
    await this.dataSource.manager.delete(ApnsCredential, { applicationId: id });
    return application;
  }

  /** @throws ApplicationNotFoundError */
  async removeFcm(id: number): Promise<Application> {
    const application = await this.get(id);
    await this.dataSource.manager.delete(FcmCredential, { applicationId: id });
    return application;
  }

  /** What may be shown of the APNs credentials of several applications. */
  async describeApns(ids: readonly number[]): Promise<ApnsDescription[]> {
    return this.dataSource.manager.find(ApnsCredential, {
      select: {
        applicationId: true,
        version: true,
        bundle: true,
        keyId: true,
        teamId: true,
        environment: true,
        updatedAt: true,
      },
      where: { applicationId: In([...ids]) },
    });
  }

  /** What may be shown of the FCM credentials of several applications. */
  async describeFcm(ids: readonly number[]): Promise<FcmDescription[]> {
    return this.dataSource.manager.find(FcmCredential, {
      select: { applicationId: true, version: true, projectId: true, updatedAt: true },
      where: { applicationId: In([...ids]) },
    });
  }

  async apnsCredential(
    id: number,
    manager: EntityManager = this.dataSource.manager,
  ): Promise<OpenApnsCredential | undefined> {
    const stored = await manager.findOneBy(ApnsCredential, { applicationId: id });
    if (stored === null) return undefined;
    const { version, bundle, keyId, teamId, environment } = stored;
    const privateKey = this.secrets.open(stored.privateKey, sealContext('apns', id));
    return { version, bundle, keyId, teamId, environment, privateKey };
  }

  async fcmCredential(
    id: number,
    manager: EntityManager = this.dataSource.manager,
  ): Promise<OpenFcmCredential | undefined> {
    const stored = await manager.findOneBy(FcmCredential, { applicationId: id });
    if (stored === null) return undefined;
    const { version, projectId } = stored;
    const serviceAccount = this.secrets.open(stored.serviceAccount, sealContext('fcm', id));
    return { version, projectId, serviceAccount };
  }

  private async change(
    id: number,
    changes: Partial<Application>,
    manager: EntityManager = this.dataSource.manager,
  ): Promise<Application> {
    const application = await this.get(id, manager);
    return manager.save(Object.assign(application, changes));
  }
}

const sealContext = (gateway: Gateway, id: number) => `${gateway}-credential:${id}`;

function checkName(name: string): string {
  const trimmed = name.trim();
  if (trimmed === '' || trimmed.length > 200) {
    throw new InvalidApplicationError('name', 'wants 1 to 200 characters');
  }
  return trimmed;
}

function differs<Input extends object>(input: Input, stored: Input): boolean {
  return (Object.keys(input) as (keyof Input)[]).some((key) => input[key] !== stored[key]);
}
