-- Add up the oldest changes of the counts. One at a time does it, so that nobody waits for another.
WITH alone AS (
    SELECT pg_try_advisory_xact_lock(hashtext('deadlines.counts')) AS mine
), taken AS (
    DELETE FROM deadlines_countmove WHERE id IN (
        SELECT id FROM deadlines_countmove, alone WHERE alone.mine ORDER BY id LIMIT %(limit)s)
    RETURNING *, date_trunc('month', day)::date AS month
), clause_hours AS (
    INSERT INTO deadlines_clausehour AS c (day, hour, clause, department_id, open, met, broken)
    SELECT day, hour, clause, department_id, sum(open), sum(met), sum(broken) FROM taken GROUP BY 1, 2, 3, 4
    ON CONFLICT (day, hour, clause, department_id)
    DO UPDATE SET open = c.open + excluded.open, met = c.met + excluded.met, broken = c.broken + excluded.broken
), clause_months AS (
    INSERT INTO deadlines_clausemonth AS c (month, clause, department_id, open, met, broken)
    SELECT month, clause, department_id, sum(open), sum(met), sum(broken) FROM taken GROUP BY 1, 2, 3
    ON CONFLICT (month, clause, department_id)
    DO UPDATE SET open = c.open + excluded.open, met = c.met + excluded.met, broken = c.broken + excluded.broken
), party_days AS (
    INSERT INTO deadlines_partyday AS c (day, party_id, department_id, open, met, broken)
    SELECT day, party_id, department_id, sum(open), sum(met), sum(broken) FROM taken GROUP BY 1, 2, 3
    ON CONFLICT (day, party_id, department_id)
    DO UPDATE SET open = c.open + excluded.open, met = c.met + excluded.met, broken = c.broken + excluded.broken
), party_months AS (
    INSERT INTO deadlines_partymonth AS c (month, party_id, department_id, open, met, broken)
    SELECT month, party_id, department_id, sum(open), sum(met), sum(broken) FROM taken GROUP BY 1, 2, 3
    ON CONFLICT (month, party_id, department_id)
    DO UPDATE SET open = c.open + excluded.open, met = c.met + excluded.met, broken = c.broken + excluded.broken
)
SELECT count(*) FROM taken
