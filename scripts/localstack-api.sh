# Read by setup_localstack.sh for --with-api: the manifest's functions behind a REST API. A second run brings
# code, settings and routes up to date and makes nothing twice.

stage=live
role=tintype-functions
runtime=nodejs24.x
# Of the machine that runs the functions' containers, which is this one.
case $(uname -m) in
  aarch64 | arm64) architecture=arm64 ;;
  *) architecture=x86_64 ;;
esac

make_api() {
  local manifest account api role_arn variables scratch
  manifest=$(from_typescript scripts/print-operations.ts)
  account=$(on_localstack sts get-caller-identity --query Account --output text)
  api=$(make_rest_api)
  api_url=$url/_aws/execute-api/$api/$stage
  role_arn=$(make_role)
  scratch=$(mktemp -d)
  # shellcheck disable=SC2064
  trap "rm -rf '$scratch'" EXIT
  npm run --silent build:lambda -- "$scratch/lambda" --for "linux-${architecture/x86_64/x64}" >&2
  variables=$(function_variables)
  make_functions
  make_routes
  uploads_queue_url=$(make_queue "${UPLOADS_QUEUE:-tintype-uploads}")
  feed_from_queues
  tell_of_uploads
  on_localstack apigateway create-deployment --rest-api-id "$api" --stage-name "$stage" >/dev/null
  printf 'API_URL=%s\n' "$api_url"
}

# What a query found; the AWS CLI prints None for nothing.
found() {
  local text
  text=$(on_localstack "$@" --output text) || return
  [ "$text" = None ] || printf '%s' "$text"
}

make_rest_api() {
  local id
  id=$(found apigateway get-rest-apis --query "items[?name=='tintype'].id | [0]") || return
  # Images go in and out as they are, whatever type a caller claims.
  [ -n "$id" ] || id=$(on_localstack apigateway create-rest-api --name tintype --binary-media-types '*/*' \
    --query id --output text) || return
  printf '%s' "$id"
}

# LocalStack asks no role for what it may do: one, with nothing granted, is enough for all.
make_role() {
  on_localstack iam get-role --role-name "$role" --query Role.Arn --output text 2>/dev/null && return
  on_localstack iam create-role --role-name "$role" --query Role.Arn --output text \
    --assume-role-policy-document '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
}

# LocalStack sets AWS_ENDPOINT_URL in a function, to an address that callers on this machine may not reach.
# Presigned URLs are made for callers, so S3 is called by a name that leads to LocalStack from both sides.
function_variables() {
  local name value
  local port=${url##*:}
  local lines=(
    STORAGE=aws
    ALLOW_ANONYMOUS=true
    "PUBLIC_URL=$api_url"
    "IMAGES_BUCKET=$bucket"
    "JOBS_QUEUE_URL=$queue_url"
    JOB_QUEUES=by-kind
    "SIGNING_SECRET=${SIGNING_SECRET:-$(from_typescript -p 'crypto.randomBytes(32).toString("hex")')}"
    "AWS_ENDPOINT_URL_S3=${FUNCTIONS_S3_URL:-http://localhost.localstack.cloud:${port%%/*}}"
  )
  for name in IMAGES_TABLE LISTINGS_TABLE LEDGER_TABLE AUDIT_TABLE LISTING_SHARDS URL_EXPIRES_SECONDS \
    UPLOAD_EXPIRES_SECONDS MAX_IMAGES_PER_USER MAX_BYTES_PER_USER MAX_IMAGE_BYTES MAX_IMAGE_PIXELS ACCEPTED_TYPES \
    RENDITION_FORMAT KEEP_GPS KEEP_VERSIONS TRASH_DAYS AUDIT_DAYS WEBHOOKS LOG_LEVEL; do
    value=${!name:-}
    [ -z "$value" ] || lines+=("$name=$value")
  done
  printf '%s\n' "${lines[@]}" | from_typescript -e '
    const lines = require("node:fs").readFileSync(0, "utf8").trimEnd().split("\n");
    const Variables = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s, 2)));
    process.stdout.write(JSON.stringify({ Variables }));'
}

make_functions() {
  local kind name memory timeout
  while IFS=$'\t' read -r kind name memory timeout; do
    [ "$kind" = function ] || continue
    # With the libraries of decoders where there are some, and without the maps of our own code.
    (cd "$scratch/lambda/$name" && zip -qrX "$scratch/$name.zip" . -x '*.mjs.map')
    make_function "tintype-$name" "$scratch/$name.zip" --runtime "$runtime" --role "$role_arn" \
      --handler index.handler --memory-size "$memory" --timeout "$timeout" --environment "$variables"
  done <<<"$manifest"
}

# NAME ZIP SETTINGS...
make_function() {
  local name=$1 code=fileb://$2
  shift 2
  if on_localstack lambda get-function --function-name "$name" >/dev/null 2>&1; then
    on_localstack lambda update-function-code --function-name "$name" --zip-file "$code" \
      --architectures "$architecture" >/dev/null
    on_localstack lambda wait function-updated-v2 --function-name "$name"
    on_localstack lambda update-function-configuration --function-name "$name" "$@" >/dev/null
    on_localstack lambda wait function-updated-v2 --function-name "$name"
  else
    on_localstack lambda create-function --function-name "$name" --zip-file "$code" \
      --architectures "$architecture" "$@" >/dev/null
    on_localstack lambda wait function-active-v2 --function-name "$name" ||
      fail "$name did not start: $(on_localstack lambda get-function-configuration --function-name "$name" \
        --query StateReason --output text). LocalStack runs functions through Docker: docs/local-aws.md says how."
  fi
}

