/** Applications, and the secrets that they send with and that their devices sign in with. */
export const applications = {
  up: `
    CREATE TYPE gateway AS ENUM ('apns', 'fcm');

    CREATE TABLE applications (
      id integer CONSTRAINT applications_pkey PRIMARY KEY,
      name text NOT NULL,
      user_token_issuer text,
      user_token_audience text,
      created_at timestamptz NOT NULL DEFAULT now()
    );

    -- facts are the gateway's own, for everybody's eyes; its secret is sealed. version changes with each new credential:
    -- an open breaker remembers the version that it accuses, so new credentials close it. realm is the app as
    -- the gateway knows it, which a renewed key leaves as it is: what is known of tokens holds on.
    CREATE TABLE gateway_credentials (
      application_id integer NOT NULL
        CONSTRAINT gateway_credentials_application_fkey REFERENCES applications (id) ON DELETE CASCADE,
      gateway gateway NOT NULL,
      version uuid NOT NULL,
      realm text NOT NULL,
      facts jsonb NOT NULL,
      sealed text NOT NULL,
      updated_at timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT gateway_credentials_pkey PRIMARY KEY (application_id, gateway)
    );

    -- The secrets are sealed. The previous one is still good until previous_secret_until.
    CREATE TABLE push_profiles (
      application_id integer CONSTRAINT push_profiles_pkey PRIMARY KEY
        CONSTRAINT push_profiles_application_fkey REFERENCES applications (id) ON DELETE CASCADE,
      api_space_id text NOT NULL CONSTRAINT push_profiles_api_space_key UNIQUE,
      issuer text NOT NULL,
      audience text NOT NULL,
      shared_secret text NOT NULL,
      previous_secret text,
      previous_secret_until timestamptz,
      id_claim text NOT NULL DEFAULT 'sub',
      timestamp_unit text NOT NULL DEFAULT 'auto',
      session_seconds integer NOT NULL DEFAULT 86400,
      links_email boolean NOT NULL DEFAULT false,
      updated_at timestamptz NOT NULL DEFAULT now()
    );
  `,
  down: `
    DROP TABLE push_profiles, gateway_credentials, applications;
    DROP TYPE gateway;
  `,
};
