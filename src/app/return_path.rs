//! The return path of a mail: an address of ours that only we can have written, so that what comes
//! back to it tells which mail it is about.

use data_encoding::BASE32_DNSSEC;
use uuid::Uuid;

use crate::app::ctx::Ctx;
use crate::crypto::token;

/// Bytes of the proof in a tag: 80 bits.
const PROOF: usize = 10;

/// The sender of a mail's envelope: `bounces+<tag>@example.org`. The tag is the mail's id and a keyed
/// hash of it, 42 characters of base32hex; it names nobody.
///
/// *source*: RFC 5321, 4.5.3.1.1: at most 64 characters before the `@`.
pub(in crate::app) fn of_mail(ctx: &Ctx, mail: Uuid) -> String {
    let bytes = [mail.as_bytes().as_slice(), &proof(ctx, mail)].concat();
    let tag = BASE32_DNSSEC.encode(&bytes);
    let (local, domain) = ctx
        .settings
        .bounce_address
        .split_once('@')
        .unwrap_or(("bounces", "joinder.example"));
    format!("{local}+{tag}@{domain}")
}

/// The mail of a tag, if we made the tag.
pub(in crate::app) fn mail_of(ctx: &Ctx, tag: &str) -> Option<Uuid> {
    let bytes = BASE32_DNSSEC.decode(tag.as_bytes()).ok()?;
    let (mail, given) = bytes.split_first_chunk::<16>()?;
    let mail = Uuid::from_bytes(*mail);
    token::same(given, &proof(ctx, mail)).then_some(mail)
}

fn proof(ctx: &Ctx, mail: Uuid) -> [u8; PROOF] {
    let place = mail.simple().to_string();
    let hash = ctx.keyring.index.platform_hash("return path", &place);
    let mut proof = [0; PROOF];
    for (to, from) in proof.iter_mut().zip(hash) {
        *to = from;
    }
    proof
}
