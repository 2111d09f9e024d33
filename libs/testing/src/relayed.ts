import { createTestDatabase } from './database';
import { Carillon } from './harness';
import { PostgresRelay } from './postgres-relay';

/** Starts the domain on a database that is behind a relay, with the queue in it. @returns both; closing the one closes the other */
export async function startRelayed(): Promise<{
  readonly carillon: Carillon;
  readonly relay: PostgresRelay;
}> {
  const database = await createTestDatabase();
  const relay = await PostgresRelay.start(database.url);
  const drop = async () => {
    await relay.close();
    await database.drop();
  };
  const carillon = await Carillon.start(
    {},
    {},
    {
      database: () => Promise.resolve({ url: relay.url, drop }),
      redisUrl: () => Promise.resolve(undefined),
    },
  );
  return { carillon, relay };
}
