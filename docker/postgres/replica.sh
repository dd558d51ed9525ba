#!/bin/sh
# A replica: a copy of the primary at the first start, and what follows it from then on.
# PGHOST, PGUSER and PGPASSWORD say where the primary is, PGDATA where the copy goes.
set -eu
if [ ! -s "$PGDATA/PG_VERSION" ]; then
    # Through the slot the primary keeps what this replica has not read yet.
    psql --dbname=postgres --quiet --output=/dev/null --command="SELECT pg_create_physical_replication_slot('replica')
        WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = 'replica')"
    # A copy that was broken off is made anew.
    rm -rf "$PGDATA.new"
    pg_basebackup --pgdata="$PGDATA.new" --write-recovery-conf --slot=replica --checkpoint=fast
    mv "$PGDATA.new" "$PGDATA"
fi
exec "$@"
