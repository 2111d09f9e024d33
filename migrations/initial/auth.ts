/** Who may get in: OAuth clients, service accounts, operators and devices, with their tokens and sessions. */
export const auth = {
  up: `
    CREATE TABLE oauth_clients (
      id text CONSTRAINT oauth_clients_pkey PRIMARY KEY,
      name text NOT NULL,
      scopes text[] NOT NULL,
      application_ids integer[],
      enabled boolean NOT NULL DEFAULT true,
      require_jti boolean NOT NULL DEFAULT false,
      max_assertion_seconds integer NOT NULL DEFAULT 3600,
      tokens_valid_after timestamptz,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      last_login_at timestamptz
    );

    CREATE TABLE service_accounts (
      id text CONSTRAINT service_accounts_pkey PRIMARY KEY,
      name text NOT NULL,
      scopes text[] NOT NULL,
      application_ids integer[],
      login_mode text NOT NULL DEFAULT 'assertion_only',
      legacy_reason text,
      legacy_until timestamptz,
      allowed_ips text[],
      expires_at timestamptz,
      blocked_at timestamptz,
      tokens_valid_after timestamptz,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      last_login_at timestamptz,
      last_legacy_login_at timestamptz,
      last_legacy_address text,
      last_legacy_user_agent text
    );

    CREATE TABLE api_keys (
      id uuid CONSTRAINT api_keys_pkey PRIMARY KEY,
      name text NOT NULL,
      scopes text[] NOT NULL,
      application_ids integer[],
      allowed_ips text[],
      expires_at timestamptz,
      revoked_at timestamptz,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now()
    );

    -- hash is the SHA-256 of the secret in hexadecimal. Those that have ended stay: a provisioning file may still have them.
    CREATE TABLE api_key_secrets (
      hash text CONSTRAINT api_key_secrets_pkey PRIMARY KEY,
      api_key_id uuid NOT NULL
        CONSTRAINT api_key_secrets_key_fkey REFERENCES api_keys (id) ON DELETE CASCADE,
      prefix text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      ends_at timestamptz,
      last_used_at timestamptz,
      last_used_address text
    );
    CREATE INDEX api_key_secrets_key_idx ON api_key_secrets (api_key_id);

    -- hash is the SHA-256 of the token in hexadecimal. A family is what one login and its refreshes make.
    CREATE TABLE refresh_tokens (
      id uuid CONSTRAINT refresh_tokens_pkey PRIMARY KEY,
      family_id uuid NOT NULL,
      service_account_id text NOT NULL
        CONSTRAINT refresh_tokens_account_fkey REFERENCES service_accounts (id) ON DELETE CASCADE,
      key_id uuid NOT NULL,
      hash text NOT NULL CONSTRAINT refresh_tokens_hash_key UNIQUE,
      generation integer NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now(),
      used_at timestamptz,
      successor_id uuid,
      revoked_at timestamptz,
      expires_at timestamptz NOT NULL,
      absolute_expires_at timestamptz NOT NULL
    );
    CREATE INDEX refresh_tokens_family_idx ON refresh_tokens (family_id);
    CREATE INDEX refresh_tokens_account_idx ON refresh_tokens (service_account_id);
    CREATE INDEX refresh_tokens_expiry_idx ON refresh_tokens (expires_at);

    -- Access tokens that were revoked before they expired, and assertions and nonces that were used.
    CREATE TABLE revoked_tokens (
      jti text CONSTRAINT revoked_tokens_pkey PRIMARY KEY,
      expires_at timestamptz NOT NULL
    );
    CREATE INDEX revoked_tokens_expiry_idx ON revoked_tokens (expires_at);

    CREATE TABLE used_assertions (
      issuer text NOT NULL,
      jti text NOT NULL,
      expires_at timestamptz NOT NULL,
      CONSTRAINT used_assertions_pkey PRIMARY KEY (issuer, jti)
    );
    CREATE INDEX used_assertions_expiry_idx ON used_assertions (expires_at);

    CREATE TABLE operators (
      id uuid CONSTRAINT operators_pkey PRIMARY KEY,
      email text NOT NULL CONSTRAINT operators_email_key UNIQUE,
      role text NOT NULL,
      password_hash text NOT NULL,
      -- One that was shown to somebody else, or on a screen, is good for choosing another one.
      password_is_temporary boolean NOT NULL DEFAULT false,
      enabled boolean NOT NULL DEFAULT true,
      created_at timestamptz NOT NULL DEFAULT now(),
      updated_at timestamptz NOT NULL DEFAULT now(),
      last_login_at timestamptz
    );

    CREATE TABLE operator_sessions (
      id uuid CONSTRAINT operator_sessions_pkey PRIMARY KEY,
      operator_id uuid NOT NULL
        CONSTRAINT operator_sessions_operator_fkey REFERENCES operators (id) ON DELETE CASCADE,
      created_at timestamptz NOT NULL DEFAULT now(),
      expires_at timestamptz NOT NULL,
      ended_at timestamptz,
      address text
    );
    CREATE INDEX operator_sessions_operator_idx ON operator_sessions (operator_id);
    CREATE INDEX operator_sessions_expiry_idx ON operator_sessions (expires_at);

    -- As rate-limiter-flexible wants it; expire is in milliseconds since 1970. The locks of logins are here too.
    CREATE TABLE rate_limits (
      key text CONSTRAINT rate_limits_pkey PRIMARY KEY,
      points integer NOT NULL DEFAULT 0,
      expire bigint
    );

    CREATE TABLE push_challenges (
      id uuid CONSTRAINT push_challenges_pkey PRIMARY KEY,
      application_id integer NOT NULL
        CONSTRAINT push_challenges_application_fkey REFERENCES applications (id) ON DELETE CASCADE,
      nonce text NOT NULL,
      expires_at timestamptz NOT NULL
    );
    CREATE INDEX push_challenges_expiry_idx ON push_challenges (expires_at);

    -- client_device_id is what the SDK calls its device, e.g. "iPhone": of no use as an identity.
    CREATE TABLE push_sessions (
      id uuid CONSTRAINT push_sessions_pkey PRIMARY KEY,
      application_id integer NOT NULL
        CONSTRAINT push_sessions_application_fkey REFERENCES applications (id) ON DELETE CASCADE,
      user_id text NOT NULL,
      verified_email text,
      client_device_id text,
      platform text,
      platform_version text,
      sdk_type text,
      sdk_version text,
      source_ip text,
      device_id bigint,
      created_at timestamptz NOT NULL DEFAULT now(),
      expires_at timestamptz NOT NULL,
      ended_at timestamptz
    );
    CREATE INDEX push_sessions_user_idx ON push_sessions (application_id, user_id);
    CREATE INDEX push_sessions_expiry_idx ON push_sessions (expires_at);
  `,
  down: `
    DROP TABLE push_sessions, push_challenges, rate_limits, operator_sessions, operators, used_assertions, revoked_tokens,
      refresh_tokens, api_key_secrets, api_keys, service_accounts, oauth_clients;
  `,
};
