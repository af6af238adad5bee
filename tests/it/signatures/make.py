#!/usr/bin/env python3
"""Makes the corpus of signatures beside this file, with openssl and pyHanko (pip install pyhanko).

Usage: make.py [DECLARATION.pdf]   (as `joinder` prints it; default: declaration.pdf beside this file)
Most files are made of a PDF of one small page; those that begin with `declaration-` of the declaration.

All people are invented. The corpus is checked by tests/it/signatures.rs at the time in `expected.json`.
"""
import asyncio, base64, datetime as dt, io, json, os, subprocess, sys, tempfile, zlib
from pathlib import Path

from asn1crypto import algos, cms, core, crl, keys, ocsp, pem, tsp, x509 as ax
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as EKU, NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils import generic
from pyhanko.sign import fields, signers, timestamps
from pyhanko.sign.signers.pdf_cms import SimpleSigner
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

HERE = Path(__file__).parent
OUT = HERE / "files"
UTC = dt.timezone.utc
NOW = dt.datetime(2026, 11, 22, 12, tzinfo=UTC)
FROM, TO = dt.datetime(2024, 1, 1, tzinfo=UTC), dt.datetime(2044, 1, 1, tzinfo=UTC)
ROSSI, BIANCHI = "RSSMRA80A01H501U", "BNCLRA85T70Z404W"


def key():
    return rsa.generate_private_key(65537, 2048)


def name(common, serial=None):
    parts = [x509.NameAttribute(NameOID.COUNTRY_NAME, "IT"), x509.NameAttribute(NameOID.COMMON_NAME, common)]
    if serial:
        parts.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, serial))
    return x509.Name(parts)


def usage(*on):
    every = ("digital_signature content_commitment key_encipherment data_encipherment key_agreement "
             "key_cert_sign crl_sign encipher_only decipher_only").split()
    return x509.KeyUsage(**{one: one in on for one in every})


