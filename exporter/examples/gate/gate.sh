#!/bin/sh
# Asks the gate of a Claude account whether new work may start, and runs a command if so.
#
#   gate.sh                       exit code 0 if it may start, 75 if it is refused
#   gate.sh claude -p 'tidy up'   runs the command, or ends with 75
#
# GATE_ACCOUNT is the name of the account, GATE_URL the URL of the exporter, and GATE_TOKEN one of its
# `api.bearer_tokens`, which an exporter on another machine requires.
#
# Only the refusal body means no. Anything else, such as no exporter, no data or a proxy's error, is an open gate; standard
# error names what to fix.
set -u

account=${GATE_ACCOUNT:-default}
url=${GATE_URL:-http://127.0.0.1:10085}
# The token is passed on standard input, because every user of the machine can read a command line.
answer=$(
  echo "${GATE_TOKEN:+oauth2-bearer = $GATE_TOKEN}" |
    curl --silent --max-time 5 --write-out '\n%{http_code}' --config - "$url/api/v1/accounts/$account/gate"
) || answer=''
status=$(printf '%s' "$answer" | tail -n 1)
case $answer in
*'"error":"quota_threshold_reached"'*)
  echo "New Claude work is refused for now: $(printf '%s' "$answer" | sed '$d')" >&2
  exit 75
  ;;
esac
case $status in
200) ;;
'') echo "gate.sh: no exporter answers at $url, so the gate counts as open. Check GATE_URL." >&2 ;;
401 | 403) echo "gate.sh: $url rejects the credential ($status), so the gate counts as open. Check GATE_TOKEN." >&2 ;;
404) echo "gate.sh: $url knows no account '$account', so the gate counts as open. Check GATE_ACCOUNT." >&2 ;;
*) echo "gate.sh: $url answers with status $status, so the gate counts as open." >&2 ;;
esac
[ $# -eq 0 ] || exec "$@"
