//! The case of the tests: made up, small, in every way a sign-up needs.

/// As `joinder bootstrap --file` reads it.
pub(crate) const SEED: &str = r#"
mail_domains = ["gmail.com"]

[respondent]
slug = "italiaonline"
name = "Italiaonline S.p.A."
codice_fiscale = "03970540963"

[case]
slug = "libero-virgilio-2023"
title = "Libero e Virgilio fermi"
state = "open"
standard_texts = "1"
plans = [
  { code = "free", name = "Gratis", paid = false },
  { code = "plus", name = "A pagamento", paid = true, fee_cents = 1999, source = "S1" },
]

[[incident]]
slug = "gennaio-2023"
name = "Gennaio 2023"
starts_at = 2023-01-22T22:00:00+01:00
ends_at = 2023-01-28T23:59:59+01:00
accept_from = 2023-01-22
accept_until = 2023-02-03
domains = [
  { domain = "libero.it", treatment = "in_scope", source = "S1" },
  { domain = "giallo.it", treatment = "verify", source = "S1" },
  { domain = "tin.it", treatment = "review", source = "S1" },
  { domain = "pec.libero.it", treatment = "refuse", source = "S1" },
]

[[association]]
slug = "codacons"
name = "Codacons"
mode = "collection"
phone = "06 000000"
registers = { giustizia = { status = "active", reference = "TEST-1", checked_on = 2026-02-01 } }

[[association]]
slug = "altroconsumo"
name = "Altroconsumo"
mode = "collection"
registers = { giustizia = { status = "active", reference = "TEST-2", checked_on = 2026-02-01 } }

[[association]]
slug = "consumerismo"
name = "Consumerismo"
mode = "interest"

[[counsel]]
association = "codacons"
name = "Avvocato di prova"
codice_fiscale = "RSSMRA85C12H501J"
bar = "Roma"
pec = "avvocato@pec.codacons.example"
"#;

/// Its slug.
pub(crate) const CASE: &str = "libero-virgilio-2023";
