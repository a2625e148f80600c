#!/usr/bin/env bash
# Makes bucket, tables and queue on LocalStack with the AWS CLI: waits until it is healthy, and leaves what
# is there already as it is. The tables come from the one definition that the service has.
#
#   LOCALSTACK_URL   http://127.0.0.1:4566
#   IMAGES_BUCKET    tintype-images
#   QUEUE            tintype-jobs
#   WAIT_SECONDS     60: how long to wait for LocalStack
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

url=${LOCALSTACK_URL:-http://127.0.0.1:4566}
bucket=${IMAGES_BUCKET:-tintype-images}
queue=${QUEUE:-tintype-jobs}
wait_seconds=${WAIT_SECONDS:-60}
export AWS_REGION=${AWS_REGION:-us-east-1}
export AWS_ACCESS_KEY_ID=${AWS_ACCESS_KEY_ID:-test} AWS_SECRET_ACCESS_KEY=${AWS_SECRET_ACCESS_KEY:-test}
export AWS_PAGER=

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

on_localstack() {
  aws --endpoint-url "$url" --region "$AWS_REGION" "$@"
}

wait_until_healthy() {
  local waited=0
  until curl -fsS -o /dev/null "$url/_localstack/health" 2>/dev/null; do
    [ "$waited" -lt "$wait_seconds" ] ||
      fail "LocalStack does not answer at $url after $wait_seconds s. Start it first, or say where it is with LOCALSTACK_URL."
    sleep 1
    waited=$((waited + 1))
  done
}

make_bucket() {
  on_localstack s3api head-bucket --bucket "$bucket" >/dev/null 2>&1 && return
  on_localstack s3api create-bucket --bucket "$bucket" >/dev/null
}

make_tables() {
  local definition name
  while read -r definition; do
    name=$(sed -E 's/.*"TableName":"([^"]+)".*/\1/' <<<"$definition")
    on_localstack dynamodb describe-table --table-name "$name" >/dev/null 2>&1 && continue
    on_localstack dynamodb create-table --cli-input-json "$definition" >/dev/null
    on_localstack dynamodb wait table-exists --table-name "$name"
  done < <(node --disable-warning=ExperimentalWarning --import ./scripts/require-node.mjs scripts/print-tables.ts)
}

make_queue() {
  on_localstack sqs create-queue --queue-name "$queue" --query QueueUrl --output text
}

command -v aws >/dev/null || fail 'This script needs the AWS CLI. Without it: npm run setup:aws -- --endpoint '"$url"
wait_until_healthy
make_bucket
make_tables
queue_url=$(make_queue)

cat <<END
STORAGE=aws
AWS_REGION=$AWS_REGION
AWS_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID
AWS_SECRET_ACCESS_KEY=$AWS_SECRET_ACCESS_KEY
AWS_ENDPOINT_URL=$url
IMAGES_BUCKET=$bucket
JOBS_QUEUE_URL=$queue_url
END
