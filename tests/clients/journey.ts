// The journey of a partner with the types that openapi-typescript made from the served document, and openapi-fetch.
//
// Run by tests/it/clients.rs, which keeps events numbered, deliveries going and the clock of its server moving.

import { strict as assert } from "node:assert";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { env } from "node:process";

import createClient from "openapi-fetch";

import type { components, paths } from "./api.js";

type Schemas = components["schemas"];

const PATIENCE = 30_000;

function given(name: string): string {
  const value = env[name];
  if (value === undefined) throw new Error(`${name} is missing`);
  return value;
}

const baseUrl = given("JOINDER_URL");
const CASE = given("JOINDER_CASE");
const shownAt = given("JOINDER_SHOWN_AT");
const anybody = createClient<paths>({ baseUrl });
const bearer = (key: string) => createClient<paths>({ baseUrl, headers: { Authorization: `Bearer ${key}` } });
const partner = bearer(given("JOINDER_KEY"));

interface Answer<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** What was answered, with the type that the document says. */
function of<Data>(answer: Answer<Data>, status: number): NonNullable<Data> {
  assert.equal(answer.response.status, status, JSON.stringify(answer.error));
  assert.ok(answer.data !== undefined && answer.data !== null);
  return answer.data as NonNullable<Data>;
}

/** Why nothing was done. */
function refused(answer: { error?: Schemas["Problem"]; response: Response }, status: number): Schemas["Problem"] {
  assert.equal(answer.response.status, status);
  assert.ok(answer.error !== undefined);
  assert.equal(answer.error.status, status);
  return answer.error;
}

/** Asks again until something is told. */
async function until<Found>(told: () => Promise<Found | undefined>): Promise<Found> {
  const end = Date.now() + PATIENCE;
  while (Date.now() < end) {
    const found = await told();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("nothing was told in time");
}

function person(consents: Schemas["ConsentInput"][], name: string): Schemas["SubmissionInput"] {
  return {
    case: CASE,
    notice: { version: "privacy-1", shown_at: shownAt },
    contact: { email: `${name}@own.example`, language: "it" },
    mailboxes: [{ address: `${name}@libero.it` }],
    consents,
  };
}

const described = of(
  await anybody.GET("/api/v1/public/cases/{slug}", { params: { path: { slug: CASE } } }),
  200,
);
const consents = described.consents
  .filter((text) => text.required)
  .map((text) => ({ purpose: text.purpose, text_version: text.text_version, given: true }));
const invented = of(await partner.GET("/api/v1/partner/sandbox/people"), 200).items;
assert.equal(invented.length, 6);

// one, twice under the same key; and what is wrong is told by field
const send = (body: Schemas["SubmissionInput"], key: string) =>
  partner.POST("/api/v1/partner/claimants", { body, params: { header: { "Idempotency-Key": key } } });
const first = { ...person(consents, "typescript-1"), person: invented[0] ?? null };
const received = of(await send(first, "typescript-1"), 201);
assert.equal(received.reference.length, 12);
assert.equal(received.state, "received");
assert.deepEqual(of(await send(first, "typescript-1"), 201), received);
const wrong = person(consents, "typescript-0");
wrong.contact.email = "nobody";
const problem = refused(await send(wrong, "typescript-0"), 422);
assert.equal(problem.type, "/problems/validation");
assert.deepEqual(
  problem.errors?.map((field) => [field.pointer, field.code]),
  [["/contact/email", "format"]],
);
// a key with a slip of the pen
const key = given("JOINDER_KEY");
const stranger = await bearer(key.slice(0, -1) + (key.endsWith("0") ? "1" : "0")).GET("/api/v1/partner/sandbox/people");
assert.equal(refused(stranger, 401).type, "/problems/key-malformed");

// many
const batch = { items: [person(consents, "typescript-2"), wrong, person(consents, "typescript-3")] };
const { items } = of(
  await partner.POST("/api/v1/partner/claimants/batches", {
    body: batch,
    params: { header: { "Idempotency-Key": "typescript-batch" } },
  }),
  200,
);
assert.deepEqual(
  items.map((item) => item.status),
  [201, 422, 201],
);
const sent = [received.id, items[0]?.claimant?.id, items[2]?.claimant?.id];
assert.equal(items[1]?.problem?.type, "/problems/validation");

// read by cursor, two and then the rest; what is new is on a page after ten seconds
const page = async (after: string, limit: number) =>
  of(await partner.GET("/api/v1/partner/claimants", { params: { query: { after, limit } } }), 200);
await until(async () => ((await page("", 50)).items.length === 3 ? true : undefined));
const two = await page("", 2);
const rest = await page(two.next_cursor, 2);
assert.equal(two.items.length, 2);
const listed = [...two.items, ...rest.items].map((row) => row.id);
assert.deepEqual(listed.sort(), [...sent].sort());
assert.deepEqual((await page(rest.next_cursor, 2)).items, []);

// move the first one on
const move = (id: string, to: string) =>
  partner.POST("/api/v1/partner/sandbox/claimants/{id}/transitions", { body: { to }, params: { path: { id } } });
assert.equal(of(await move(received.id, "confirmed"), 200).state, "confirmed");
assert.equal(refused(await move(sent[1] ?? "", "signed"), 409).type, "/problems/illegal-transition");
const row = of(await partner.GET("/api/v1/partner/claimants/{id}", { params: { path: { id: received.id } } }), 200);
assert.deepEqual([row.state, row.case], ["confirmed", CASE]);

// what happened
const events = await until(async () => {
  const read = of(await partner.GET("/api/v1/partner/events", { params: { query: { after: "0" } } }), 200);
  return read.items.length === 4 ? read.items : undefined;
});
assert.deepEqual(
  events.map((event) => event.sequence),
  [1, 2, 3, 4],
);
assert.deepEqual([events[3]?.type, events[3]?.claimant_id], ["claimant.confirmed", received.id]);

// and told to a server
const got: (string | undefined)[] = [];
const server = createServer((request, response) => {
  got.push(request.headers["webhook-id"]?.toString());
  request.resume().on("end", () => response.writeHead(204).end());
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const { port } = server.address() as AddressInfo;
const made = of(
  await partner.POST("/api/v1/partner/webhook-endpoints", { body: { url: `http://127.0.0.1:${port}/hook` } }),
  201,
);
assert.ok(made.secret.startsWith("whsec_") && made.enabled);
const at = { params: { path: { id: made.id } } };
const ping = of(await partner.POST("/api/v1/partner/webhook-endpoints/{id}/ping", at), 202);
const attempt = await until(
  async () => of(await partner.GET("/api/v1/partner/webhook-endpoints/{id}/attempts", at), 200).items[0],
);
assert.deepEqual(
  [attempt.message_id, attempt.type, attempt.outcome, attempt.status],
  [ping.message_id, "webhook.ping", "ok", 204],
);
assert.deepEqual(got, [ping.message_id]);
const gone = await partner.DELETE("/api/v1/partner/webhook-endpoints/{id}", at);
assert.equal(gone.response.status, 204);
server.close();
server.closeAllConnections();

const figures = of(await partner.GET("/api/v1/partner/statistics"), 200);
assert.deepEqual(
  figures.cases.map((brought) => brought.case),
  [CASE],
);
console.log("the journey is done");
