import { Client } from 'pg';
import { createTestDatabase } from './database';

describe('a test database', () => {
  it('is migrated, empty and nobody else’s', async () => {
    const [one, other] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    expect(one.url).not.toBe(other.url);
    const client = new Client({ connectionString: one.url });
    await client.connect();
    const { rows } = await client.query('SELECT count(*)::int AS devices FROM devices');
    expect(rows).toEqual([{ devices: 0 }]);
    await client.end();
    await Promise.all([one.drop(), other.drop()]);
    await expect(new Client({ connectionString: one.url }).connect()).rejects.toThrow(
      'does not exist',
    );
  });
});
