//! What each mailbox suffered in each incident: holder, plan, use, window, compensation, items.

use std::{collections::HashSet, fmt};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    super::{
        field::{FieldCode, FieldErrors, ValueError, filled},
        mailbox_address::MailboxAddress,
        outage::days_touched,
    },
    DamageItem, DeclarationInput, DeclarationRules, DeclaredIncidentInput, DeclaredMailboxInput,
    IncidentRule, MOST, PlanRule, UseInput, day, item, note,
};

/// What a mailbox was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Use {
    /// Private mail.
    Private,
    /// Dealings with public bodies.
    PublicBodies,
    /// Work.
    Work,
}

impl Use {
    /// All uses, sorted by their words.
    pub const ALL: [Self; 3] = [Self::Private, Self::PublicBodies, Self::Work];

    /// Name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::PublicBodies => "public_bodies",
            Self::Work => "work",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|used| used.as_str() == text)
    }
}

/// What the company gave already (R35); never reduces the claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compensation {
    /// Nothing.
    None,
    /// More space.
    ExtraSpace,
    /// Months of a paid plan.
    FreeMonths,
    /// Something else.
    Other,
}

impl Compensation {
    /// All kinds, in the order of the form.
    pub const ALL: [Self; 4] = [Self::None, Self::ExtraSpace, Self::FreeMonths, Self::Other];

    /// Name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ExtraSpace => "extra_space",
            Self::FreeMonths => "free_months",
            Self::Other => "other",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// One mailbox and the incidents it suffered.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredMailbox {
    address: MailboxAddress,
    incidents: Vec<DeclaredIncident>,
}

impl DeclaredMailbox {
    /// Its address.
    pub fn address(&self) -> &MailboxAddress {
        &self.address
    }

    /// The incidents it suffered, 1 to 20, each once.
    pub fn incidents(&self) -> &[DeclaredIncident] {
        &self.incidents
    }
}

/// One mailbox in one incident: a line of the claim (R31).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeclaredIncident {
    slug: String,
    name: String,
    plan: String,
    plan_name: String,
    plan_paid: bool,
    unavailable_from: NaiveDate,
    unavailable_until: NaiveDate,
    outside_window: bool,
    #[serde(rename = "use")]
    used_for: Vec<Use>,
    last_use: Option<NaiveDate>,
    fee_paid_cents: Option<i64>,
    compensation_received: Compensation,
    compensation_note: Option<String>,
    holder: bool,
    holder_note: Option<String>,
    restored: bool,
    late_mail: bool,
    items: Vec<DamageItem>,
}

impl DeclaredIncident {
    /// Slug of the incident.
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// Name of the incident as it was shown.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Code of the plan at the time.
    pub fn plan(&self) -> &str {
        &self.plan
    }

    /// Name of the plan as it was shown.
    pub fn plan_name(&self) -> &str {
        &self.plan_name
    }

    /// Whether the plan cost money: proof is asked for (R34).
    pub fn plan_is_paid(&self) -> bool {
        self.plan_paid
    }

    /// First day without service.
    pub fn unavailable_from(&self) -> NaiveDate {
        self.unavailable_from
    }

    /// Last day without service, included.
    pub fn unavailable_until(&self) -> NaiveDate {
        self.unavailable_until
    }

    /// Calendar days without service, both ends included (R33); at least 1.
    pub fn days(&self) -> i64 {
        days_touched(self.unavailable_from, self.unavailable_until)
    }

    /// Whether the window leaves the accepted range of the incident (R32).
    pub fn is_outside_window(&self) -> bool {
        self.outside_window
    }

    /// What the mailbox was for, sorted, each once, at least one.
    pub fn used_for(&self) -> &[Use] {
        &self.used_for
    }

    /// Day of the last use before the outage.
    pub fn last_use(&self) -> Option<NaiveDate> {
        self.last_use
    }

