#!/bin/sh
# Starts the app that the command names. Node takes this shell's place, so it gets the signals.
set -eu
case "${1:-}" in
  api | worker | simulator) exec node "dist/apps/$1/apps/$1/src/main.js" ;;
  migrate) exec node dist/apps/cli/apps/cli/src/migrate.js ;;
  import | operator | secrets | gateways) exec node dist/apps/cli/apps/cli/src/main.js "$@" ;;
  *)
    echo "Wants one of: api, worker, simulator, migrate, import, operator, secrets, gateways; got: ${1:-nothing}" >&2
    exit 64
    ;;
esac
