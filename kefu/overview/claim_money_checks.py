"""What must hold for the money of claims: name, how many rows are looked at, and the violations (``verify``)."""

# The net of one side of an entry and of all that takes it back, by the source of both.
_BOOKED = """SELECT e.source, a.party_id, a.book, sum(l.amount) AS net
             FROM ledger_entry e JOIN ledger_posting l ON l.entry_id = e.id
             JOIN ledger_account a ON a.id = l.account_id
             WHERE e.source ~ '^{kind}:[0-9]{{1,18}}$' GROUP BY 1, 2, 3"""

CLAIM_MONEY_CHECKS = [
    (
        "claim_payment_is_what_was_approved",
        "SELECT count(*) FROM claims_payment",
        """SELECT c.number || ' was paid ' || p.amount || ', its settlement of ' || s.amount || ' is ' || s.state AS what
           FROM claims_payment p
           JOIN cases_case c ON c.id = p.claim_id
           JOIN claims_settlement s ON s.id = p.settlement_id
           WHERE s.claim_id <> p.claim_id OR s.amount <> p.amount OR s.state <> 'approved'
              OR s.proposed_by_id = p.paid_by_id OR p.paid_at < s.accepted_at""",
    ),
    (
        "claim_payment_is_booked_once",
        "SELECT count(*) FROM claims_payment",
        f"""WITH b AS ({_BOOKED.format(kind="claim_payment")}),
                e AS (SELECT id, substr(source, 15)::bigint AS claim_id FROM ledger_entry
                      WHERE source ~ '^claim_payment:[0-9]{{1,18}}$')
            SELECT 'claim ' || coalesce(p.claim_id, e.claim_id) || ' was paid ' || coalesce(p.amount::text, 'nothing')
                   || ', the journal says otherwise' AS what
            FROM claims_payment p FULL JOIN e ON e.id = p.entry_id AND e.claim_id = p.claim_id
            WHERE p.claim_id IS NULL OR e.id IS NULL OR NOT EXISTS (
                SELECT FROM b WHERE b.source = 'claim_payment:' || p.claim_id
                  AND b.book = 'claim_cost' AND b.net = p.amount)""",  # noqa: S608 our own text
    ),
    (
        "recovery_is_booked_as_it_stands",
        "SELECT count(*) FROM claims_recovery",
        f"""WITH b AS ({_BOOKED.format(kind="recovery")})
            SELECT 'recovery ' || coalesce(r.id::text, substr(b.source, 10)) || ' of '
                   || coalesce(r.amount::text, 'nothing') || ' is booked with ' || coalesce(b.net, 0) AS what
            FROM claims_recovery r
            FULL JOIN (SELECT * FROM b WHERE book = 'recovery') b ON b.source = 'recovery:' || r.id
            WHERE r.id IS NULL OR (b.party_id IS NOT NULL AND b.party_id <> r.party_id)
               OR (r.entry_id IS NULL) <> (b.source IS NULL)
               OR coalesce(b.net, 0) <> CASE WHEN r.entry_id IS NULL OR r.reversed_at IS NOT NULL
                                             THEN 0 ELSE r.amount END""",  # noqa: S608 our own text
    ),
    (
        "debt_is_its_recoveries",
        "SELECT count(*) FROM ledger_account WHERE book = 'recovery'",
        """SELECT 'party ' || a.party_id || ' owes ' || a.balance || ' for claims, its recoveries make '
                  || coalesce(r.total, 0) AS what
           FROM ledger_account a
           LEFT JOIN (SELECT party_id, sum(amount) AS total FROM claims_recovery
                      WHERE entry_id IS NOT NULL AND reversed_at IS NULL GROUP BY party_id) r
               ON r.party_id = a.party_id
           WHERE a.book = 'recovery' AND a.balance <> coalesce(r.total, 0)""",
    ),
    (
        "recovered_no_more_than_was_paid",
        "SELECT count(*) FROM claims_payment",
        """SELECT c.number || ' was paid ' || p.amount || ', ' || r.total || ' of it is recovered' AS what
           FROM claims_payment p JOIN cases_case c ON c.id = p.claim_id
           JOIN (SELECT claim_id, sum(amount) AS total FROM claims_recovery
                 WHERE entry_id IS NOT NULL AND reversed_at IS NULL GROUP BY claim_id) r
               ON r.claim_id = p.claim_id
           WHERE r.total > p.amount""",
    ),
    (
        "insurer_owes_what_was_asked",
        "SELECT count(*) FROM claims_insurancecase",
        f"""WITH b AS ({_BOOKED.format(kind="insurance")} UNION ALL {_BOOKED.format(kind="insurance_receipt")}),
                 net AS (SELECT substr(source, strpos(source, ':') + 1)::bigint AS id, sum(net) AS owed
                         FROM b WHERE book = 'insurance' GROUP BY 1),
                 got AS (SELECT substr(source, 19)::bigint AS id, sum(net) AS received
                         FROM b WHERE book = 'bank' GROUP BY 1)
            SELECT 'insurance case ' || coalesce(i.id, net.id) || ' is ' || coalesce(i.state, 'gone') || ', the insurer owes '
                   || coalesce(net.owed, 0) || ' and paid ' || coalesce(got.received, 0) AS what
            FROM claims_insurancecase i
            FULL JOIN net ON net.id = i.id
            LEFT JOIN got ON got.id = coalesce(i.id, net.id)
            WHERE i.id IS NULL
               OR coalesce(net.owed, 0) <> CASE WHEN i.state = 'documented' THEN i.claimed_amount ELSE 0 END
               OR coalesce(got.received, 0) <> CASE WHEN i.state = 'withdrawn' THEN 0
                                                    ELSE coalesce(i.received_amount, 0) END""",  # noqa: S608 our own text
    ),
    (
        "insurance_ends_with_an_unpaid_claim",
        "SELECT count(*) FROM claims_insurancecase",
        """SELECT c.number || ' was ' || k.ending || ', its insurance case is ' || i.state AS what
           FROM claims_insurancecase i
           JOIN claims_claim k ON k.case_id = i.claim_id
           JOIN cases_case c ON c.id = i.claim_id
           WHERE k.ending IN ('withdrawn', 'declined') AND i.state NOT IN ('withdrawn', 'declined')""",
    ),
    (
        "second_amount_for_a_parcel_is_the_managers",
        "SELECT count(*) FROM claims_settlement",
        """SELECT c.number || ' was settled at ' || s.amount || ' beside ' || o.number || ', without the manager' AS what
           FROM claims_settlement s
           JOIN cases_case c ON c.id = s.claim_id
           JOIN cases_case o ON o.waybill_id = c.waybill_id AND o.kind = 'claim' AND o.id <> c.id
           JOIN claims_settlement e ON e.claim_id = o.id AND e.id < s.id AND e.state <> 'refused'
           WHERE s.state <> 'refused' AND NOT s.needs ? 'manager'""",
    ),
]