    /// Fee paid for the plan, euro cents.
    pub fn fee_paid_cents(&self) -> Option<i64> {
        self.fee_paid_cents
    }

    /// What the company gave already (R35).
    pub fn compensation_received(&self) -> Compensation {
        self.compensation_received
    }

    /// What was received, at most 500 characters.
    pub fn compensation_note(&self) -> Option<&str> {
        self.compensation_note.as_deref()
    }

    /// Whether the claimant held the mailbox at the time; if not, there is a note.
    pub fn holder(&self) -> bool {
        self.holder
    }

    /// Who held it and why the claimant claims.
    pub fn holder_note(&self) -> Option<&str> {
        self.holder_note.as_deref()
    }

    /// Whether the mailbox works again.
    pub fn restored(&self) -> bool {
        self.restored
    }

    /// Whether mail came late.
    pub fn late_mail(&self) -> bool {
        self.late_mail
    }

    /// What is asked for, 1 to 20.
    pub fn items(&self) -> &[DamageItem] {
        &self.items
    }

    /// Sum of the amounts of this line, euro cents.
    pub fn total_cents(&self) -> i64 {
        self.items
            .iter()
            .filter_map(DamageItem::amount_cents)
            .fold(0, i64::saturating_add)
    }

    /// Items of this line without an amount: sums to be found in equity (art. 1226 c.c.).
    pub fn open_items(&self) -> usize {
        let items = self.items.iter();
        items.filter(|item| item.amount_cents().is_none()).count()
    }
}

/// Reads the mailboxes; what is wrong is noted in `errors` and left out.
pub(super) fn parse_all(
    input: &DeclarationInput,
    rules: &DeclarationRules,
    errors: &mut FieldErrors,
) -> Vec<DeclaredMailbox> {
    let typed = input.mailboxes.as_deref().unwrap_or_default();
    if typed.is_empty() {
        errors.push(
            "/mailboxes",
            FieldCode::Required,
            "error-declared-mailbox-required",
        );
    }
    if typed.len() > MOST {
        errors.push(
            "/mailboxes",
            FieldCode::OutOfRange,
            "error-mailbox-too-many",
        );
    }
    let mut mailboxes = Vec::new();
    let mut named = HashSet::new();
    for (position, typed) in typed.iter().take(MOST).enumerate() {
        let pointer = format!("/mailboxes/{position}");
        let address = address(typed, rules).and_then(|address| {
            if named.insert(address.clone()) {
                Ok(address)
            } else {
                Err(ValueError::new(
                    FieldCode::Format,
                    "error-declared-mailbox-twice",
                ))
            }
        });
        let address = errors.take(format!("{pointer}/address"), address);
        let incidents = incidents(typed, rules, errors, &format!("{pointer}/incidents"));
        mailboxes.extend(address.map(|address| DeclaredMailbox { address, incidents }));
    }
    mailboxes
}

/// A mailbox that this claimant registered, and no alias (R29).
fn address(
    typed: &DeclaredMailboxInput,
    rules: &DeclarationRules,
) -> Result<MailboxAddress, ValueError> {
    let text = filled(typed.address.as_deref()).ok_or(ValueError::new(
        FieldCode::Required,
        "error-declared-mailbox-required",
    ))?;
    let address = MailboxAddress::parse(text)?;
    match rules.mailboxes.iter().find(|own| own.address == address) {
        None => Err(ValueError::new(
            FieldCode::UnknownValue,
            "error-declared-mailbox-unknown",
        )),
        Some(own) if own.is_alias => Err(ValueError::new(
            FieldCode::UnknownValue,
            "error-declared-mailbox-alias",
        )),
        Some(_) => Ok(address),
    }
}

