import type { EntityManager } from 'typeorm';

/** Returns a service that does the same in this transaction. @param service keeps as `manager` what it works with */
export const inTransaction = <Service extends object>(
  service: Service,
  manager: EntityManager,
): Service => Object.assign(Object.create(service) as Service, { manager });