class Party:
    def __init__(self, common, by=None, serial=None, on=("content_commitment",), ca=False, depth=None, eku=None,
                 start=FROM, end=TO, own_key=None, hash_=hashes.SHA256(), critical=None, number=None):
        self.key = own_key or key()
        self.by = by or self
        subject = name(common, serial)
        builder = (x509.CertificateBuilder().subject_name(subject).public_key(self.key.public_key())
                   .issuer_name(self.by.cert.subject if by else subject)
                   .serial_number(number or x509.random_serial_number()).not_valid_before(start).not_valid_after(end)
                   .add_extension(x509.BasicConstraints(ca, depth), True).add_extension(usage(*on), True)
                   .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), False))
        if eku:
            builder = builder.add_extension(x509.ExtendedKeyUsage(eku), True)
        if critical:
            builder = builder.add_extension(x509.UnrecognizedExtension(x509.ObjectIdentifier(critical), b"\x05\x00"), True)
        self.cert = builder.sign(self.by.key, hash_)

    def der(self):
        return self.cert.public_bytes(serialization.Encoding.DER)

    def ax(self):
        return ax.Certificate.load(self.der())

    def key_ax(self):
        return keys.PrivateKeyInfo.load(self.key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))

    def pem(self, path, key_path):
        path.write_bytes(self.cert.public_bytes(serialization.Encoding.PEM))
        key_path.write_bytes(self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


def crl_of(ca, revoked=(), this=NOW - dt.timedelta(days=1), until=TO, held=()):
    builder = x509.CertificateRevocationListBuilder().issuer_name(ca.cert.subject).last_update(this).next_update(until)
    for party, when in revoked:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder().serial_number(party.cert.serial_number).revocation_date(when).build())
    for party, when in held:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder().serial_number(party.cert.serial_number).revocation_date(when)
            .add_extension(x509.CRLReason(x509.ReasonFlags.certificate_hold), False).build())
    return builder.sign(ca.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


CA = ["key_cert_sign", "crl_sign"]
root = Party("Prova Root CA", on=CA, ca=True)
sub = Party("Prova Sub CA", by=root, on=CA, ca=True, depth=0)
other_root = Party("Altra Root CA", on=CA, ca=True)
rossi = Party("MARIO ROSSI", sub, f"TINIT-{ROSSI}")
bianchi = Party("LARA BIANCHI", sub, f"IT:{BIANCHI}")
rossi_ec = Party("MARIO ROSSI", sub, f"TINIT-{ROSSI}", own_key=ec.generate_private_key(ec.SECP256R1()))
expired = Party("MARIO ROSSI", sub, f"TINIT-{ROSSI}", end=NOW - dt.timedelta(days=10))
early = Party("MARIO ROSSI", sub, f"TINIT-{ROSSI}", start=NOW + dt.timedelta(days=10))
revoked = Party("MARIO ROSSI", sub, f"TINIT-{ROSSI}")
held = Party("MARIO ROSSI", sub, f"TINIT-{ROSSI}")
unlisted = Party("MARIO ROSSI", root, f"TINIT-{ROSSI}")
self_signed = Party("MARIO ROSSI", None, f"TINIT-{ROSSI}")
stranger = Party("MARIO ROSSI", other_root, f"TINIT-{ROSSI}")
login = Party("MARIO ROSSI", sub, f"TINIT-{ROSSI}", on=("digital_signature",), eku=[EKU.CLIENT_AUTH])
server = Party("MARIO ROSSI", sub, f"TINIT-{ROSSI}", on=("content_commitment",), eku=[EKU.SERVER_AUTH])
nameless = Party("MARIO ROSSI", sub, None)
strange = Party("MARIO ROSSI", sub, f"TINIT-{ROSSI}", critical="1.2.3.4")
false_ca = Party("MARIO ROSSI", rossi, f"TINIT-{ROSSI}")  # issued by a person
deep_ca = Party("Terza CA", sub, on=CA, ca=True)  # sub allows no issuer below
deep = Party("MARIO ROSSI", deep_ca, f"TINIT-{ROSSI}")
weak_ca = Party("MARIO ROSSI", sub, f"TINIT-{ROSSI}", own_key=rsa.generate_private_key(65537, 1024))
tsa = Party("Prova TSA", root, on=("digital_signature",), eku=[EKU.TIME_STAMPING])
other_tsa = Party("Altra TSA", other_root, on=("digital_signature",), eku=[EKU.TIME_STAMPING])
responder = Party("Prova OCSP", sub, on=("digital_signature",), eku=[EKU.OCSP_SIGNING])
# the one that tests sign with while they run
live = Party("MARIO ROSSI", sub, "TINIT-RSSMRA85C12H501J", own_key=ec.generate_private_key(ec.SECP256R1()))

EXPECTED = {}


ISSUED = "issued.pdf"


def put(file, data, verdict, code=None, reason=None, comment="", **more):
    (OUT / file).write_bytes(data)
    EXPECTED[file] = {"issued": ISSUED, "verdict": verdict, "check": code, "reason": reason, "comment": comment, **more}


def algorithm(party, hash_="sha256", pss=False):
    if isinstance(party.key, ec.EllipticCurvePrivateKey):
        return {"algorithm": f"{hash_}_ecdsa"}
    if pss:
        return {"algorithm": "rsassa_pss", "parameters": algos.RSASSAPSSParams({
            "hash_algorithm": {"algorithm": hash_},
            "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": hash_}}, "salt_length": 32})}
    return {"algorithm": f"{hash_}_rsa"}


def raw_sign(party, data, hash_="sha256", pss=False):
    h = {"sha1": hashes.SHA1, "sha256": hashes.SHA256, "sha512": hashes.SHA512, "md5": hashes.MD5}[hash_]()
    if isinstance(party.key, ec.EllipticCurvePrivateKey):
        return party.key.sign(data, ec.ECDSA(h))
    if pss:
        return party.key.sign(data, padding.PSS(padding.MGF1(h), 32), h)
    return party.key.sign(data, padding.PKCS1v15(), h)


def digest(data, hash_="sha256"):
    import hashlib
    return hashlib.new(hash_, data).digest()


