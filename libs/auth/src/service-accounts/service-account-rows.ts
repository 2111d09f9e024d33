import type { Actor } from '@app/core';
import type { EntityManager } from 'typeorm';
import { demandPowers, reaches } from '../access/grantable';
import { holdMachineId } from '../machines/machine-ids';
import { accountIdForm } from './service-account-checks';
import { ServiceAccount } from './service-account.entity';
import { ServiceAccountExistsError, ServiceAccountNotFoundError } from './service-accounts.errors';

/** @throws ServiceAccountNotFoundError */
export async function findAccount(id: string, manager: EntityManager): Promise<ServiceAccount> {
  const account = accountIdForm.test(id) ? await manager.findOneBy(ServiceAccount, { id }) : null;
  if (account === null) throw new ServiceAccountNotFoundError(id);
  return account;
}

/** Keeps others from changing the account until the transaction ends. @throws ServiceAccountNotFoundError, ForbiddenError */
export async function lockAccount(
  actor: Actor,
  id: string,
  manager: EntityManager,
): Promise<ServiceAccount> {
  const account = accountIdForm.test(id)
    ? await manager.findOne(ServiceAccount, { where: { id }, lock: { mode: 'pessimistic_write' } })
    : null;
  if (account === null || !reaches(actor, account)) throw new ServiceAccountNotFoundError(id);
  demandPowers(actor, account);
  return account;
}

/** @throws ServiceAccountExistsError, also when a client has the id */
export async function insertAccount(
  { id, name, scopes, applicationIds, allowedIps, expiresAt }: ServiceAccount,
  manager: EntityManager,
): Promise<void> {
  await holdMachineId(id, manager);
  const inserted = await manager.query<unknown[]>(
    `INSERT INTO service_accounts (id, name, scopes, application_ids, allowed_ips, expires_at)
     SELECT $1, $2, $3, $4, $5, $6 WHERE NOT EXISTS (SELECT FROM oauth_clients WHERE id = $1)
     ON CONFLICT (id) DO NOTHING RETURNING 1`,
    [id, name, scopes, applicationIds, allowedIps, expiresAt],
  );
  if (inserted.length === 0) throw new ServiceAccountExistsError(id);
}
