"""The journey of a partner with a client that openapi-python-client made from the served document.

Run by tests/it/clients.rs, which keeps events numbered, deliveries going and the clock of its server moving.
"""

import datetime
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from uuid import UUID

from joinder_client import AuthenticatedClient, Client
from joinder_client.api.partner import (
    add_webhook_endpoint,
    delete_webhook_endpoint,
    get_submission,
    list_partner_events,
    list_submissions,
    list_webhook_attempts,
    move_test_person,
    partner_statistics,
    ping_webhook_endpoint,
    sandbox_people,
    submit_claimant,
    submit_claimants,
)
from joinder_client.api.public import get_case
from joinder_client.models import (
    AttemptsResponse,
    BatchBody,
    BatchResponse,
    CaseResponse,
    ConsentInput,
    ContactInput,
    EventsResponse,
    InventedPeopleResponse,
    MailboxInput,
    NewEndpointBody,
    NewEndpointResponse,
    NoticeInput,
    PersonInput,
    PingResponse,
    Problem,
    ReceivedResponse,
    StatisticsResponse,
    SubmissionInput,
    SubmissionResponse,
    SubmissionsResponse,
    TransitionBody,
)

URL = os.environ["JOINDER_URL"]
CASE = os.environ["JOINDER_CASE"]
SHOWN_AT = datetime.datetime.fromisoformat(os.environ["JOINDER_SHOWN_AT"])
PATIENCE = 30


def of(kind, answer, status):
    """What was answered, of the type that the document says."""
    assert answer.status_code == status, (answer.status_code, answer.content)
    assert isinstance(answer.parsed, kind), answer.parsed
    return answer.parsed


def until(told):
    """Asks again until something is told."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = told()
        if found:
            return found
        time.sleep(0.1)
    raise TimeoutError(told.__name__)


class Receiver(BaseHTTPRequestHandler):
    got = []

    def do_POST(self):
        Receiver.got.append(self.headers["webhook-id"])
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def person(consents, name):
    return SubmissionInput(
        case=CASE,
        notice=NoticeInput(version="privacy-1", shown_at=SHOWN_AT),
        contact=ContactInput(email=f"{name}@own.example", language="it"),
        mailboxes=[MailboxInput(address=f"{name}@libero.it")],
        consents=consents,
    )


def main():
    anybody = Client(base_url=URL)
    partner = AuthenticatedClient(base_url=URL, token=os.environ["JOINDER_KEY"])

    case = of(CaseResponse, get_case.sync_detailed(CASE, client=anybody), 200)
    consents = [
        ConsentInput(purpose=text.purpose, text_version=text.text_version, given=True)
        for text in case.consents
        if text.required
    ]
    invented = of(InventedPeopleResponse, sandbox_people.sync_detailed(client=partner), 200).items
    assert len(invented) == 6

    # one, twice under the same key; and what is wrong is told by field
    first = person(consents, "python-1")
    first.person = PersonInput.from_dict(invented[0].to_dict())
    send = lambda body, key: submit_claimant.sync_detailed(client=partner, body=body, idempotency_key=key)
    received = of(ReceivedResponse, send(first, "python-1"), 201)
    assert isinstance(received.id, UUID) and len(received.reference) == 12 and received.state == "received"
    assert of(ReceivedResponse, send(first, "python-1"), 201) == received
    wrong = person(consents, "python-0")
    wrong.contact.email = "nobody"
    refused = of(Problem, send(wrong, "python-0"), 422)
    assert refused.type_ == "/problems/validation", refused
    assert [(field.pointer, field.code) for field in refused.errors] == [("/contact/email", "format")]
    # a key with a slip of the pen
    key = os.environ["JOINDER_KEY"]
    stranger = AuthenticatedClient(base_url=URL, token=key[:-1] + ("1" if key[-1] == "0" else "0"))
    assert of(Problem, sandbox_people.sync_detailed(client=stranger), 401).type_ == "/problems/key-malformed"

    # many
    batch = BatchBody(items=[person(consents, "python-2"), wrong, person(consents, "python-3")])
    told = submit_claimants.sync_detailed(client=partner, body=batch, idempotency_key="python-batch")
    items = of(BatchResponse, told, 200).items
    assert [item.status for item in items] == [201, 422, 201]
    assert isinstance(items[0].claimant, ReceivedResponse) and isinstance(items[1].problem, Problem)
    sent = [received.id, items[0].claimant.id, items[2].claimant.id]

    # read by cursor, two and then the rest; what is new is on a page after ten seconds
    def page(after, limit):
        answer = list_submissions.sync_detailed(client=partner, after=after, limit=limit)
        return of(SubmissionsResponse, answer, 200)

    until(lambda: len(page("", 50).items) == 3)
    two = page("", 2)
    rest = page(two.next_cursor, 2)
    assert len(two.items) == 2 and sorted(row.id for row in two.items + rest.items) == sorted(sent)
    assert page(rest.next_cursor, 2).items == []

    # move the first one on
    moved = move_test_person.sync_detailed(received.id, client=partner, body=TransitionBody(to="confirmed"))
    assert of(SubmissionResponse, moved, 200).state == "confirmed"
    back = move_test_person.sync_detailed(sent[1], client=partner, body=TransitionBody(to="signed"))
    assert of(Problem, back, 409).type_ == "/problems/illegal-transition"
    row = of(SubmissionResponse, get_submission.sync_detailed(received.id, client=partner), 200)
    assert row.state == "confirmed" and row.case == CASE and isinstance(row.created_at, datetime.datetime)

    # what happened
    def events():
        read = of(EventsResponse, list_partner_events.sync_detailed(client=partner, after="0"), 200)
        return read.items if len(read.items) == 4 else None

    found = until(events)
    assert [event.sequence for event in found] == [1, 2, 3, 4]
    assert (found[3].type_, found[3].claimant_id) == ("claimant.confirmed", received.id)

    # and told to a server
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    body = NewEndpointBody(url=f"http://127.0.0.1:{server.server_port}/hook")
    made = of(NewEndpointResponse, add_webhook_endpoint.sync_detailed(client=partner, body=body), 201)
    assert made.secret.startswith("whsec_") and made.enabled is True
    ping = of(PingResponse, ping_webhook_endpoint.sync_detailed(made.id, client=partner), 202)

    def attempts():
        return of(AttemptsResponse, list_webhook_attempts.sync_detailed(made.id, client=partner), 200).items

    attempt = until(attempts)[0]
    assert (attempt.message_id, attempt.type_, attempt.outcome, attempt.status) == (
        ping.message_id,
        "webhook.ping",
        "ok",
        204,
    )
    assert Receiver.got == [str(ping.message_id)]
    assert delete_webhook_endpoint.sync_detailed(made.id, client=partner).status_code == 204

    figures = of(StatisticsResponse, partner_statistics.sync_detailed(client=partner), 200)
    assert [case.case for case in figures.cases] == [CASE]
    print("the journey is done")


main()