def signer_info(party, content, hash_="sha256", attrs=True, named="v2", named_cert=None, stamp=None, pss=False, kind="data"):
    info = {"version": "v1", "sid": cms.SignerIdentifier({"issuer_and_serial_number": cms.IssuerAndSerialNumber({
        "issuer": party.ax().issuer, "serial_number": party.ax().serial_number})}),
        "digest_algorithm": {"algorithm": hash_}, "signature_algorithm": algorithm(party, hash_, pss)}
    to_sign = content
    if attrs:
        cert = (named_cert or party).der()
        listed = [cms.CMSAttribute({"type": "content_type", "values": [kind]}),
                  cms.CMSAttribute({"type": "message_digest", "values": [digest(content, hash_)]}),
                  cms.CMSAttribute({"type": "signing_time", "values": [cms.Time({"utc_time": NOW - dt.timedelta(hours=1)})]})]
        if named == "v2":
            listed.append(cms.CMSAttribute({"type": "signing_certificate_v2", "values": [
                tsp.SigningCertificateV2({"certs": [tsp.ESSCertIDv2({"cert_hash": digest(cert)})]})]}))
        elif named == "v1":
            listed.append(cms.CMSAttribute({"type": "signing_certificate", "values": [
                tsp.SigningCertificate({"certs": [tsp.ESSCertID({"cert_hash": digest(cert, "sha1")})]})]}))
        info["signed_attrs"] = cms.CMSAttributes(listed)
        to_sign = info["signed_attrs"].dump()
    info["signature"] = raw_sign(party, to_sign, hash_, pss)
    if stamp:
        info["unsigned_attrs"] = cms.CMSAttributes([
            cms.CMSAttribute({"type": "signature_time_stamp_token", "values": [stamp(info["signature"])]})])
    return cms.SignerInfo(info)


def p7m(content, infos, parties, crls=(), detached=False, ocsps=(), kind="data", extra=(sub,)):
    encap = {"content_type": kind}
    if not detached:
        encap["content"] = core.ParsableOctetString(content) if kind != "data" else content
    certs = []
    for one in [*parties, *extra]:
        if one.ax() not in certs:
            certs.append(one.ax())
    revocation = [cms.RevocationInfoChoice("crl", crl.CertificateList.load(c)) for c in crls]
    revocation += [cms.RevocationInfoChoice("other", cms.OtherRevocationInfoFormat({
        "other_rev_info_format": "ocsp_response", "other_rev_info": ocsp.OCSPResponse.load(o)})) for o in ocsps]
    data = {"version": "v1" if kind == "data" else "v3", "digest_algorithms": [{"algorithm": i["digest_algorithm"]["algorithm"].native} for i in infos],
            "encap_content_info": encap, "certificates": [cms.CertificateChoices("certificate", c) for c in certs],
            "signer_infos": infos}
    if revocation:
        data["crls"] = cms.RevocationInfoChoices(revocation)
    return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(data)}).dump()


def stamp_by(party, at, of=None, crls=()):
    def make(signature):
        info = tsp.TSTInfo({"version": "v1", "policy": "1.2.3.4.1", "message_imprint": {
            "hash_algorithm": {"algorithm": "sha256"}, "hashed_message": digest(of or signature)},
            "serial_number": 7, "gen_time": at})
        content = info.dump()
        return cms.ContentInfo.load(p7m(content, [signer_info(party, content, kind="tst_info")], [party],
                                        kind="tst_info", extra=(), crls=crls))
    return make


SUB_CRL = crl_of(sub, revoked=[(revoked, NOW - dt.timedelta(days=3))], held=[(held, NOW - dt.timedelta(days=3))])
ROOT_CRL = crl_of(root)


def main():
    global ISSUED
    declaration = (Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "declaration.pdf").read_bytes()
    (HERE / "declaration.pdf").write_bytes(declaration)
    issued = small_pdf()
    (HERE / "issued.pdf").write_bytes(issued)
    OUT.mkdir(exist_ok=True)
    for old in OUT.iterdir():
        old.unlink()
    certificates(issued)
    messages(issued)
    pdfs(issued)
    ISSUED = "declaration.pdf"
    declarations(declaration)
    (HERE / "expected.json").write_text(json.dumps(
        {"checked_at": NOW.isoformat().replace("+00:00", "Z"), "signer": ROSSI, "files": EXPECTED}, indent=1) + "\n")
    total = sum(f.stat().st_size for f in OUT.iterdir())
    print(len(EXPECTED), "files,", total, "bytes")


