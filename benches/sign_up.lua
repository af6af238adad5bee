-- wrk: one sign-up per request, each with an address and an idempotency key of its own.
local run, count, thread = os.getenv("RUN"), 0, 0
local started = 0
function setup(t) started = started + 1; t:set("thread", started) end
local body = '{"association":"codacons","contact":{"email":"u%s@%s","language":"it"},"mailboxes":[{"address":"u%s@libero.it","plan":"libero-free"}],"consents":[{"purpose":"privacy_notice","text_version":"%s","given":true},{"purpose":"contact","text_version":"%s","given":true}]}'
local version = os.getenv("TEXT_VERSION")
-- so many of a hundred are reached at a domain that the mail benchmark's server does not take
local dead = tonumber(os.getenv("DEAD_SHARE") or "0")
function request()
  count = count + 1
  local unique = run .. "x" .. thread .. "x" .. count
  local domain = count % 100 < dead and "dead.example" or "example.org"
  local headers = { ["Content-Type"] = "application/json", ["Idempotency-Key"] = unique }
  return wrk.format("POST", os.getenv("SIGN_UP_PATH"), headers, body:format(unique, domain, unique, version, version))
end
local shown = 0
function response(status, headers, text)
  if status ~= 201 and shown < 2 then shown = shown + 1; io.stderr:write(status .. " " .. text:sub(1, 300) .. "\n") end
end
function done(summary, latency)
  io.write(("RESULT n=%d seconds=%.3f p50=%.2f p99=%.2f bad=%d\n"):format(summary.requests, summary.duration / 1e6,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
