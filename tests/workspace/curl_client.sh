#!/bin/sh
# Speaks the state protocol with curl: curl_client.sh http://HOST:PORT/v1
set -eu
state=$1/workspaces/curl/state
body=$(mktemp)
trap 'rm -f "$body"' EXIT

# expect STATUS CURL-ARGUMENTS...: the answer's body is then in $body.
expect() {
  wanted=$1
  shift
  got=$(curl --silent --max-time 60 --output "$body" --write-out '%{http_code}' "$@")
  [ "$got" = "$wanted" ] && return
  echo "curl $*: $got instead of $wanted: $(cat "$body")"
  exit 1
}

mine='{"ID":"one","Operation":"OperationTypeApply","Who":"curl"}'
expect 404 "$state"
expect 200 --request LOCK --data "$mine" "$state"
expect 200 --request LOCK --data "$mine" "$state"
expect 423 --request LOCK --data '{"ID":"two"}' "$state"
grep -q '"Who":"curl"' "$body"
expect 423 --data '{"serial":1}' "$state"
expect 200 --data '{"serial":1}' "$state?ID=one"
expect 400 --header 'Content-MD5: AAAAAAAAAAAAAAAAAAAAAA==' --data '{"serial":2}' "$state?ID=one"
expect 409 --request UNLOCK --data '{"ID":"two"}' "$state"
expect 200 --request UNLOCK --data "$mine" "$state"
expect 200 --compressed "$state"
[ "$(cat "$body")" = '{"serial":1}' ]
expect 412 --header 'If-Match: "1-99"' --data '{"serial":2}' "$state"
head -c 3000000 /dev/zero >"$body.large"
expect 200 --data-binary "@$body.large" "$state"
expect 200 --compressed "$state"
cmp "$body" "$body.large"
rm -f "$body.large"
expect 200 --request DELETE "$state"
expect 404 --head "$state"
expect 200 --request DELETE "$1/workspaces/curl"
echo "all as expected"