fn incidents(
    typed: &DeclaredMailboxInput,
    rules: &DeclarationRules,
    errors: &mut FieldErrors,
    pointer: &str,
) -> Vec<DeclaredIncident> {
    let typed = typed.incidents.as_deref().unwrap_or_default();
    if typed.is_empty() {
        errors.push(pointer, FieldCode::Required, "error-incident-required");
    }
    if typed.len() > MOST {
        errors.push(pointer, FieldCode::OutOfRange, "error-incident-too-many");
    }
    let mut incidents = Vec::new();
    let mut named = HashSet::new();
    for (position, typed) in typed.iter().take(MOST).enumerate() {
        let pointer = format!("{pointer}/{position}");
        let rule = incident_rule(typed, rules).and_then(|rule| {
            if named.insert(&rule.slug) {
                Ok(rule)
            } else {
                Err(ValueError::new(FieldCode::Format, "error-incident-twice"))
            }
        });
        let rule = errors.take(format!("{pointer}/slug"), rule);
        incidents.extend(incident(typed, rule, rules, errors, &pointer));
    }
    incidents
}

fn incident(
    typed: &DeclaredIncidentInput,
    rule: Option<&IncidentRule>,
    rules: &DeclarationRules,
    errors: &mut FieldErrors,
    pointer: &str,
) -> Option<DeclaredIncident> {
    let at = |field: &str| format!("{pointer}/{field}");
    let plan = errors.take(at("plan"), plan(typed, rules));
    let window = window(typed, rule, rules.today, errors, pointer);
    let last_use = errors.take(at("last_use"), last_use(typed, window, rules.today));
    let used_for = used_for(typed, errors, &at("use"));
    let fee = errors.take(at("fee_paid_cents"), item::cents(typed.fee_paid_cents));
    let compensation = errors.take(at("compensation_received"), compensation(typed));
    let compensation_note = note(typed.compensation_note.as_deref());
    let compensation_note = errors.take(at("compensation_note"), compensation_note);
    let holder_note = errors.take(at("holder_note"), note(typed.holder_note.as_deref()));
    let holder = typed.holder.unwrap_or(true);
    if !holder && holder_note == Some(None) {
        errors.push(at("holder"), FieldCode::NotAccepted, "error-holder");
    }
    let items = item::parse_all(
        typed.items.as_deref(),
        &rules.documents,
        errors,
        &at("items"),
    );
    let (rule, plan, (from, until)) = (rule?, plan?, window?);
    Some(DeclaredIncident {
        slug: rule.slug.clone(),
        name: rule.name.clone(),
        plan: plan.code.clone(),
        plan_name: plan.name.clone(),
        plan_paid: plan.paid,
        unavailable_from: from,
        unavailable_until: until,
        outside_window: from < rule.accept_from || until > rule.accept_until,
        used_for: used_for?,
        last_use: last_use?,
        fee_paid_cents: fee?,
        compensation_received: compensation?,
        compensation_note: compensation_note?,
        holder,
        holder_note: holder_note?,
        restored: typed.restored.unwrap_or(rule.last_day.is_some()),
        late_mail: typed.late_mail.unwrap_or(false),
        items,
    })
}

fn incident_rule<'rules>(
    typed: &DeclaredIncidentInput,
    rules: &'rules DeclarationRules,
) -> Result<&'rules IncidentRule, ValueError> {
    let slug = filled(typed.slug.as_deref()).ok_or(ValueError::new(
        FieldCode::Required,
        "error-incident-required",
    ))?;
    let known = rules.incidents.iter().find(|rule| rule.slug == slug);
    known.ok_or(ValueError::new(
        FieldCode::UnknownValue,
        "error-incident-unknown",
    ))
}

/// R34: the plan at the time is asked of everybody; which one never refuses anybody.
fn plan<'rules>(
    typed: &DeclaredIncidentInput,
    rules: &'rules DeclarationRules,
) -> Result<&'rules PlanRule, ValueError> {
    let code = filled(typed.plan.as_deref())
        .ok_or(ValueError::new(FieldCode::Required, "error-plan-required"))?;
    let known = rules.plans.iter().find(|plan| plan.code == code);
    known.ok_or(ValueError::new(
        FieldCode::UnknownValue,
        "error-plan-unknown",
    ))
}

