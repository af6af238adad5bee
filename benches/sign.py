#!/usr/bin/env python3
"""What a signed declaration costs: sign-up, confirmation, identity, declaration, code, signature and receipt of many claimants, step by step.

usage: sign.py BINARY [CLAIMANTS=300] [CLIENTS=8]

Each step is done by all claimants before the next begins, from CLIENTS connections that stay open. Told are steps a second and the CPU of joinder and
Postgres a step, over that of a sign-up in the same run. Signing is done in four parts, the evidence log held still in the first and the
third and at work in the others: told is the rate with it over that without (the issue wants at least 0.8), and how long after the last signature every
entry had its place (at most 10 s). Mails are on: a step ends when its mails are in the folder. The clients (one Python process)
share the cores, so the rates are lower bounds; CPU is what counts. Loopback only; what it starts it ends, by pid.
"""
import concurrent.futures, email, email.policy, glob, http.client, json, os, re, sys, time

from running import CASE, PORT, Joinder, cpu, load, pss

BINARY = sys.argv[1]
CLAIMANTS, CLIENTS = (int(a) for a in (sys.argv[2:] + ["300", "8"][len(sys.argv) - 2:]))
PERSON = {"given_name": "Anna", "family_name": "Bianchi", "birth_place": "Milano",
          "address": {"street": "Via Garibaldi", "number": "12", "postal_code": "20121", "city": "Milano", "province": "MI"}}
ODD = dict(zip("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8,
                                                        12, 14, 16, 10, 22, 25, 24, 23]))
ME = "/api/v1/public/me"


