#!/bin/sh
# Put a backup into an empty database, all of it or nothing:
#   restore.sh FILE
# The database is DATABASE_URL, else what libpq's own variables name (PGHOST, PGDATABASE, …).
set -eu
pg_restore --no-owner --exit-on-error --single-transaction --dbname="${DATABASE_URL:-dbname=${PGDATABASE:-roapp}}" "$1"
