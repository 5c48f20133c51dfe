-- What is destroyed, where it stands and what takes its place. Facts that are never changed are changed here and
-- nowhere else: only the owner of the tables may, by the functions below, and only together with the record of it.

-- unit: what is decided about. conditions: which rows belong to the units of $1. copies: masks, redacted texts, search
-- words and tokens, which are taken away where use is restricted, too. sealed: emptied when destroyed.
CREATE FUNCTION kefu_destruction_plan()
RETURNS TABLE (unit text, kind text, place regclass, belongs text, copies text, sealed text[])
LANGUAGE sql IMMUTABLE SET search_path = public, pg_temp AS $$
VALUES
    ('case', 'service_record', 'cases_interaction'::regclass, 't.case_id = ANY($1)', 'text = '''', search = NULL', ARRAY['sealed']),
    ('case', 'service_record', 'cases_consultation', 't.case_id = ANY($1)', 'question = ''—'', reply = ''''', ARRAY['sealed']),
    ('case', 'service_record', 'cases_attachment', 't.case_id = ANY($1)', 'caption = ''''', ARRAY['photo', 'thumbnail']),
    ('case', 'service_record', 'inquiries_complaint', 't.case_id = ANY($1)', 'demand = ''''', ARRAY['sealed']),
    ('case', 'service_record', 'inquiries_complaintstep', 't.case_id = ANY($1)', 'text = ''''', ARRAY['sealed']),
    ('case', 'service_record', 'inquiries_networkquery', 't.case_id = ANY($1)', 'question = ''—'', answer = ''''', ARRAY['sealed']),
    ('case', 'service_record', 'problem_parcels_problemrecord', 't.case_id = ANY($1)', 'remark = ''''', ARRAY['sealed']),
    ('case', 'service_record', 'problem_parcels_contactattempt', 't.case_id = ANY($1)', 'number_masked = ''—''', ARRAY['sealed']),
    ('case', 'service_record', 'problem_parcels_message', 't.case_id = ANY($1)', 'text = ''—''', ARRAY['sealed']),
    ('case', 'service_record', 'problem_parcels_disposal', 't.case_id = ANY($1)', 'reason = ''''', ARRAY['sealed']),
    ('case', 'service_record', 'problem_parcels_receiptrequest', 't.case_id = ANY($1)', 'note = '''', answer = ''''', ARRAY['sealed']),
    ('case', 'service_record', 'problem_parcels_storeincident', 't.stay_id IN (SELECT s.id FROM problem_parcels_stay s WHERE s.case_id = ANY($1))', 'text = ''—''', ARRAY['sealed']),
    ('case', 'service_record', 'processes_stepdone', 't.run_id = ANY($1)', 'shown = ''{}''', ARRAY['sealed']),
    ('case', 'service_record', 'claims_evidence', 't.claim_id = ANY($1)', 'note = ''—''', ARRAY['sealed']),
    ('case', 'service_record', 'claims_offer', 't.claim_id = ANY($1)', 'text = ''—''', ARRAY['sealed']),
    ('case', 'service_record', 'claims_insurercontact', 't.claim_id = ANY($1)', 'text = ''—''', ARRAY['sealed']),
    ('case', 'service_record', 'customers_survey', 't.case_id = ANY($1)', 'comment = ''''', ARRAY[]::text[]),
    ('case', 'customer_data', 'cases_case', 't.id = ANY($1)', 'customer_name_masked = '''', customer_phone_masked = '''', summary = '''', last_text = '''', lookup = ''{}'', search = NULL', ARRAY['sealed']),
    ('case', 'customer_data', 'inquiries_pickup', 't.case_id = ANY($1)', 'sender_address_masked = ''—'', receiver_address_masked = ''—''', ARRAY['sealed']),
    ('case', 'customer_data', 'inquiries_waitingcustomer', 't.incident_id = ANY($1)', 'name_masked = '''', contact_masked = ''—'', need = ''—'', outcome = ''''', ARRAY['sealed']),
    ('case', 'customer_data', 'problem_parcels_receiptentry', 't.case_id = ANY($1)', 'signer_masked = ''—''', ARRAY['sealed']),
    ('case', 'customer_data', 'claims_payment', 't.claim_id = ANY($1)', 'payee_masked = '''', account_masked = ''''', ARRAY['sealed']),
    ('case', 'customer_data', 'claims_document', 't.case_id = ANY($1)', 'inputs = ''{}''', ARRAY['sealed']),
    ('waybill', 'logistics_data', 'parcels_waybill', 't.id = ANY($1)', 'sender_name_masked = '''', sender_phone_masked = '''', sender_address_masked = '''', receiver_name_masked = '''', receiver_phone_masked = '''', receiver_address_masked = '''', lookup = ''{}''', ARRAY['sealed']),
    -- Of a parcel that has to be kept one side alone may be taken away: the other person did not ask. His tokens are told beside.
    ('waybill_sender', 'logistics_data', 'parcels_waybill', 't.id = ANY($1)', 'sender_name_masked = '''', sender_phone_masked = '''', sender_address_masked = '''', lookup = ARRAY(SELECT unnest(lookup) EXCEPT SELECT unnest(current_setting(''kefu.tokens'')::bigint[]))', ARRAY[]::text[]),
    ('waybill_receiver', 'logistics_data', 'parcels_waybill', 't.id = ANY($1)', 'receiver_name_masked = '''', receiver_phone_masked = '''', receiver_address_masked = '''', lookup = ARRAY(SELECT unnest(lookup) EXCEPT SELECT unnest(current_setting(''kefu.tokens'')::bigint[]))', ARRAY[]::text[]),
    ('customer', 'customer_data', 'customers_customer', 't.id = ANY($1)', 'name_masked = ''—'', phone_masked = ''—'', address_masked = '''', company = '''', needs = '''', token = -t.id, lookup = ''{}'', visit_on = NULL', ARRAY['sealed']),
    ('customer', 'customer_data', 'customers_visit', 't.customer_id = ANY($1)', 'problems = ''—''', ARRAY[]::text[]),
    ('self_settled', 'customer_data', 'claims_selfsettledcase', 't.id = ANY($1)', 'customer_masked = ''—''', ARRAY['sealed']),
    ('warehouse_request', 'service_record', 'problem_parcels_warehouserequest', 't.id = ANY($1)', 'customer_id_masked = '''', name_masked = '''', address_masked = '''', text = ''—'', signed_by = ''''', ARRAY['sealed']),
    ('refused_rows', 'imports', 'jobs_refusal', 't.id = ANY($1)', 'shown = ''''', ARRAY['sealed']),
    ('request', 'customer_data', 'retention_personalrequest', 't.id = ANY($1)', 'name_masked = ''—'', phone_masked = ''—'', details = '''', token = 0', ARRAY['sealed'])
