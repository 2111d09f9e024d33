/** What repeated requests were answered. */
export const idempotency = {
  up: `
    -- A key is stored with the effect of its request. Where that has to be seen before it can be answered, made is what a
    -- repeat answers from: ids, no secrets. answer is sealed; status is absent while the request runs, answer also when it
    -- was too large to be kept.
    CREATE TABLE idempotency_keys (
      caller text NOT NULL,
      key text NOT NULL,
      fingerprint text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      made jsonb,
      status integer,
      content_type text,
      answer text,
      CONSTRAINT idempotency_keys_pkey PRIMARY KEY (caller, key)
    );
    CREATE INDEX idempotency_keys_created_idx ON idempotency_keys (created_at);
  `,
  down: `
    DROP TABLE idempotency_keys;
  `,
};