/// First and last day without service; the whole outage, as far as it has gone, when neither was told.
fn window(
    typed: &DeclaredIncidentInput,
    rule: Option<&IncidentRule>,
    today: NaiveDate,
    errors: &mut FieldErrors,
    pointer: &str,
) -> Option<(NaiveDate, NaiveDate)> {
    let from_at = format!("{pointer}/unavailable_from");
    let until_at = format!("{pointer}/unavailable_until");
    let from = day::past(typed.unavailable_from.as_deref(), today);
    let until = day::past(typed.unavailable_until.as_deref(), today);
    let from = errors.take(from_at.as_str(), from);
    let until = errors.take(until_at.as_str(), until);
    match (from?, until?) {
        (None, None) => {
            let rule = rule?;
            let last = rule.last_day.unwrap_or(today).min(today);
            Some((rule.first_day, last.max(rule.first_day)))
        }
        (Some(_), None) => {
            errors.push(until_at, FieldCode::Required, "error-window-until-required");
            None
        }
        (None, Some(_)) => {
            errors.push(from_at, FieldCode::Required, "error-window-from-required");
            None
        }
        (Some(from), Some(until)) if from > until => {
            errors.push(until_at, FieldCode::OutOfRange, "error-window-order");
            None
        }
        (Some(from), Some(until)) => Some((from, until)),
    }
}

fn last_use(
    typed: &DeclaredIncidentInput,
    window: Option<(NaiveDate, NaiveDate)>,
    today: NaiveDate,
) -> Result<Option<NaiveDate>, ValueError> {
    let last_use = day::past(typed.last_use.as_deref(), today)?;
    match (last_use, window) {
        (Some(last_use), Some((_, until))) if last_use > until => Err(ValueError::new(
            FieldCode::OutOfRange,
            "error-last-use-late",
        )),
        _ => Ok(last_use),
    }
}

/// The uses, sorted, each once.
fn used_for(
    typed: &DeclaredIncidentInput,
    errors: &mut FieldErrors,
    pointer: &str,
) -> Option<Vec<Use>> {
    let (words, is_list) = match &typed.used_for {
        None => (&[][..], false),
        Some(UseInput::One(word)) => (std::slice::from_ref(word), false),
        Some(UseInput::Many(words)) => (words.as_slice(), true),
    };
    let mut used: Vec<Use> = Vec::new();
    let mut all_known = true;
    for (position, word) in words.iter().enumerate().take(MOST) {
        match (filled(Some(word.as_str())), Use::parse(word.trim())) {
            (None, _) => {}
            (Some(_), Some(known)) => used.push(known),
            (Some(_), None) => {
                all_known = false;
                let place = if is_list {
                    format!("{pointer}/{position}")
                } else {
                    pointer.to_owned()
                };
                errors.push(place, FieldCode::UnknownValue, "error-use-unknown");
            }
        }
    }
    if used.is_empty() && all_known {
        errors.push(pointer, FieldCode::Required, "error-use-required");
        return None;
    }
    used.sort_unstable();
    used.dedup();
    all_known.then_some(used)
}

fn compensation(typed: &DeclaredIncidentInput) -> Result<Compensation, ValueError> {
    let word = filled(typed.compensation_received.as_deref()).ok_or(ValueError::new(
        FieldCode::Required,
        "error-compensation-required",
    ))?;
    Compensation::parse(word).ok_or(ValueError::new(
        FieldCode::UnknownValue,
        "error-compensation-unknown",
    ))
}

impl fmt::Debug for DeclaredMailbox {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DeclaredMailbox(..)")
    }
}

impl fmt::Debug for DeclaredIncident {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("DeclaredIncident(..)")
    }
}