$$;

CREATE FUNCTION kefu_unit_table(unit text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE unit WHEN 'case' THEN 'cases_case' WHEN 'waybill' THEN 'parcels_waybill'
                     WHEN 'waybill_sender' THEN 'parcels_waybill' WHEN 'waybill_receiver' THEN 'parcels_waybill' WHEN 'customer' THEN 'customers_customer'
                     WHEN 'self_settled' THEN 'claims_selfsettledcase' WHEN 'warehouse_request' THEN 'problem_parcels_warehouserequest'
                     WHEN 'refused_rows' THEN 'jobs_refusal' WHEN 'request' THEN 'retention_personalrequest' END
$$;

-- Whether something still needs this case: it is open, or one of its parcel or grown out of it is; an appeal, a review, an
-- insurer or a clock is open; somebody holds it.
CREATE FUNCTION kefu_case_held(one cases_case) RETURNS boolean LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT one.state <> 'closed'
        OR EXISTS (SELECT FROM retention_hold h WHERE h.case_id = one.id AND h.lifted_at IS NULL)
        OR one.waybill_number <> '' AND EXISTS (
               SELECT FROM cases_case o WHERE o.waybill_number = one.waybill_number
               AND (o.state <> 'closed' OR EXISTS (SELECT FROM retention_hold h WHERE h.case_id = o.id AND h.lifted_at IS NULL)))
        OR EXISTS (SELECT FROM cases_caselink l JOIN cases_case o ON o.id = l.origin_id WHERE l.case_id = one.id AND o.state <> 'closed')
        OR EXISTS (SELECT FROM cases_caselink l JOIN cases_case o ON o.id = l.case_id WHERE l.origin_id = one.id AND o.state <> 'closed')
        OR EXISTS (SELECT FROM penalties_penalty p WHERE p.case_id = one.id AND (p.disputed OR p.state = 'held'))
        OR EXISTS (SELECT FROM claims_insurancecase i WHERE i.claim_id = one.id AND i.state IN ('reported', 'documented'))
        OR EXISTS (SELECT FROM deadlines_deadline d WHERE d.case_id = one.id AND d.state = 'running')
$$;

CREATE FUNCTION kefu_held(unit text, object bigint) RETURNS boolean LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT CASE CASE WHEN unit LIKE 'waybill\_%' THEN 'waybill' ELSE unit END
        WHEN 'case' THEN (SELECT kefu_case_held(c) FROM cases_case c WHERE c.id = object)
        WHEN 'waybill' THEN EXISTS (SELECT FROM parcels_waybill w JOIN cases_case c ON c.waybill_number = w.number
                                    WHERE w.id = object AND kefu_case_held(c))
        WHEN 'customer' THEN EXISTS (SELECT FROM customers_customer k JOIN cases_case c ON c.lookup @> ARRAY[k.token]
                                     WHERE k.id = object AND kefu_case_held(c))
        WHEN 'self_settled' THEN EXISTS (SELECT FROM claims_selfsettledcase s JOIN cases_case c ON c.waybill_number = s.waybill_number
                                         WHERE s.id = object AND kefu_case_held(c))
        WHEN 'warehouse_request' THEN EXISTS (SELECT FROM problem_parcels_warehouserequest r WHERE r.id = object AND r.decided_at IS NULL)
        WHEN 'refused_rows' THEN EXISTS (SELECT FROM jobs_refusal r JOIN jobs_job j ON j.id = r.job_id
                                         WHERE r.id = object AND j.state IN ('queued', 'running'))
        WHEN 'request' THEN EXISTS (SELECT FROM retention_personalrequest r WHERE r.id = object AND r.decided_at IS NULL)
        ELSE true END
$$;

-- Destroys ``what`` of those ``ids`` that nothing holds, or takes all but the sealed away (``restrict_only``), and writes down
-- that it did: kind, number, period, clause, by whom. Returns what it destroyed; rows that somebody works on come next time.
CREATE FUNCTION kefu_destroy(what_unit text, what text, ids bigint[], restrict_only boolean, since date, until date, clause text,
                             rulebook bigint, author bigint, request bigint, happened timestamptz) RETURNS bigint[]
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '2s' AS $$
DECLARE
    done bigint[]; line record; made bigint; touched bigint; rows_done bigint := 0; blanks text;
    ignored text := coalesce(nullif(current_setting('pgtrigger.ignore', true), ''), '{}');
BEGIN
    IF kefu_unit_table(what_unit) IS NULL OR cardinality(ids) > 1000 THEN
        RAISE EXCEPTION 'no such unit, or too many at once: %', what_unit;
    END IF;
    EXECUTE format('SELECT array_agg(id) FROM (SELECT t.id FROM %I t WHERE t.id = ANY($1) AND NOT kefu_held($2, t.id) '
                   'ORDER BY t.id FOR UPDATE SKIP LOCKED) free', kefu_unit_table(what_unit))
        INTO done USING ids, what_unit;
    IF done IS NULL THEN RETURN '{}'; END IF;
    PERFORM set_config('kefu.destroying', 'on', true);
    FOR line IN SELECT * FROM kefu_destruction_plan() p WHERE p.unit = what_unit AND p.kind = what LOOP
        -- The guards of these tables step aside for the owner within this statement; nobody else has the right to update them.
        PERFORM set_config('pgtrigger.ignore', (SELECT coalesce('{' || string_agg(tgname, ',') || '}', '{}') FROM pg_trigger
                                                WHERE tgrelid = line.place AND NOT tgisinternal AND tgname LIKE 'pgtrigger\_%'), true);
        blanks := line.copies;
        IF NOT restrict_only THEN
            SELECT concat_ws(', ', nullif(line.copies, ''), string_agg(format('%I = substr(%I, 1, 0)', c, c), ', ')) INTO blanks
            FROM unnest(line.sealed) c;
        END IF;
        EXECUTE format('UPDATE %s t SET %s WHERE %s', line.place, blanks, line.belongs) USING done;
        GET DIAGNOSTICS touched = ROW_COUNT;
        rows_done := rows_done + touched;
    END LOOP;
    PERFORM set_config('pgtrigger.ignore', ignored, true);
    PERFORM set_config('kefu.destroying', 'off', true);
    INSERT INTO retention_destruction (unit, kind, restricted, objects, rows, since, until, clause, rulebook_id, by_id, request_id, method, at)
    VALUES (what_unit, what, restrict_only, cardinality(done), rows_done, since, until, clause, rulebook, author, request,
            CASE WHEN restrict_only THEN 'use_restricted' ELSE 'erased_for_good' END, happened)
    RETURNING id INTO made;
    INSERT INTO retention_destroyed (destruction_id, unit, kind, restricted, object_id, at)
    SELECT made, what_unit, what, restrict_only, unnest(done), happened;
    RETURN done;
END $$;
REVOKE EXECUTE ON FUNCTION kefu_destroy(text, text, bigint[], boolean, date, date, text, bigint, bigint, bigint, timestamptz) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION kefu_destroy(text, text, bigint[], boolean, date, date, text, bigint, bigint, bigint, timestamptz) TO kefu_app;

-- The records are written by the functions alone.
REVOKE INSERT, UPDATE, DELETE ON retention_destruction, retention_destroyed, audit_auditanchor FROM kefu_app;
REVOKE DELETE ON retention_hold, retention_personalrequest FROM kefu_app;

CREATE INDEX retention_case_closed ON cases_case (closed_at, id) WHERE state = 'closed';
CREATE INDEX retention_waybill_accepted ON parcels_waybill (accepted_at, id);

-- The audit writes down changes by people; of what is destroyed the record is told, not the values that went.
CREATE OR REPLACE FUNCTION kefu_audit_change() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    hidden CONSTANT text[] := ARRAY['sealed', 'lookup', 'search', 'password', 'secret_digest', 'content', 'last_login',
                                    'last_used_at', 'pinyin', 'initials', 'version', 'email'];
    context jsonb := coalesce(nullif(current_setting('kefu.context', true), '')::jsonb, '{}');
    old_row jsonb := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) - hidden END;
    new_row jsonb := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) - hidden END;
    key text := coalesce(new_row, old_row) ->> coalesce(TG_ARGV[0], 'id');
