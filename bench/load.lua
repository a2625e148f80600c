-- What wrk sends: the requests of a file, one after the other and over again. bench/load.ts writes that file and reads
-- the line of JSON that is printed at the end.
local requests, wanted = {}, tonumber(os.getenv("BENCH_STATUS"))
local at = 0
local threads = {}

local function bytesOf(path)
  local file = assert(io.open(path, "rb"))
  local bytes = file:read("*a")
  file:close()
  return bytes
end

function setup(thread) table.insert(threads, thread) end

function init()
  local headers = {}
  for line in (os.getenv("BENCH_HEADERS") or ""):gmatch("[^\n]+") do
    local name, value = line:match("^([^:]+): (.*)$")
    headers[name] = value
  end
  local body = os.getenv("BENCH_BODY") and bytesOf(os.getenv("BENCH_BODY")) or nil
  for path in io.lines(os.getenv("BENCH_PATHS")) do
    table.insert(requests, wrk.format(os.getenv("BENCH_METHOD"), path, headers, body))
  end
end

function request()
  at = at + 1
  if at > #requests then at = 1 end
  return requests[at]
end

-- Of the thread, for `done` to read.
bad, lastBad, lastSaid = 0, nil, nil
function response(status, _, body)
  if status ~= wanted then bad, lastBad, lastSaid = bad + 1, status, body:sub(1, 200) end
end

function done(summary, latency)
  local unexpectedAnswers, status, said = 0, 0, ""
  for _, thread in ipairs(threads) do
    unexpectedAnswers = unexpectedAnswers + (thread:get("bad") or 0)
    status = thread:get("lastBad") or status
    said = thread:get("lastSaid") or said
  end
  local errors = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  if unexpectedAnswers > 0 then print("answered: " .. said:gsub("%s+", " ")) end
  print(string.format(
    '{"requests":%d,"microseconds":%d,"unexpected":%d,"status":%d,"errors":%d,"p50":%d,"p99":%d}',
    summary.requests, summary.duration, unexpectedAnswers, status, errors,
    latency:percentile(50), latency:percentile(99)))
end
