#!/usr/bin/env bash
# Makes bucket, tables and queue on LocalStack with the AWS CLI: waits until it is healthy, and leaves what
# is there already as it is. The tables come from the one definition that the service has.
#
#   --with-api       besides: builds the functions and puts them behind a REST API, or brings them up to date
#
#   LOCALSTACK_URL   http://127.0.0.1:4566
#   IMAGES_BUCKET    tintype-images
#   QUEUE            tintype-jobs; with --with-api also what the names of the other queues of jobs begin with
#   WAIT_SECONDS     60: how long to wait for LocalStack
#
# With --with-api, which needs `zip` as well:
#   UPLOADS_QUEUE    tintype-uploads: where S3 tells of direct uploads that have arrived
#   FUNCTIONS_S3_URL how functions and their callers both reach S3, for presigned URLs:
#                    http://localhost.localstack.cloud:4566, with the port of LOCALSTACK_URL
#   SIGNING_SECRET   what page keys are signed with; made anew each time unless given
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# Node 24 is beside the other packages, whatever this machine has.
PATH=$PWD/node_modules/.bin:$PATH

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

from_typescript() {
  node --disable-warning=ExperimentalWarning --import ./scripts/require-node.mjs "$@"
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
  if [ "$AWS_REGION" = us-east-1 ]; then
    on_localstack s3api create-bucket --bucket "$bucket" >/dev/null
  else
    on_localstack s3api create-bucket --bucket "$bucket" \
      --create-bucket-configuration "LocationConstraint=$AWS_REGION" >/dev/null
  fi
}

make_tables() {
  local definitions definition name
  definitions=$(from_typescript scripts/print-tables.ts)
  while read -r definition; do
    name=$(sed -E 's/.*"TableName":"([^"]+)".*/\1/' <<<"$definition")
    on_localstack dynamodb describe-table --table-name "$name" >/dev/null 2>&1 && continue
    on_localstack dynamodb create-table --cli-input-json "$definition" >/dev/null
    on_localstack dynamodb wait table-exists --table-name "$name"
  done <<<"$definitions"
}

make_one_queue() {
  on_localstack sqs create-queue --queue-name "$1" --query QueueUrl --output text
}

# NAME: what has failed five times lies in its dead-letter queue, as everywhere (service/src/drivers/aws/queues.ts).
make_queue() {
  local dead_url dead_arn queue_url policy
  dead_url=$(make_one_queue "$1-dead") || return
  dead_arn=$(on_localstack sqs get-queue-attributes --queue-url "$dead_url" --attribute-names QueueArn \
    --query Attributes.QueueArn --output text) || return
  queue_url=$(make_one_queue "$1") || return
  policy='{\"deadLetterTargetArn\":\"'$dead_arn'\",\"maxReceiveCount\":\"5\"}'
  on_localstack sqs set-queue-attributes --queue-url "$queue_url" \
    --attributes '{"RedrivePolicy":"'"$policy"'"}' >&2 || return
  printf '%s\n' "$queue_url"
}

with_api=
for argument in "$@"; do
  case $argument in
    --with-api) with_api=yes ;;
    *) fail "There is no $argument: scripts/setup_localstack.sh [--with-api]" ;;
  esac
done
command -v aws >/dev/null || fail 'This script needs the AWS CLI. Without it: npm run setup:aws -- --endpoint '"$url"
[ -z "$with_api" ] || command -v zip >/dev/null || fail 'With --with-api this script needs zip, to pack the functions.'
wait_until_healthy
make_bucket
make_tables
queue_url=$(make_queue "$queue")

cat <<END
STORAGE=aws
AWS_REGION=$AWS_REGION
AWS_ACCESS_KEY_ID=$AWS_ACCESS_KEY_ID
AWS_SECRET_ACCESS_KEY=$AWS_SECRET_ACCESS_KEY
AWS_ENDPOINT_URL=$url
IMAGES_BUCKET=$bucket
JOBS_QUEUE_URL=$queue_url
END
if [ -n "$with_api" ]; then
  # shellcheck source=scripts/localstack-api.sh
  . scripts/localstack-api.sh
  make_api
fi
