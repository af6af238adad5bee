-- wrk: sign-ups with an identity and two mailboxes, for a list with something in every column.
local run, count, thread = os.getenv("RUN"), 0, 0
local started = 0
function setup(t) started = started + 1; t:set("thread", started) end
local body = '{"association":"codacons","contact":{"email":"u%s@example.org","language":"it"},"mailboxes":[{"address":"u%s@libero.it","plan":"libero-free"},{"address":"v%s@virgilio.it"}],'
  .. '"person":{"given_name":"Mario","family_name":"Rossi","codice_fiscale":"RSSMRA85C12H501J","address":{"street":"Via Garibaldi","number":"1","postal_code":"00153","city":"Roma","province":"RM","country":"IT"}},'
  .. '"consents":[{"purpose":"privacy_notice","text_version":"%s","given":true},{"purpose":"contact","text_version":"%s","given":true}]}'
local version = os.getenv("TEXT_VERSION")
function request()
  count = count + 1
  local unique = run .. "x" .. thread .. "x" .. count
  local headers = { ["Content-Type"] = "application/json", ["Idempotency-Key"] = unique }
  return wrk.format("POST", os.getenv("SIGN_UP_PATH"), headers, body:format(unique, unique, unique, version, version))
end
local shown = 0
function response(status, headers, text)
  if status ~= 201 and shown < 2 then shown = shown + 1; io.stderr:write(status .. " " .. text:sub(1, 300) .. "\n") end
end
