import { FirstOutcomes } from '@app/delivery';
import { Carillon } from '@app/testing/harness';
import type { Pool } from 'pg';
import { DataSource } from 'typeorm';

describe('who waits for the first outcomes of messages', () => {
  let carillon: Carillon;
  let outcomes: FirstOutcomes;
  let ids: string[];

  beforeAll(async () => {
    carillon = await Carillon.start();
    outcomes = carillon.get(FirstOutcomes);
    const applicationId = await carillon.createApplication();
    const rows = await carillon.sql<{ id: string }>(
      `INSERT INTO messages (id, application_id, priority, state, content)
       SELECT gen_random_uuid(), $1, 'transactional', 'running', '{}' FROM generate_series(1, 50) RETURNING id`,
      [applicationId],
    );
    ids = rows.map(({ id }) => id);
  });
  afterAll(() => carillon.close());

  it('looks with all others who do at the same time, and is told of his own', async () => {
    // The message at place n has n deliveries to each gateway; one of those to FCM failed.
    await carillon.sql(
      `INSERT INTO deliveries (message_id, gateway, seq, device_id, state)
       SELECT id, gateway, seq, devices + seq, CASE WHEN gateway = 'fcm' AND seq = 1 THEN 'failed' ELSE 'accepted' END::delivery_state
       FROM unnest($1::uuid[]) WITH ORDINALITY AS message (id, place), generate_series(1, place) AS seq,
         (VALUES ('apns'::gateway, 0), ('fcm', 1000)) AS lane (gateway, devices)`,
      [ids],
    );
    const { master } = carillon.get(DataSource).driver as unknown as { readonly master: Pool };
    const query = jest.spyOn(master, 'query');
    const counts = await Promise.all(
      ids.map((id, place) => outcomes.wait([id, ...ids.slice(0, place % 2)], 600_000)),
    );
    const looks = query.mock.calls.length;
    query.mockRestore();
    expect(looks).toBe(1);
    for (const [place, { apns, fcm }] of counts.entries()) {
      const [messages, total] = [1 + (place % 2), place + 1 + (place % 2)];
      expect(apns).toEqual({ sent: total, failed: 0, pending: 0, total });
      expect(fcm).toEqual({ sent: total - messages, failed: messages, pending: 0, total });
    }
  });
});
