/** Public keys of callers, and our signing keys. */
export const keys = {
  up: `
    -- The owner is an OAuth client, a service account or an application; its service removes its keys with it.
    -- public_key is SPKI in PEM, fingerprint the SHA-256 of the SPKI's DER in hexadecimal.
    CREATE TABLE public_keys (
      id uuid CONSTRAINT public_keys_pkey PRIMARY KEY,
      owner_kind text NOT NULL,
      owner_id text NOT NULL,
      kid text NOT NULL,
      description text NOT NULL DEFAULT '',
      algorithm text NOT NULL,
      source text NOT NULL,
      public_key text NOT NULL,
      fingerprint text NOT NULL,
      not_before timestamptz,
      not_after timestamptz,
      enabled boolean NOT NULL DEFAULT true,
      created_at timestamptz NOT NULL DEFAULT now(),
      last_used_at timestamptz,
      CONSTRAINT public_keys_owner_kid_key UNIQUE (owner_kind, owner_id, kid),
      CONSTRAINT public_keys_owner_fingerprint_key UNIQUE (owner_kind, owner_id, fingerprint)
    );
    CREATE INDEX public_keys_fingerprint_idx ON public_keys (fingerprint);

    -- private_key is sealed. A key signs from signs_from until the next one does, and verifies until verifies_until.
    CREATE TABLE signing_keys (
      kid text CONSTRAINT signing_keys_pkey PRIMARY KEY,
      public_jwk jsonb NOT NULL,
      private_key text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      signs_from timestamptz NOT NULL,
      verifies_until timestamptz
    );
  `,
  down: `
    DROP TABLE signing_keys, public_keys;
  `,
};
