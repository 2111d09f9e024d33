/** Applications, and the secrets that they send with and that their devices sign in with. */
export const applications = {
  up: `
    CREATE TYPE apns_environment AS ENUM ('production', 'development');

    CREATE TABLE applications (
      id integer CONSTRAINT applications_pkey PRIMARY KEY,
      name text NOT NULL,
      apns_per_second integer NOT NULL DEFAULT 0,
      fcm_per_second integer NOT NULL DEFAULT 9500,
      created_at timestamptz NOT NULL DEFAULT now()
    );

    -- private_key and service_account are sealed. version changes with each new credential: an open breaker
    -- remembers the version that it accuses, so new credentials close it.
    CREATE TABLE apns_credentials (
      application_id integer CONSTRAINT apns_credentials_pkey PRIMARY KEY
        CONSTRAINT apns_credentials_application_fkey REFERENCES applications (id) ON DELETE CASCADE,
      version uuid NOT NULL,
      bundle text NOT NULL,
      key_id text NOT NULL,
      team_id text NOT NULL,
      environment apns_environment NOT NULL,
      private_key text NOT NULL,
      updated_at timestamptz NOT NULL DEFAULT now()
    );
    CREATE TABLE fcm_credentials (
      application_id integer CONSTRAINT fcm_credentials_pkey PRIMARY KEY
        CONSTRAINT fcm_credentials_application_fkey REFERENCES applications (id) ON DELETE CASCADE,
      version uuid NOT NULL,
      project_id text NOT NULL,
      service_account text NOT NULL,
      updated_at timestamptz NOT NULL DEFAULT now()
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
      links_email boolean NOT NULL DEFAULT true,
      updated_at timestamptz NOT NULL DEFAULT now()
    );
  `,
  down: `
    DROP TABLE push_profiles, fcm_credentials, apns_credentials, applications;
    DROP TYPE apns_environment;
  `,
};
