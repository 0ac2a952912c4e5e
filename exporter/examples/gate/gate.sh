#!/bin/sh
# Asks the gate of a Claude account whether new work may begin, and runs a command if so.
#
#   gate.sh                       exit code 0 when it may begin, 75 when it is refused
#   gate.sh claude -p 'tidy up'   runs the command, or ends with 75
#
# GATE_ACCOUNT is the name of the account, GATE_URL where the exporter answers, and GATE_TOKEN one of its
# `api.bearer_tokens`, which an exporter on another machine asks for.
#
# Only the body of a refusal means no. Anything else, such as no exporter, no data or a proxy's error, is an open gate.
set -u

# The token goes by standard input, because a command line is read by every user of the machine.
answer=$(
  echo "${GATE_TOKEN:+oauth2-bearer = $GATE_TOKEN}" |
    curl --silent --max-time 5 --config - \
      "${GATE_URL:-http://127.0.0.1:10085}/api/v1/accounts/${GATE_ACCOUNT:-default}/gate"
) || answer=''
case $answer in
*'"error":"quota_threshold_reached"'*)
  echo "New Claude work is refused for now: $answer" >&2
  exit 75
  ;;
esac
[ $# -eq 0 ] || exec "$@"
