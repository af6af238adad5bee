# The pages /problems: what happened, what to do.

problems-title = When a request goes wrong
problems-lead = Whoever uses our API reads here what happened and what to do.
problems-happened = What happened
problems-todo = What to do
problems-example = An example
problems-all = All problems

problem-taken = Meanwhile somebody else has taken it.

problem-todo-malformed = The answer tells line and column: correct the JSON there. Check that ids are whole.
problem-todo-idempotency-key = Send an Idempotency-Key of your own, such as the number of an order. Use the same one when you repeat.
problem-todo-cursor = Use the cursor as it came, in next_cursor. The limit is 1 to 200.
problem-todo-unauthenticated = Send the header Authorization: Bearer, then the key or token. A token that has expired is renewed.
problem-todo-wrong-credentials = Type name, password and code again. After too many errors one has to wait.
problem-todo-totp-used = Wait for the next code, 30 seconds at most. Then use that one.
problem-todo-key-malformed = Copy the whole key again. If you no longer have it, ask for a new one.
problem-todo-key-unknown = Check that you talk to the right server. If so, ask the association for a key.
problem-todo-key-expired = Ask the association for a new key. Two of them may work side by side.
problem-todo-key-revoked = Ask the association why, and for a new key.
problem-todo-forbidden = Ask somebody of your association who has the right role.
problem-todo-second-person = Ask another person to decide. Whoever asks does not approve.
problem-todo-step-up-required = Send a fresh code to POST /api/v1/staff/step-up. It is good for five minutes.
problem-todo-key-scope = Ask the association for a key with this scope. The page /docs tells which one is needed.
problem-todo-key-network = Use the key from your server. If its address has changed, tell the association.
problem-todo-key-case = Check the name of the case. If it is right, ask the association to open it to the key.
problem-todo-key-live = Use the key for tests here, which begins with jnd_test_.
problem-todo-cross-site = Open the page with us, and send the form from there.
problem-todo-stale-form = Load the page again, then send the form again.
problem-todo-not-found = Check the address and the id. The data may have been erased, or be somebody else’s.
problem-todo-method-not-allowed = The header Allow tells which methods there are.
problem-todo-timeout = Send it again, from a faster network or in smaller parts.
problem-todo-illegal-transition = Read the state first. The detail tells what stands in the way.
problem-todo-taken = Load the record again. Talk to whoever has it.
problem-todo-idempotency-running = Wait a moment. Then send the same under the same key.
problem-todo-token-used = Ask for another link or code, if you still need it.
problem-todo-token-expired = Ask for another link or code. Use the last one that came.
problem-todo-too-large = Send less at a time. The limits are in /.well-known/limits.
problem-todo-unsupported-media-type = Send Content-Type: application/json, or what /docs tells. Files must be of a type that is taken.
problem-todo-validation = The list errors names each field, with a code and a sentence. Correct them and send it again.
problem-todo-idempotency-mismatch = Use a new key for a new request. To repeat one, send the same body.
problem-todo-rate-limited = Wait for the seconds that Retry-After tells. Then send the same.
problem-todo-internal = Try again in a moment, with the same Idempotency-Key. The number is in request_id.
problem-todo-unavailable = Wait for the seconds that Retry-After tells. Then send the same, with the same Idempotency-Key.