def small_pdf():
    text = b"BT /F1 12 Tf 50 700 Td (Dichiaro un danno di 100 euro) Tj ET"
    bodies = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
              b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
              b"<</Length %d>>\nstream\n%s\nendstream" % (len(text), text),
              b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>", b"<</Title(Dichiarazione)/Producer(prova)>>"]
    out, places = b"%PDF-1.7\n", []
    for number, body in enumerate(bodies, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(bodies) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<</Size %d/Root 1 0 R/Info 6 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (len(bodies) + 1, start)
    return out


def declarations(issued):
    no_data = ("not_verifiable", "revocation", "no_revocation_data")
    good = sign_pdf(issued, rossi)
    put("declaration-good.pdf", good, *no_data, with_lists="valid")
    put("declaration-long-term.pdf", sign_pdf(issued, rossi, stamp=Stamper(NOW - dt.timedelta(days=1)), dss=True, use_pades_lta=True, box=(50, 50, 250, 120)),
        "valid", time="timestamp")
    put("declaration-appended-text.pdf", update(good, page_text), "invalid", "document", "appended_after")
    put("declaration-good.p7m", p7m(issued, [signer_info(rossi, issued)], [rossi], [SUB_CRL, ROOT_CRL]), "valid")


def page_text(writer):
    page = writer.root["/Pages"]["/Kids"][0]
    content = writer.add_object(generic.StreamObject(stream_data=b"q 1 1 1 rg 0 0 600 900 re f Q"))
    obj = page.get_object()
    obj["/Contents"] = generic.ArrayObject([obj.raw_get("/Contents"), content])
    writer.update_container(obj)


def certificates(_):
    text = root.cert.public_bytes(serialization.Encoding.PEM)
    (HERE / "anchors.pem").write_bytes(text)
    (HERE / "lists").mkdir(exist_ok=True)
    (HERE / "lists/sub.crl").write_bytes(SUB_CRL)
    (HERE / "lists/root.crl").write_bytes(ROOT_CRL)
    live.pem(HERE / "live-cert.pem", HERE / "live-key.pem")
    (HERE / "live-issuer.pem").write_bytes(sub.cert.public_bytes(serialization.Encoding.PEM))


def ocsp_answer(party, status="good", by=None, at=NOW - dt.timedelta(hours=1)):
    by = by or responder
    from cryptography.x509 import ocsp as co
    state = co.OCSPCertStatus.GOOD if status == "good" else co.OCSPCertStatus.REVOKED
    builder = co.OCSPResponseBuilder().add_response(
        cert=party.cert, issuer=party.by.cert, algorithm=hashes.SHA1(), cert_status=state, this_update=at,
        next_update=at + dt.timedelta(days=2), revocation_time=None if status == "good" else at - dt.timedelta(days=2),
        revocation_reason=None).responder_id(co.OCSPResponderEncoding.HASH, by.cert).certificates([by.cert])
    return builder.sign(by.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def indefinite(der_bytes):
    """The outer layers with indefinite lengths, the content in pieces, as some Italian programs write."""
    info = cms.ContentInfo.load(der_bytes)
    sd = info["content"]
    content = sd["encap_content_info"]["content"].native
    pieces = b"".join(core.OctetString(content[i:i + 1000]).dump() for i in range(0, len(content), 1000))
    encap = (b"\x30\x80" + core.ObjectIdentifier("1.2.840.113549.1.7.1").dump() + b"\xa0\x80\x24\x80" + pieces + b"\0\0\0\0\0\0")
    body = sd["version"].dump() + sd["digest_algorithms"].dump() + encap + sd["certificates"].dump()
    body += sd["crls"].dump() if sd["crls"] else b""
    body += sd["signer_infos"].dump()
    return (b"\x30\x80" + core.ObjectIdentifier("1.2.840.113549.1.7.2").dump() + b"\xa0\x80\x30\x80" + body + b"\0\0" * 3)


def messages(issued):
    listed = [SUB_CRL, ROOT_CRL]

    def one(party, **how):
        crls = how.pop("crls", listed)
        over = how.pop("over", issued)
        keep = {k: how.pop(k) for k in ("detached", "ocsps", "extra") if k in how}
        return p7m(over, [signer_info(party, over, **how)], [party], crls, **keep)

    good = one(rossi)
    put("good.p7m", good, "valid")
    as_text = base64.encodebytes(good)
    put("good.pem.p7m", b"-----BEGIN PKCS7-----\n" + as_text + b"-----END PKCS7-----\n", "valid")
    put("good.base64.p7m", base64.b64encode(good), "valid")
    put("indefinite.p7m", indefinite(good), "valid", comment="BER")
    put("ecdsa.p7m", one(rossi_ec), "valid")
    put("pss.p7m", one(rossi, pss=True), "valid")
    put("sha512.p7m", one(rossi, hash_="sha512"), "valid")
    put("named-v1.p7m", one(rossi, named="v1"), "valid")
    put("two-signers.p7m", p7m(issued, [signer_info(bianchi, issued), signer_info(rossi, issued)], [bianchi, rossi], listed), "valid")
    inner = one(bianchi)
    put("nested.p7m", one(rossi, over=inner), "valid")
    put("nested-too-deep.p7m", one(rossi, over=one(rossi, over=one(rossi, over=one(rossi, over=good)))), "invalid", "format", "too_complex")
    put("no-lists.p7m", one(rossi, crls=[]), "not_verifiable", "revocation", "no_revocation_data", with_lists="valid",
        comment="the lists of the house make it valid")
    put("ocsp.p7m", one(rossi, crls=[ROOT_CRL], ocsps=[ocsp_answer(rossi)]), "valid")
    put("ocsp-revoked.p7m", one(rossi, ocsps=[ocsp_answer(rossi, "revoked")]), "invalid", "revocation", "revoked")
    put("ocsp-by-stranger.p7m", one(rossi, crls=[ROOT_CRL], ocsps=[ocsp_answer(rossi, by=bianchi)]), "not_verifiable", "revocation", "no_revocation_data")
    put("ocsp-stale.p7m", one(rossi, crls=[ROOT_CRL], ocsps=[ocsp_answer(rossi, at=NOW - dt.timedelta(days=9))]), "not_verifiable", "revocation", "revocation_data_stale")
    put("stale-list.p7m", one(rossi, crls=[ROOT_CRL, crl_of(sub, this=NOW - dt.timedelta(days=9), until=NOW - dt.timedelta(days=2))]), "not_verifiable", "revocation", "revocation_data_stale")
    fake = crl_of(Party("Prova Sub CA", by=root, on=CA, ca=True), this=NOW - dt.timedelta(days=1))
    put("false-list.p7m", one(rossi, crls=[ROOT_CRL, fake]), "not_verifiable", "revocation", "no_revocation_data", comment="a list by the name of the issuer, not its key")
    put("expired.p7m", one(expired), "invalid", "validity", "expired")
    put("not-yet.p7m", one(early), "invalid", "validity", "not_yet_valid")
    put("revoked.p7m", one(revoked), "invalid", "revocation", "revoked")
    put("suspended.p7m", one(held), "invalid", "revocation", "suspended")
    put("self-signed.p7m", one(self_signed), "invalid", "chain", "self_signed")
    put("wrong-ca.p7m", one(stranger, extra=(other_root,)), "not_verifiable", "chain", "unknown_issuer")
    put("issued-by-a-person.p7m", one(false_ca, extra=(rossi, sub)), "invalid", "chain", "chain_broken")
    put("too-long-a-chain.p7m", one(deep, extra=(deep_ca, sub)), "invalid", "chain", "chain_broken")
    put("unknown-critical.p7m", one(strange), "invalid", "chain", "chain_broken")
    put("wrong-person.p7m", one(bianchi), "invalid", "person", "another_person")
    put("nameless.p7m", one(nameless), "not_verifiable", "person", "no_codice_fiscale")
    put("login-certificate.p7m", one(login), "not_verifiable", "key_usage", "for_authentication")
    put("server-certificate.p7m", one(server), "invalid", "key_usage", "not_for_signing")
    put("sha1.p7m", one(rossi, hash_="sha1"), "invalid", "algorithm", "weak_algorithm")
    put("md5.p7m", one(rossi, hash_="md5"), "invalid", "algorithm", "weak_algorithm")
    put("short-key.p7m", one(weak_ca), "invalid", "algorithm", "weak_algorithm")
    put("no-attributes.p7m", one(rossi, attrs=False), "not_verifiable", "certificate", "certificate_not_named")
    put("not-named.p7m", one(rossi, named=None), "not_verifiable", "certificate", "certificate_not_named")
    put("another-named.p7m", one(rossi, named_cert=bianchi), "invalid", "certificate", "another_certificate")
    put("no-certificate.p7m", p7m(issued, [signer_info(rossi, issued)], [], listed), "not_verifiable", "certificate", "certificate_missing")
    put("detached.p7m", one(rossi, detached=True), "invalid", "format", "no_content_inside")
    altered = bytearray(good)
    at = altered.find(b"%PDF-") + len(issued) // 2
    altered[at] ^= 1
    put("altered.p7m", bytes(altered), "invalid", "document", "another_document")
    put("another-document.p7m", one(rossi, over=b"%PDF-1.7\nanother one\n"), "invalid", "document", "another_document")
    put("altered-signature.p7m", good.replace(cms.ContentInfo.load(good)["content"]["signer_infos"][0]["signature"].native[:40], b"\1" * 40), "invalid", "integrity", "wrong_signature")
    # what is signed says another hash, the content is ours
    put("changed-content.p7m", p7m(issued, [signer_info(rossi, issued + b" ")], [rossi], listed), "invalid", "integrity", "content_changed")
    put("truncated.p7m", good[:-300], "invalid", "format", "malformed")
    put("appended.p7m", good + b"more", "invalid", "format", "appended_after")
    put("no-signature.p7m", p7m(issued, [], [rossi], listed), "invalid", "format", "not_signed")
    put("text.p7m", b"I sign this", "invalid", "format", "not_a_signature")
    put("huge-length.p7m", b"\x30\x84\xff\xff\xff\xff" + good[4:900], "invalid", "format", "malformed")
    put("deep.p7m", b"\x30\x80" * 20000, "invalid", "format", "malformed")
    # time stamps
    day = dt.timedelta(days=1)
    put("timestamped.p7m", one(rossi, stamp=stamp_by(tsa, NOW - day, crls=[ROOT_CRL])), "valid", time="timestamp")
    put("timestamped-then-expired.p7m", one(expired, crls=[ROOT_CRL, crl_of(sub, this=NOW - 12 * day)], stamp=stamp_by(tsa, NOW - 20 * day)), "valid", time="timestamp")
    put("timestamped-then-revoked.p7m", one(revoked, stamp=stamp_by(tsa, NOW - 20 * day)), "valid", time="timestamp")
    put("timestamp-of-another.p7m", one(rossi, stamp=stamp_by(tsa, NOW - day, of=b"another")), "invalid", "timestamp", "timestamp_wrong")
    put("timestamp-by-stranger.p7m", one(expired, stamp=stamp_by(other_tsa, NOW - 20 * day)), "invalid", "validity", "expired", comment="a stamp by nobody we know proves no time")
    put("timestamp-ahead.p7m", one(rossi, stamp=stamp_by(tsa, NOW + 2 * day)), "invalid", "timestamp", "timestamp_wrong")
    openssl(issued)


def openssl(issued):
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        rossi.pem(folder / "c.pem", folder / "k.pem")
        (folder / "sub.pem").write_bytes(sub.cert.public_bytes(serialization.Encoding.PEM))
        (folder / "root.pem").write_bytes(root.cert.public_bytes(serialization.Encoding.PEM))
        (folder / "doc").write_bytes(issued)
        for file, outform, more in [("openssl.p7m", "DER", []), ("openssl.pem.p7m", "PEM", []), ("openssl-stream.p7m", "DER", ["-stream"])]:
            subprocess.run(["openssl", "cms", "-sign", "-cades", "-binary", "-nodetach", "-in", folder / "doc", "-signer", folder / "c.pem",
                            "-inkey", folder / "k.pem", "-certfile", folder / "sub.pem", "-outform", outform, "-out", folder / "out",
                            "-md", "sha256", *more], check=True)
            put(file, (folder / "out").read_bytes(), "not_verifiable", "revocation", "no_revocation_data", with_lists="valid")
        out = subprocess.run(["openssl", "cms", "-verify", "-inform", "DER", "-in", OUT / "good.p7m", "-CAfile", folder / "root.pem",
                              "-purpose", "any", "-out", folder / "content", "-attime", str(int(NOW.timestamp()))], capture_output=True, text=True)
        print("openssl cms -verify good.p7m:", out.stderr.strip(), (folder / "content").read_bytes() == issued)


class Stamper(timestamps.TimeStamper):
    def __init__(self, at):
        super().__init__()
        self.at = at

    async def async_timestamp(self, message_digest, md_algorithm):
        info = tsp.TSTInfo({"version": "v1", "policy": "1.2.3.4.1", "message_imprint": {
            "hash_algorithm": {"algorithm": md_algorithm}, "hashed_message": message_digest}, "serial_number": 8, "gen_time": self.at})
        content = info.dump()
        return cms.ContentInfo.load(p7m(content, [signer_info(tsa, content, kind="tst_info")], [tsa], kind="tst_info", extra=()))

    async def async_dummy_response(self, md_algorithm):
        return await self.async_timestamp(digest(b"x", md_algorithm), md_algorithm)


def signer_of(party):
    store = SimpleCertificateStore()
    store.register_multiple([sub.ax(), root.ax()])
    return SimpleSigner(signing_cert=party.ax(), signing_key=party.key_ax(), cert_registry=store)


def context(crls, extra=()):
    return ValidationContext(trust_roots=[root.ax()], other_certs=[sub.ax(), *(e.ax() for e in extra)], crls=list(crls),
                             allow_fetching=False, moment=NOW, revocation_mode="soft-fail")


def sign_pdf(data, party, field="Signature1", stamp=None, box=None, cades=True, dss=False, crls=(SUB_CRL, ROOT_CRL), **more):
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    spec = fields.SigFieldSpec(field, box=box) if box else fields.SigFieldSpec(field)
    meta = signers.PdfSignatureMetadata(
        field_name=field, md_algorithm="sha256", subfilter=fields.SigSeedSubFilter.PADES if cades else fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED,
        embed_validation_info=dss, validation_context=context(crls) if dss else None, **more)
    pdf_signer = signers.PdfSigner(meta, signer=signer_of(party), timestamper=stamp, new_field_spec=spec)
    return asyncio.run(pdf_signer.async_sign_pdf(writer)).getvalue()


def update(data, change):
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def pdfs(issued):
    need = dict(with_lists="valid")
    no_data = ("not_verifiable", "revocation", "no_revocation_data")
    good = sign_pdf(issued, rossi)
    put("good.pdf", good, *no_data, **need)
    put("adobe.pdf", sign_pdf(issued, rossi, cades=False), *no_data, **need)
    put("visible.pdf", sign_pdf(issued, rossi, box=(50, 50, 250, 120)), *no_data, **need)
    put("with-dss.pdf", sign_pdf(issued, rossi, dss=True), "valid")
    put("timestamped.pdf", sign_pdf(issued, rossi, stamp=Stamper(NOW - dt.timedelta(days=1))), *no_data, **need, time="timestamp")
    long_term = sign_pdf(issued, rossi, stamp=Stamper(NOW - dt.timedelta(days=1)), dss=True, use_pades_lta=True)
    put("long-term.pdf", long_term, "valid", time="timestamp", comment="DSS and document time stamp after the signature")
    twice = sign_pdf(sign_pdf(issued, bianchi), rossi, field="Signature2")
    put("two-signers.pdf", twice, *no_data, **need)
    put("wrong-person.pdf", sign_pdf(issued, bianchi), "invalid", "person", "another_person")
    put("expired.pdf", sign_pdf(issued, expired), "invalid", "validity", "expired")
    put("revoked.pdf", sign_pdf(issued, revoked, crls=()), "not_verifiable", "revocation", "no_revocation_data", with_lists="invalid")
    put("self-signed.pdf", sign_pdf(issued, self_signed), "invalid", "chain", "self_signed")
    put("unsigned.pdf", issued, "invalid", "format", "not_signed")
    put("truncated.pdf", good[:-4000], "invalid", "format", "malformed")
    altered = bytearray(good)
    altered[len(issued) // 2] ^= 1
    put("altered.pdf", bytes(altered), "invalid", "document", "rewritten")
    altered = bytearray(good)
    at = good.index(b"/Reason") if b"/Reason" in good[len(issued):] else good.rindex(b"/M (") + 6
    altered[at] = altered[at] ^ 1
    put("altered-after.pdf", bytes(altered), "invalid", "integrity", "content_changed")
    tail = b"\n% more, after the signature\n"
    put("appended-bytes.pdf", good + tail, "invalid", "format", "malformed")
    p7 = p7m(good, [signer_info(rossi, good)], [rossi], [SUB_CRL, ROOT_CRL])
    put("signed-pdf-in.p7m", p7, "not_verifiable", "revocation", "no_revocation_data", with_lists="valid")

    put("appended-text.pdf", update(good, page_text), "invalid", "document", "appended_after", comment="a page painted over after signing")
    put("changed-then-signed.pdf", sign_pdf(update(issued, page_text), rossi), "invalid", "document", "altered")

    def annotation(writer):
        page = writer.root["/Pages"]["/Kids"][0].get_object()
        note = writer.add_object(generic.DictionaryObject({
            generic.pdf_name("/Type"): generic.pdf_name("/Annot"), generic.pdf_name("/Subtype"): generic.pdf_name("/FreeText"),
            generic.pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, (10, 10, 90, 90))),
            generic.pdf_name("/Contents"): generic.TextStringObject("no damage at all")}))
        page["/Annots"] = generic.ArrayObject([*page.get("/Annots", []), note])
        writer.update_container(page)
    put("note-then-signed.pdf", sign_pdf(update(issued, annotation), rossi), "invalid", "document", "altered")
    put("signed-then-note.pdf", update(good, annotation), "invalid", "document", "appended_after")

    def action(writer):
        writer.root["/OpenAction"] = generic.DictionaryObject({
            generic.pdf_name("/S"): generic.pdf_name("/JavaScript"), generic.pdf_name("/JS"): generic.TextStringObject("app.alert(1)")})
        writer.update_root()
    put("script-then-signed.pdf", sign_pdf(update(issued, action), rossi), "invalid", "document", "altered")
    put("shadow.pdf", shadow(issued, good), "invalid", "document", "appended_after", comment="a page replaced after signing, the old one hidden")
    put("covering-mark.pdf", sign_pdf(issued, rossi, box=(0, 0, 595, 842)), "invalid", "document", "altered", comment="a mark as large as the page")
    stripped = good.replace(b"/ByteRange [0 ", b"/ByteRange [1 ")
    put("range-not-from-0.pdf", stripped, "invalid", "format", "malformed")
    put("hidden-in-gap.pdf", hidden(good), "invalid", None, None, comment="bytes in the gap that are no zeros")
    put("rewritten.pdf", rewritten(good), "invalid", "document", "rewritten")
    by_hand_files(issued, good)
    put("another.pdf", b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n", "invalid", "document", "another_document")


def by_hand(data, objects, free=()):
    """An incremental update with a classic cross-reference table, written byte by byte."""
    before = int(data[data.rindex(b"startxref") + 9:].split()[0])
    size = max([40, *objects]) + 1
    out, places = data if data.endswith(b"\n") else data + b"\n", {}
    for number, body in objects.items():
        places[number] = len(out)
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n"
    for number in sorted([*places, *free]):
        line = b"%010d 00000 n \n" % places[number] if number in places else b"0000000000 00001 f \n"
        out += b"%d 1\n%s" % (number, line)
    return out + b"trailer\n<</Size %d/Root 1 0 R/Info 6 0 R/Prev %d>>\nstartxref\n%d\n%%%%EOF\n" % (size, before, start)


def by_hand_files(issued, good):
    after = ("invalid", "document", "appended_after")
    text = b"BT /F1 12 Tf 50 700 Td (Dichiaro un danno di 900 euro) Tj ET"
    stream = b"<</Length %d>>\nstream\n%s\nendstream" % (len(text), text)
    put("content-of-the-same-length.pdf", by_hand(good, {4: stream}), *after)
    put("content-then-signed.pdf", sign_pdf(by_hand(issued, {4: stream}), rossi), "invalid", "document", "altered")
    put("content-taken-away.pdf", by_hand(good, {}, free=[4]), *after)
    put("font-replaced.pdf", by_hand(good, {5: b"<</Type/Font/Subtype/Type1/BaseFont/Symbol>>"}), *after)
    put("title-replaced.pdf", by_hand(good, {6: b"<</Title(Rinuncia)/Producer(prova)>>"}), *after)
    put("nothing-that-matters.pdf", by_hand(good, {30: b"<</Hidden(true)>>"}), *after, comment="an object nobody refers to")
    hole = by_hand(good, {30: b"<<>>"})
    at = hole.rindex(b"xref\n30 1")
    hole = hole[:at] + b"hidden " + hole[at:].replace(b"startxref\n%d" % at, b"startxref\n%d" % (at + 7))
    put("bytes-between-objects.pdf", hole, "invalid", "format", "malformed")
    put("many-marks.pdf", sign_pdf(sign_pdf(issued, bianchi, box=(0, 0, 300, 300)), rossi, field="Signature2", box=(0, 300, 300, 600)),
        "invalid", "document", "altered", comment="marks that together hide what one may not")


def shadow(issued, good):
    def replace(writer):
        pages = writer.root["/Pages"]
        kids = pages["/Kids"]
        old = kids[0].get_object()
        new = generic.DictionaryObject(old)
        new["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"BT ET"))
        kids[0] = writer.add_object(new)
        writer.update_container(kids)
        writer.update_container(pages)
    return update(good, replace)


def hidden(good):
    at = good.rindex(b"0000000000>")
    changed = bytearray(good)
    changed[at:at + 10] = b"4142434445"
    return bytes(changed)


def rewritten(good):
    from pyhanko.pdf_utils.reader import PdfFileReader
    from pyhanko.pdf_utils.writer import copy_into_new_writer
    out = io.BytesIO()
    copy_into_new_writer(PdfFileReader(io.BytesIO(good))).write(out)
    return out.getvalue()


main()
