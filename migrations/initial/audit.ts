/** Who did what, linked and signed, so that what is changed behind our back shows. */
export const audit = {
  up: `
    CREATE SEQUENCE audit_events_id_seq;
    -- A transaction has its number before it takes an id: once no older transaction runs, no lower id is still to come.
    CREATE FUNCTION next_audit_event_id() RETURNS bigint LANGUAGE sql AS $$
      SELECT CASE WHEN pg_current_xact_id() IS NOT NULL THEN nextval('audit_events_id_seq') END
    $$;
    CREATE TABLE audit_events (
      id bigint DEFAULT next_audit_event_id() CONSTRAINT audit_events_pkey PRIMARY KEY,
      at timestamptz NOT NULL DEFAULT now(),
      actor_kind text NOT NULL,
      actor_id text NOT NULL,
      action text NOT NULL,
      target text NOT NULL,
      application_id integer,
      outcome text NOT NULL DEFAULT 'success',
      reason text,
      before jsonb,
      after jsonb,
      address text
    );
    ALTER SEQUENCE audit_events_id_seq OWNED BY audit_events.id;
    CREATE INDEX audit_events_actor_idx ON audit_events (actor_kind, actor_id, id);
    CREATE INDEX audit_events_target_idx ON audit_events (target, id);
    -- Registrations are most of it: they need no index to be found, and are spared its cost.
    CREATE INDEX audit_events_action_idx ON audit_events (action, id) WHERE action <> 'device.register';

    -- The links of events that were linked together, as lists of equal length, by ascending id: the chain of each, which is
    -- its application's or 0, and its hash, which stands on that of the event before in the chain.
    CREATE TABLE audit_links (
      first_id bigint CONSTRAINT audit_links_pkey PRIMARY KEY,
      last_id bigint NOT NULL,
      event_ids bigint[] NOT NULL,
      chains integer[] NOT NULL,
      hashes bytea[] NOT NULL
    );
    -- The last link of each chain, where the next one goes on.
    CREATE TABLE audit_heads (
      chain integer CONSTRAINT audit_heads_pkey PRIMARY KEY,
      length bigint NOT NULL,
      event_id bigint NOT NULL,
      hash bytea NOT NULL
    );
    CREATE INDEX audit_heads_event_idx ON audit_heads (event_id);
    -- private_key is sealed.
    CREATE TABLE audit_keys (
      kid text CONSTRAINT audit_keys_pkey PRIMARY KEY,
      private_key text NOT NULL,
      created_at timestamptz NOT NULL DEFAULT now()
    );
    -- What is signed: how far the chains had come, and how far they had come where the retention cut them off.
    CREATE TABLE audit_checkpoints (
      number bigint CONSTRAINT audit_checkpoints_pkey PRIMARY KEY,
      up_to bigint NOT NULL,
      jws text NOT NULL
    );
    CREATE TABLE audit_bases (
      up_to bigint CONSTRAINT audit_bases_pkey PRIMARY KEY,
      jws text NOT NULL
    );

    -- The functions act with their owner's rights: the role of the services can add links, and forget what is old.
    CREATE FUNCTION link_audit_events(ids bigint[], of_chains integer[], of_hashes bytea[])
    RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
      IF ids[1] <= greatest((SELECT max(last_id) FROM audit_links), (SELECT max(up_to) FROM audit_bases)) THEN
        RAISE EXCEPTION 'Event % is linked already, or one after it', ids[1];
      END IF;
      INSERT INTO audit_links VALUES (ids[1], ids[cardinality(ids)], ids, of_chains, of_hashes);
      INSERT INTO audit_heads AS head (chain, length, event_id, hash)
      SELECT chain, count(*), max(id), (array_agg(hash ORDER BY id DESC))[1]
      FROM unnest(ids, of_chains, of_hashes) AS link(id, chain, hash) GROUP BY chain
      ON CONFLICT (chain) DO UPDATE
        SET length = head.length + excluded.length, event_id = excluded.event_id, hash = excluded.hash;
    END $$;

    -- Whatever it is asked, it keeps thirty days, but for what a clock may be wrong.
    CREATE FUNCTION cut_audit_trail(at_id bigint, signed_base text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
      IF EXISTS (
        SELECT FROM (SELECT at FROM audit_events WHERE id <= at_id ORDER BY id DESC LIMIT 1) AS latest
        WHERE at > now() - interval '29 days'
      ) THEN
        RAISE EXCEPTION 'The audit trail keeps thirty days';
      END IF;
      INSERT INTO audit_bases VALUES (at_id, signed_base);
    END $$;
    CREATE FUNCTION forget_audit_events(most integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER AS $$
    DECLARE
      base bigint := (SELECT max(up_to) FROM audit_bases);
      forgotten integer;
    BEGIN
      DELETE FROM audit_events WHERE id IN (
        SELECT id FROM (SELECT id, at FROM audit_events WHERE id <= base ORDER BY id LIMIT most) AS oldest
        WHERE at < now() - interval '29 days');
      GET DIAGNOSTICS forgotten = ROW_COUNT;
      IF forgotten < most THEN
        DELETE FROM audit_links WHERE last_id <= base;
        DELETE FROM audit_bases WHERE up_to < base;
        -- The last one stays, for the next stands on it.
        DELETE FROM audit_checkpoints WHERE up_to <= base
          AND number < (SELECT max(number) FROM audit_checkpoints WHERE up_to <= base);
      END IF;
      RETURN forgotten;
    END $$;
    DO $$
    DECLARE
      of_audit regprocedure;
    BEGIN
      FOREACH of_audit IN ARRAY ARRAY['link_audit_events(bigint[], integer[], bytea[])', 'cut_audit_trail(bigint, text)',
        'forget_audit_events(integer)']::regprocedure[]
      LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, %I, pg_temp', of_audit, current_schema());
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', of_audit);
      END LOOP;
    END $$;
  `,
  down: `
    DROP FUNCTION forget_audit_events;
    DROP FUNCTION cut_audit_trail;
    DROP FUNCTION link_audit_events;
    DROP TABLE audit_bases, audit_checkpoints, audit_keys, audit_heads, audit_links, audit_events;
    DROP FUNCTION next_audit_event_id;
  `,
};
