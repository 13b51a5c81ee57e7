#!/bin/sh
# Back up RO App's database into a folder, and remove backups of more than 14 days:
#   backup.sh FOLDER [SECONDS]    with SECONDS again and again, so long after each other
# The database is DATABASE_URL, else what libpq's own variables name (PGHOST, PGDATABASE, …).
set -eu
folder=$1
umask 077

back_up() {
    name="$folder/roapp-$(date -u +%Y-%m-%dT%H-%M-%SZ).dump"
    pg_dump --format=custom --no-owner --file="$name.part" ${DATABASE_URL:+"$DATABASE_URL"} &&
        pg_restore --list "$name.part" >/dev/null &&
        mv "$name.part" "$name" &&
        find "$folder" -name 'roapp-*.dump*' -mtime +14 -delete &&
        echo "Backed up to $name"
}

if [ $# -lt 2 ]; then
    back_up
    exit
fi
trap 'exit 0' TERM INT
while true; do
    pause=$2
    if ! back_up; then
        echo "The backup failed; the next try is in an hour." >&2
        pause=3600
    fi
    sleep "$pause" &
    wait $!
done
