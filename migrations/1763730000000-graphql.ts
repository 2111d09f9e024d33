import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the lists of the GraphQL API filter and order by, and what repeated requests were answered. */
export class GraphQL1763730000000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      -- answer is sealed; status is absent while the request runs, answer also when it was too large to be kept.
      CREATE TABLE idempotency_keys (
        caller text NOT NULL,
        key text NOT NULL,
        fingerprint text NOT NULL,
        created_at timestamptz NOT NULL DEFAULT now(),
        status integer,
        content_type text,
        answer text,
        CONSTRAINT idempotency_keys_pkey PRIMARY KEY (caller, key)
      );
      CREATE INDEX idempotency_keys_created_idx ON idempotency_keys (created_at);

      ALTER TABLE push_profiles ADD links_email boolean NOT NULL DEFAULT true;

      -- A list of notifications is of an application or a user, newest first: both are repeated here for its index.
      ALTER TABLE notifications
        ADD application_id integer CONSTRAINT notifications_application_fkey REFERENCES applications (id) ON DELETE CASCADE,
        ADD created_at timestamptz NOT NULL DEFAULT now();
      UPDATE notifications SET application_id = messages.application_id, created_at = messages.created_at
      FROM messages WHERE messages.id = message_id;
      ALTER TABLE notifications ALTER application_id SET NOT NULL;
      DROP INDEX notifications_user_idx;
      CREATE INDEX notifications_created_idx ON notifications (created_at, message_id);
      CREATE INDEX notifications_application_idx ON notifications (application_id, created_at, message_id);
      CREATE INDEX notifications_user_idx ON notifications (user_id, created_at, message_id);

      -- The campaigns of an application and a state by time, however many notifications there are beside them.
      CREATE INDEX messages_campaign_idx ON messages (application_id, state, created_at, id) WHERE priority = 'campaign';

      -- A device is in one of the two, so that its registration costs no more.
      CREATE INDEX devices_live_idx ON devices (application_id, platform, id) WHERE retired_at IS NULL;
      CREATE INDEX devices_retired_idx ON devices (application_id, platform, id) WHERE retired_at IS NOT NULL;
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      DROP INDEX devices_retired_idx, devices_live_idx, messages_campaign_idx, notifications_user_idx, notifications_application_idx, notifications_created_idx;
      ALTER TABLE notifications DROP application_id, DROP created_at;
      CREATE INDEX notifications_user_idx ON notifications (user_id);
      ALTER TABLE push_profiles DROP links_email;
      DROP TABLE idempotency_keys;
    `);
  }
}