def codice_fiscale(number):
    """A valid one for each number below 26^3."""
    letters = "".join(chr(65 + number // 26**place % 26) for place in (2, 1, 0))
    body = letters + "NNA58S70F205"
    total = sum(ODD[c] if place % 2 == 0 else (int(c) if c.isdigit() else ord(c) - 65) for place, c in enumerate(body))
    return body + chr(65 + total % 26)


class Claimant:
    """One claimant and the connection it has to itself while a step runs."""

    def __init__(self, number):
        self.number, self.token = number, None

    def call(self, connection, method, path, body, key=None):
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        if key:
            headers["Idempotency-Key"] = key
        connection.request(method, path, json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status < 300, (method, path, answer.status, text)
        return json.loads(text)


def steps(joinder):
    """What a claimant does until the signature, in order: its name, how, the mail that comes of it; and the signature."""
    incidents = [incident["slug"] for incident in joinder.case["incidents"]]
    consents = [{"purpose": c["purpose"], "text_version": c["text_version"], "given": c["required"]} for c in joinder.case["consents"]]

    def sign_up(c, to):
        body = {"association": "codacons", "contact": {"email": f"c{c.number}@example.org", "language": "it"}, "consents": consents,
                "mailboxes": [{"address": f"c{c.number}@libero.it", "plan": "libero-free"}]}
        c.id = c.call(to, "POST", f"/api/v1/public/cases/{CASE}/claimants", body, f"k{c.number}")["id"]

    def confirm(c, to):
        c.token = c.call(to, "POST", "/api/v1/public/confirmations", {"token": c.mails["confirmation"]})["access_token"]

    def identify(c, to):
        c.call(to, "PUT", f"{ME}/identity", {"person": dict(PERSON, codice_fiscale=codice_fiscale(c.number))})

    def declare(c, to):
        outages = [{"slug": slug, "plan": "libero-free", "use": ["private", "work"], "compensation_received": "none",
                    "items": [{"head": "flat_rate"}, {"head": "lost_chance", "amount_cents": 25000, "description": "Una visita perduta"}]}
                   for slug in incidents]
        body = {"mailboxes": [{"address": f"c{c.number}@libero.it", "incidents": outages}],
                "narrative": "Il lunedì mattina la posta non si apriva più.", "other_claims": False, "already_compensated": False}
        c.version = c.call(to, "PUT", f"{ME}/declaration", body)

    def ask(c, to):
        accepted = [{"kind": text["kind"], "version": text["version"]} for text in c.version["texts"]]
        body = {"tier": "otp", "document_sha256": c.version["document_sha256"], "acceptances": accepted}
        c.request = c.call(to, "POST", f"{ME}/declaration/signature-requests", body)["id"]

    def sign(c, to):
        body = {"request_id": c.request, "code": c.mails["otp"], "full_name": "Anna Bianchi"}
        assert c.call(to, "POST", f"{ME}/declaration/signatures", body)["state"] == "signed"

    return [("sign up", sign_up, "confirmation"), ("confirm", confirm, None), ("identity", identify, None), ("declare", declare, None),
            ("ask for the code", ask, "otp")], sign


def main():
    with Joinder(BINARY, 16, mails=True) as joinder:
        claimants = [Claimant(number) for number in range(CLAIMANTS)]
        folder = joinder.env["MAIL_DIR"]
        before_signing, sign = steps(joinder)
        base = None
        print(f"{CLAIMANTS} claimants, {CLIENTS} clients; load of the machine {load()}")
        for what, step, mail in before_signing:
            before = cpu(joinder.postgres()), cpu(joinder.own())
            seconds = everybody(step, claimants)
            if mail:
                collect(folder, mail, claimants)
            used = [after - earlier for after, earlier in zip((cpu(joinder.postgres()), cpu(joinder.own())), before)]
            each = [1e6 * seconds_used / CLAIMANTS for seconds_used in used]
            base = base or sum(each)
            print(f"{what:18} {CLAIMANTS / seconds:7.0f}/s  Postgres {each[0]:6.0f} us  joinder {each[1]:6.0f} us"
                  f"{' with its mail' if mail else '':14}  CPU over a sign-up {sum(each) / base:5.1f}")
        compare(joinder, sign, claimants)
        signed = int(joinder.sql("SELECT count(*) FROM claimants WHERE state = 'signed'"))
        assert signed == CLAIMANTS, signed
        print(f"memory (PSS) of joinder after the last signature: {pss(joinder.own()):.0f} MiB")


def compare(joinder, sign, claimants):
    """Signs with the log held still and with the log at work, in turns."""
    while int(joinder.sql("SELECT count(*) FROM leases WHERE name LIKE 'log/%'")) == 0:
        time.sleep(0.2)
    rates = {"off": [], "on": []}
    for part, how in enumerate(["off", "on", "off", "on"]):
        mine = claimants[part::4]
        if how == "off":
            joinder.hold_log()
        before = cpu(joinder.postgres()), cpu(joinder.own())
        seconds = everybody(sign, mine)
        lasted = joinder.release_log() if how == "off" else joinder.log_is_over()
        collect(joinder.env["MAIL_DIR"], "receipt", mine)
        used = [1e6 * (after - earlier) / len(mine) for after, earlier in zip((cpu(joinder.postgres()), cpu(joinder.own())), before)]
        rates[how].append(len(mine) / seconds)
        print(f"sign, log {how:8} {len(mine) / seconds:7.0f}/s  Postgres {used[0]:6.0f} us  joinder {used[1]:6.0f} us with its mail, all entries in their places "
              f"{lasted:.1f} s after {'the log went on' if how == 'off' else 'the last signature'}")
    print(f"signing with the log over signing without: {sum(rates['on']) / sum(rates['off']):.2f}")


def everybody(step, claimants):
    """Does the step for all; seconds."""
    def share(mine):
        connection = http.client.HTTPConnection("127.0.0.1", PORT)
        for claimant in mine:
            step(claimant, connection)
        connection.close()

    began = time.time()
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(share, [claimants[place::CLIENTS] for place in range(CLIENTS)]))
    return time.time() - began


def collect(folder, kind, claimants):
    """Waits for one mail of the kind for each and keeps its token or code."""
    wanted = {"confirmation": r"/confirm/(\S+)", "otp": r"^Codice: (\d{6})$", "receipt": r"(\S+)"}[kind]
    found, seen, deadline = {}, set(), time.time() + 300
    while len(found) < len(claimants):
        assert time.time() < deadline, f"{len(found)} mails of kind {kind}"
        for path in set(glob.glob(f"{folder}/*.eml")) - seen:
            seen.add(path)
            mail = email.message_from_binary_file(open(path, "rb"), policy=email.policy.default)
            if mail["X-Joinder-Kind"] == kind:
                found[mail["To"]] = re.search(wanted, mail.get_body(("plain",)).get_content(), re.M).group(1)
        time.sleep(0.05)
    for path in seen:
        os.unlink(path)
    for claimant in claimants:
        claimant.mails = {kind: found[f"c{claimant.number}@example.org"]}


if __name__ == "__main__":
    main()
