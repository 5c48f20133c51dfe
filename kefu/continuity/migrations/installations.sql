REVOKE INSERT, UPDATE, DELETE ON continuity_installation FROM kefu_app;

-- This database on this server. A copy of the rows is somewhere else, whatever its name.
CREATE FUNCTION kefu_here(OUT server bigint, OUT database bigint) LANGUAGE sql STABLE AS $$
    SELECT s.system_identifier, d.oid::bigint FROM pg_control_system() s, pg_database d
    WHERE d.datname = current_database()
$$;

CREATE FUNCTION kefu_is_active() RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM (SELECT * FROM continuity_installation ORDER BY number DESC LIMIT 1) last
                   JOIN kefu_here() USING (server, database) WHERE last.activated_at IS NOT NULL)
$$;

-- Whatever happens here is told by an event; without one nothing happens.
CREATE FUNCTION kefu_only_when_active() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT kefu_is_active() THEN
        RAISE EXCEPTION 'a restored copy does nothing before it is activated' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN NULL;
END $$;

-- Every server counts its transactions from the start. Restored data go on above whatever was ever given out, also
-- after the copy was taken: each installation has 2^40 numbers of its own. Made anew so that the number is inlined.
CREATE FUNCTION kefu_number_on(installation integer) RETURNS void LANGUAGE plpgsql AS $make$
BEGIN
    EXECUTE format('CREATE OR REPLACE FUNCTION kefu_txid() RETURNS bigint LANGUAGE sql STABLE AS '
                   '$$ SELECT pg_current_xact_id()::text::bigint + %s $$', (installation - 1) * 1099511627776);
    EXECUTE format('CREATE OR REPLACE FUNCTION kefu_horizon() RETURNS bigint LANGUAGE sql STABLE AS '
                   '$$ SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint + %s $$',
                   (installation - 1) * 1099511627776);
END $make$;
REVOKE EXECUTE ON FUNCTION kefu_number_on(integer) FROM PUBLIC, kefu_app;

SELECT kefu_number_on(1);
INSERT INTO continuity_installation (number, server, database, begun_at, activated_at)
SELECT 1, server, database, now(), now() FROM kefu_here();
