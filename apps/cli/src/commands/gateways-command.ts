import { ConfigError, openDatabase } from '@app/core';
import { type Destination, turnOverGateways } from '@app/delivery';
import { schema } from '../../../../migrations';
import type { Installation } from '../installation';
import { UsageError } from './usage.error';

const kinds: readonly Destination[] = ['real', 'simulated'];

/** `carillon gateways <kind>`. @throws UsageError, ConfigError also when workers run */
export async function gatewaysCommand(
  [word, ...more]: readonly string[],
  installation: Installation,
): Promise<void> {
  const kind = kinds.find((known) => known === word);
  if (kind === undefined || more.length > 0) {
    throw new UsageError(`gateways wants ${kinds.join(' or ')}`);
  }
  await installation(async (config) => {
    const dataSource = await openDatabase(config, schema, 'carillon command');
    try {
      const workers = await turnOverGateways(dataSource, kind);
      if (workers > 0) {
        throw new ConfigError([
          `DATABASE_URL: workers have ${workers} connections to this database; stop them first`,
        ]);
      }
    } finally {
      await dataSource.destroy();
    }
  });
  console.log(`From now on, the workers of this database lead to ${kind} gateways.`);
}
