"""What must hold for the audit chain: name, how many rows are looked at, and the violations (``verify``)."""

from kefu.audit import selectors as audit

AUDIT_CHECKS = [
    (
        "audit_chain",
        "SELECT coalesce(sum(rows), 0)::bigint FROM audit_auditseal",
        f"""SELECT 'seal ' || to_char(month, 'YYYY-MM') || '/' || number || ' does not fit its '
                   || CASE WHEN place <> number THEN 'place in the chain' WHEN found <> rows
                      THEN rows || ' rows: there are ' || found ELSE 'rows or the seal before it' END AS what
            FROM ({audit.BROKEN}) broken
            UNION ALL
            SELECT 'anchor of ' || to_char(month, 'YYYY-MM') || ' stands for ' || rows || ' rows in ' || links
                   || ' seals: there are ' || sealed || ' in ' || chained FROM ({audit.ANCHORS}) anchors""",  # noqa: S608 our own text
    ),
    (
        "audit_is_sealed",
        """SELECT count(*) FROM audit_row
           WHERE txid > (SELECT coalesce(max(last_txid), 0) FROM audit_auditseal)""",
        f"""SELECT 'audit row ' || a.id || ' of ' || a.at || ' is in no seal' AS what FROM audit_row a
            WHERE a.txid > (SELECT coalesce(max(last_txid), 0) FROM audit_auditseal)
              AND a.at < %(now)s::timestamptz - %(unsealed)s * interval '1 second'
            UNION ALL
            SELECT 'audit of ' || to_char(month, 'YYYY-MM') || ' has ' || found || ' rows up to its last seal, '
                   || sealed || ' are sealed' FROM ({audit.BESIDE}) beside""",  # noqa: S608 our own text
    ),
]
