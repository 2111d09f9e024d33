/** Messages and the way of their deliveries through chunks and lanes. */
export const delivery = {
  up: `
    CREATE TYPE message_priority AS ENUM ('transactional', 'campaign');
    CREATE TYPE message_state AS ENUM ('draft', 'planning', 'running', 'paused', 'cancelled', 'completed');
    CREATE TYPE delivery_state AS ENUM ('pending', 'accepted', 'failed', 'skipped', 'expired');
    CREATE TYPE chunk_state AS ENUM ('waiting', 'working', 'finished');

    CREATE TABLE messages (
      id uuid CONSTRAINT messages_pkey PRIMARY KEY,
      application_id integer NOT NULL
        CONSTRAINT messages_application_fkey REFERENCES applications (id) ON DELETE CASCADE,
      priority message_priority NOT NULL,
      state message_state NOT NULL,
      content jsonb NOT NULL,
      personal boolean NOT NULL DEFAULT false,
      created_at timestamptz NOT NULL DEFAULT now(),
      launched_at timestamptz,
      completed_at timestamptz
    );
    CREATE INDEX messages_application_idx ON messages (application_id);
    -- The campaigns of an application and a state by time, however many notifications there are beside them.
    CREATE INDEX messages_campaign_idx ON messages (application_id, state, created_at, id) WHERE priority = 'campaign';
    CREATE INDEX messages_running_idx ON messages (application_id, id) WHERE priority = 'campaign' AND state = 'running';
    CREATE INDEX messages_active_idx ON messages (id) WHERE state IN ('planning', 'running');
    CREATE INDEX messages_cancelled_idx ON messages (id) WHERE state = 'cancelled';

    -- No foreign keys: a million rows are written in one statement. seq counts from 0 within message and gateway in
    -- the order of planning, so that a chunk is a range of the primary key and of neighbouring pages. Every row is
    -- updated once, which makes it 8 bytes longer: a little more than half of each page stays free for it, and no index
    -- holds a column that changes, so that PostgreSQL can update in place (HOT). The columns stand in the order in which
    -- none needs padding.
    CREATE TABLE deliveries (
      device_id bigint NOT NULL,
      message_id uuid NOT NULL,
      gateway gateway NOT NULL,
      seq integer NOT NULL,
      state delivery_state NOT NULL DEFAULT 'pending',
      attempts smallint NOT NULL DEFAULT 0,
      in_doubt boolean NOT NULL DEFAULT false,
      retry_at timestamptz,
      finished_at timestamptz,
      reason text,
      gateway_id text,
      CONSTRAINT deliveries_pkey PRIMARY KEY (message_id, gateway, seq)
    ) WITH (fillfactor = 48);
    CREATE UNIQUE INDEX deliveries_device_message_key ON deliveries (device_id, message_id);

    CREATE TABLE chunks (
      message_id uuid NOT NULL CONSTRAINT chunks_message_fkey REFERENCES messages (id) ON DELETE CASCADE,
      gateway gateway NOT NULL,
      number integer NOT NULL,
      application_id integer NOT NULL,
      priority message_priority NOT NULL,
      first_seq integer NOT NULL,
      size integer NOT NULL,
      state chunk_state NOT NULL DEFAULT 'waiting',
      wake_at timestamptz NOT NULL DEFAULT now(),
      owner uuid,
      passes integer NOT NULL DEFAULT 0,
      in_doubt boolean NOT NULL DEFAULT false,
      accepted integer NOT NULL DEFAULT 0,
      failed integer NOT NULL DEFAULT 0,
      skipped integer NOT NULL DEFAULT 0,
      expired integer NOT NULL DEFAULT 0,
      CONSTRAINT chunks_pkey PRIMARY KEY (message_id, gateway, number)
    );
    -- The first that are due of each lane and priority, and of each campaign, and how many of these are in hand, however
    -- many wait.
    CREATE INDEX chunks_unfinished_idx ON chunks (application_id, gateway, priority, wake_at) WHERE state <> 'finished';
    CREATE INDEX chunks_campaign_idx ON chunks (message_id, gateway, wake_at, number)
      WHERE state <> 'finished' AND priority = 'campaign';
    CREATE INDEX chunks_in_hand_idx ON chunks (application_id, gateway, wake_at)
      WHERE state = 'working' AND priority = 'campaign';

    -- A lane without a row has the gateway's own pace.
    CREATE TABLE lane_limits (
      application_id integer NOT NULL
        CONSTRAINT lane_limits_application_fkey REFERENCES applications (id) ON DELETE CASCADE,
      gateway gateway NOT NULL,
      per_second integer NOT NULL,
      CONSTRAINT lane_limits_pkey PRIMARY KEY (application_id, gateway)
    );

    -- No foreign keys on who opened a breaker: either may be removed while it is open.
    CREATE TABLE lanes (
      application_id integer NOT NULL
        CONSTRAINT lanes_application_fkey REFERENCES applications (id) ON DELETE CASCADE,
      gateway gateway NOT NULL,
      next_at timestamptz NOT NULL DEFAULT now(),
      paused_until timestamptz NOT NULL DEFAULT '-infinity',
      pause_reason text,
      pauses integer NOT NULL DEFAULT 0,
      proven_version uuid,
      open_version uuid,
      open_reason text,
      open_message_id uuid,
      open_device_id bigint,
      opened_at timestamptz,
      probe_at timestamptz,
      CONSTRAINT lanes_pkey PRIMARY KEY (application_id, gateway)
    );

    -- Minutes of a lane as a ring: slot is the minute modulo the window's length, so nothing has to be purged. Two bit
    -- strings mark hashes of devices and of users: how many different ones there were, in 32 bytes.
    CREATE TABLE lane_answers (
      application_id integer NOT NULL
        CONSTRAINT lane_answers_application_fkey REFERENCES applications (id) ON DELETE CASCADE,
      gateway gateway NOT NULL,
      slot smallint NOT NULL,
      realm text NOT NULL,
      minute timestamptz NOT NULL,
      first_accepted_at timestamptz,
      last_accepted_at timestamptz,
      accepted integer NOT NULL,
      accepted_devices bit(256) NOT NULL,
      doubtful integer NOT NULL,
      doubtful_users bit(256) NOT NULL,
      dead integer NOT NULL,
      CONSTRAINT lane_answers_pkey PRIMARY KEY (application_id, gateway, slot)
    ) WITH (fillfactor = 50);

    -- A job of a message that fails; gone with its next success. gateway is null for planning.
    CREATE TABLE faults (
      message_id uuid NOT NULL CONSTRAINT faults_message_fkey REFERENCES messages ON DELETE CASCADE,
      job text NOT NULL,
      gateway gateway,
      failures integer NOT NULL DEFAULT 1,
      reason text NOT NULL,
      failed_at timestamptz NOT NULL DEFAULT now(),
      retry_at timestamptz NOT NULL,
      CONSTRAINT faults_pkey PRIMARY KEY (message_id, job)
    );

    -- Of APNs, one for each team and key; token is sealed.
    CREATE TABLE provider_tokens (
      name text CONSTRAINT provider_tokens_pkey PRIMARY KEY,
      token text NOT NULL,
      minted_at timestamptz NOT NULL
    );

    -- Which gateways the database's workers lead to: one row, made by the first worker.
    CREATE TABLE installation (
      id boolean NOT NULL DEFAULT true,
      gateways text NOT NULL,
      gateways_since timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT installation_pkey PRIMARY KEY (id),
      CONSTRAINT installation_id_check CHECK (id),
      CONSTRAINT installation_gateways_check CHECK (gateways IN ('real', 'simulated'))
    );
  `,
  down: `
    DROP TABLE installation, provider_tokens, faults, lane_answers, lanes, lane_limits, chunks, deliveries, messages;
    DROP TYPE chunk_state, delivery_state, message_state, message_priority;
  `,
};