BEGIN
    IF current_setting('kefu.destroying', true) = 'on' AND pg_has_role(current_user, (
        SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER') THEN
        RETURN NULL;  -- nobody but the owner can be here: whoever is not is written down, whatever he has set
    END IF;
    IF TG_OP = 'UPDATE' THEN
        SELECT jsonb_object_agg(o.key, o.value), jsonb_object_agg(o.key, new_row -> o.key) INTO old_row, new_row
        FROM jsonb_each(old_row) o WHERE o.value IS DISTINCT FROM new_row -> o.key;
        IF new_row IS NULL THEN RETURN NULL; END IF;
    END IF;
    INSERT INTO audit_row (at, actor_id, actor_name, role, action, "table", object_id, before, after, address, request_id)
    VALUES (clock_timestamp(), (context ->> 'actor_id')::bigint, coalesce(context ->> 'actor_name', ''),
            coalesce(context ->> 'role', ''), lower(TG_OP), TG_TABLE_NAME, key, old_row, new_row,
            coalesce(context ->> 'address', ''), coalesce(context ->> 'request_id', ''));
    RETURN NULL;
END $$;

-- Drops one month of a big append-only table. Of the audit its seals stay, and an anchor says that the rows they were made
-- over are gone by retention: how many there were, and the digest that the month's chain ended with.
CREATE FUNCTION kefu_drop_month(parent text, first date, clause text, rulebook bigint, happened timestamptz, signature bytea)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '5s' AS $$
DECLARE
    name text := parent || to_char(first, '_YYYYMM'); n bigint; least interval; last audit_auditseal; sealed bigint;
BEGIN
    -- Disclosure stands in the audit: three years at least. Access logs and scans: what the house may not go below.
    least := CASE parent WHEN 'audit_row' THEN interval '36 months' WHEN 'parcels_scan' THEN interval '6 months' END;
    IF least IS NULL OR first <> date_trunc('month', first)::date THEN
        RAISE EXCEPTION 'no month of this table is ever dropped: % %', parent, first;
    END IF;
    IF (first + interval '1 month' + least) AT TIME ZONE 'Asia/Shanghai' > happened OR happened > clock_timestamp() + interval '1 hour' THEN
        RAISE EXCEPTION 'the month % of % has to be kept', first, parent;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = to_regclass(name) AND i.inhparent = parent::regclass) THEN
        RETURN NULL;
    END IF;
    EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', name);
    EXECUTE format('SELECT count(*) FROM %I', name) INTO n;
    IF parent = 'audit_row' AND n > 0 THEN
        SELECT sum(s.rows) INTO sealed FROM audit_auditseal s WHERE s.month = first;
        SELECT * INTO last FROM audit_auditseal s WHERE s.month = first ORDER BY number DESC LIMIT 1;
        IF sealed IS DISTINCT FROM n THEN
            RAISE EXCEPTION 'the audit of % is not sealed whole: % of % rows', first, sealed, n;
        END IF;
        INSERT INTO audit_auditanchor (month, rows, links, digest, signature, at) VALUES (first, n, last.number, last.digest, signature, happened);
    END IF;
    EXECUTE format('DROP TABLE %I', name);
    INSERT INTO retention_destruction (unit, kind, restricted, objects, rows, since, until, clause, rulebook_id, method, at)
    VALUES (parent, CASE parent WHEN 'audit_row' THEN 'audit' ELSE 'logistics_data' END, false, 1, n, first,
            (first + interval '1 month - 1 day')::date, clause, rulebook, 'erased_for_good', happened);
    RETURN n;
END $$;
REVOKE EXECUTE ON FUNCTION kefu_drop_month(text, date, text, bigint, timestamptz, bytea) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION kefu_drop_month(text, date, text, bigint, timestamptz, bytea) TO kefu_app;

-- Whether this row belongs to something whose use is restricted. Photos are asked for by their case.
CREATE FUNCTION kefu_withheld(wanted text, object bigint, photos boolean) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE
    line record; found boolean;
BEGIN
    FOR line IN SELECT p.unit, p.kind, p.place, p.belongs FROM kefu_destruction_plan() p
                WHERE p.unit IN ('case', 'customer') AND p.place::text = CASE WHEN photos THEN 'cases_attachment' ELSE wanted END LOOP
        IF photos THEN
            SELECT EXISTS (SELECT FROM retention_destroyed d WHERE d.unit = 'case' AND d.kind = line.kind AND d.restricted
                           AND d.object_id = object) INTO found;
        ELSE
            -- The condition names the column that leads to the unit: "t.case_id = ANY($1)".
            CONTINUE WHEN line.belongs !~ '^t\.\w+ = ANY\(\$1\)$';
            EXECUTE format('SELECT EXISTS (SELECT FROM %s t JOIN retention_destroyed d ON d.object_id = %s WHERE d.unit = $1 '
                           'AND d.kind = $2 AND d.restricted AND t.%I = $3)', line.place, split_part(line.belongs, ' ', 1),
                           (SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                            WHERE i.indrelid = line.place AND i.indisprimary))
                INTO found USING line.unit, line.kind, object;
        END IF;
        IF found THEN RETURN true; END IF;
    END LOOP;
    RETURN false;
END $$;
