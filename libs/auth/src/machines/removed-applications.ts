import type { ApplicationsService } from '@app/applications';

/**
 * Takes the machines of a removed application along: another application may get its number, but not its machines.
 * @param table keeps the applications of each machine in an array, without a foreign key
 */
export function followRemovals(
  applications: ApplicationsService,
  table: 'oauth_clients' | 'service_accounts' | 'api_keys',
): void {
  applications.onRemoval(async (id, manager) => {
    await manager.query(
      `UPDATE ${table} SET application_ids = array_remove(application_ids, $1) WHERE $1 = ANY (application_ids)`,
      [id],
    );
  });
}
