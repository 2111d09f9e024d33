#!/bin/sh
# Makes the secrets of compose.yml in the folder `secrets` beside it, those that are not there yet. Keep `master_key` apart
# from the backups of the database: what it sealed is lost without it.
set -eu
cd "$(dirname "$0")"
umask 077
mkdir -p secrets
cd secrets
make() {
  [ -e "$1" ] || printf '%s' "$2" > "$1"
  # The containers' users are not this one; the folder keeps others of this machine out.
  chmod 444 "$1"
}
make master_key "$(openssl rand -base64 32)"
make postgres_password "$(openssl rand -hex 24)"
make redis_password "$(openssl rand -hex 24)"
make database_url "postgres://carillon:$(cat postgres_password)@postgres:5432/carillon"
make redis_url "redis://:$(cat redis_password)@redis:6379"