function_arn() {
  printf 'arn:aws:lambda:%s:%s:function:tintype-%s' "$AWS_REGION" "$account" "$1"
}

make_routes() {
  local kind name method path resource
  while IFS=$'\t' read -r kind name method path; do
    [ "$kind" = route ] || continue
    resource=$(make_resource "$path")
    make_route "$name" "$method" "$resource"
    allow_route "$name" "$method" "$path"
  done <<<"$manifest"
}

# The id of the resource of a path, made with those above it where it is not there yet.
make_resource() {
  local path=$1 id parent
  id=$(found apigateway get-resources --rest-api-id "$api" --limit 500 --query "items[?path=='${path:-/}'].id | [0]") || return
  if [ -z "$id" ]; then
    parent=$(make_resource "${path%/*}") || return
    id=$(on_localstack apigateway create-resource --rest-api-id "$api" --parent-id "$parent" \
      --path-part "${path##*/}" --query id --output text) || return
  fi
  printf '%s' "$id"
}

# OPERATION METHOD RESOURCE
make_route() {
  local at=(--rest-api-id "$api" --resource-id "$3" --http-method "$2")
  on_localstack apigateway get-method "${at[@]}" >/dev/null 2>&1 ||
    on_localstack apigateway put-method "${at[@]}" --authorization-type NONE >/dev/null
  on_localstack apigateway put-integration "${at[@]}" --type AWS_PROXY --integration-http-method POST \
    --uri "arn:aws:apigateway:$AWS_REGION:lambda:path/2015-03-31/functions/$(function_arn "$1")/invocations" >/dev/null
}

# OPERATION METHOD PATH: a statement for each, with any value in the place of a parameter.
allow_route() {
  local statement
  statement=$2$(sed -E 's/[^A-Za-z0-9]+/-/g' <<<"$3")
  statement=${statement%-}
  on_localstack lambda get-policy --function-name "tintype-$1" --query Policy --output text 2>/dev/null |
    grep -q "\"Sid\": *\"$statement\"" && return
  on_localstack lambda add-permission --function-name "tintype-$1" --statement-id "$statement" \
    --action lambda:InvokeFunction --principal apigateway.amazonaws.com \
    --source-arn "arn:aws:execute-api:$AWS_REGION:$account:$api/*/$2$(sed -E 's/\{[^}]*\}/*/g' <<<"$3")" >/dev/null
}

# The queue that the manifest calls so: of jobs, of uploads, or of a kind of job, which is made with its
# dead-letter queue where it is not there yet (queueOfKind in service/src/drivers/aws/queues.ts).
url_of_queue() {
  case $1 in
    jobs) printf '%s' "$queue_url" ;;
    uploads) printf '%s' "$uploads_queue_url" ;;
    *) make_queue "$queue-$1" ;;
  esac
}

arn_of_queue() {
  on_localstack sqs get-queue-attributes --queue-url "$1" --attribute-names QueueArn --query Attributes.QueueArn --output text
}

feed_from_queues() {
  local kind name of timeout url_of arn_of
  while IFS=$'\t' read -r kind name of; do
    [ "$kind" = queue ] || continue
    url_of=$(url_of_queue "$of") || return
    arn_of=$(arn_of_queue "$url_of")
    timeout=$(awk -F '\t' -v name="$name" '$1 == "function" && $2 == name { print $4 }' <<<"$manifest")
    # A message stays hidden for longer than its function may take, or two would do the same job at once.
    on_localstack sqs set-queue-attributes --queue-url "$url_of" --attributes "VisibilityTimeout=$((6 * timeout))"
    [ -z "$(found lambda list-event-source-mappings --function-name "tintype-$name" --event-source-arn "$arn_of" \
      --query 'EventSourceMappings[0].UUID')" ] || continue
    on_localstack lambda create-event-source-mapping --function-name "tintype-$name" --event-source-arn "$arn_of" \
      --batch-size 10 --function-response-types ReportBatchItemFailures >/dev/null
  done <<<"$manifest"
}

# S3 tells of uploads that have arrived, whose clients may never say so. Ending those that never arrive is a clock's
# task, and there is none here: on an account it is EventBridge's (infra/src/triggers.ts).
tell_of_uploads() {
  local kind name prefix arn_of
  while IFS=$'\t' read -r kind name prefix; do
    [ "$kind" = notify ] || continue
    arn_of=$(arn_of_queue "$(url_of_queue "$name")")
    on_localstack s3api put-bucket-notification-configuration --bucket "$bucket" --notification-configuration \
      '{"QueueConfigurations":[{"QueueArn":"'"$arn_of"'","Events":["s3:ObjectCreated:*"],"Filter":{"Key":{"FilterRules":[{"Name":"prefix","Value":"'"$prefix"'"}]}}}]}' >/dev/null
  done <<<"$manifest"
}
