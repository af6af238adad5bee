//! Who may do what: a table as data. Routes are built from it, so there is no operation without a
//! row (DESIGN 7); `tests/it/access.rs` walks it.

use crate::domain::partner::PartnerScope;

/// Role of a staff member in an association.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Role {
    /// Looks, masked.
    Reader,
    /// Works the queues.
    Reviewer,
    /// Runs the case.
    CaseManager,
    /// Pays.
    Payout,
    /// Everything within the association.
    Owner,
    /// Looks at everything, the trail too; changes nothing.
    Auditor,
    /// Runs the platform, without personal data.
    Operator,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 7] = [
        Self::Reader,
        Self::Reviewer,
        Self::CaseManager,
        Self::Payout,
        Self::Owner,
        Self::Auditor,
        Self::Operator,
    ];

    /// Name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Reviewer => "reviewer",
            Self::CaseManager => "case_manager",
            Self::Payout => "payout",
            Self::Owner => "owner",
            Self::Auditor => "auditor",
            Self::Operator => "operator",
        }
    }

    /// Reads the wire name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// Verb of HTTP.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Method {
    /// Reads; changes nothing.
    Get,
    /// Acts.
    Post,
    /// Puts a value in its place.
    Put,
    /// Changes a part.
    Patch,
    /// Takes something away.
    Delete,
}

impl Method {
    /// The verb as in a request line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

/// Who an operation is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Anybody.
    Public,
    /// Anybody, in the demo only; else 404.
    Demo,
    /// A claimant, on the own record.
    Claimant,
    /// A partner whose key has this scope, on what it sent.
    Partner(PartnerScope),
    /// Any signed-in staff member.
    AnyStaff,
    /// Staff of these roles, on their association's data.
    Staff(&'static [Role]),
    /// Staff of these roles, with a second factor at most 5 minutes old.
    StepUp(&'static [Role]),
}

/// One thing that can be done over HTTP.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Operation {
    /// Unique name, also the OpenAPI operation id.
    pub name: &'static str,
    /// Verb.
    pub method: Method,
    /// Path pattern, `{name}` for a segment.
    pub path: &'static str,
    /// Who may.
    pub access: Access,
}

impl Operation {
    /// Whether a role may, a second factor aside.
    pub fn allows(&self, role: Role) -> bool {
        match self.access {
            Access::Public | Access::AnyStaff => true,
            Access::Staff(roles) | Access::StepUp(roles) => roles.contains(&role),
            Access::Demo | Access::Claimant | Access::Partner(_) => false,
        }
    }

    /// Whether a fresh second factor is needed.
    pub const fn needs_step_up(&self) -> bool {
        matches!(self.access, Access::StepUp(_))
    }

    const fn get(name: &'static str, path: &'static str, access: Access) -> Self {
        Self {
            name,
            method: Method::Get,
            path,
            access,
        }
    }

    const fn post(name: &'static str, path: &'static str, access: Access) -> Self {
        Self {
            name,
            method: Method::Post,
            path,
            access,
        }
    }

    const fn put(name: &'static str, path: &'static str, access: Access) -> Self {
        Self {
            name,
            method: Method::Put,
            path,
            access,
        }
    }

    const fn patch(name: &'static str, path: &'static str, access: Access) -> Self {
        Self {
            name,
            method: Method::Patch,
            path,
            access,
        }
    }

    const fn delete(name: &'static str, path: &'static str, access: Access) -> Self {
        Self {
            name,
            method: Method::Delete,
            path,
            access,
        }
    }
}

const EVERYBODY: &[Role] = &Role::ALL;
const READERS: &[Role] = &[
    Role::Reader,
    Role::Reviewer,
    Role::CaseManager,
    Role::Payout,
    Role::Owner,
    Role::Auditor,
];
const REVIEWERS: &[Role] = &[Role::Reviewer, Role::CaseManager, Role::Owner];
const PUBLISHERS: &[Role] = &[Role::CaseManager, Role::Owner];
const EXPORTERS: &[Role] = &[Role::CaseManager, Role::Owner];
const PAYERS: &[Role] = &[Role::CaseManager, Role::Payout, Role::Owner];
const SAMPLE_READERS: &[Role] = &[
    Role::Reviewer,
    Role::CaseManager,
    Role::Owner,
    Role::Auditor,
];
const ASSIGNERS: &[Role] = &[Role::Reviewer, Role::CaseManager, Role::Payout, Role::Owner];
const OWNERS: &[Role] = &[Role::Owner];
const WATCHERS: &[Role] = &[Role::Owner, Role::Auditor];
const DESKS: &[Role] = &[Role::CaseManager, Role::Owner, Role::Auditor];
const EXPORT_WATCHERS: &[Role] = &[Role::CaseManager, Role::Owner, Role::Auditor];
const REGISTRARS: &[Role] = &[Role::Owner, Role::Auditor, Role::Operator];

/// The table.
pub mod operation {
    use super::{
        ASSIGNERS, Access, DESKS, EVERYBODY, EXPORT_WATCHERS, EXPORTERS, OWNERS, Operation, PAYERS,
        PUBLISHERS, PartnerScope, READERS, REGISTRARS, REVIEWERS, SAMPLE_READERS, WATCHERS,
    };

    // service
    /// Alive.
    pub const HEALTH: Operation = Operation::get("health", "/healthz", Access::Public);
    /// Ready for traffic.
    pub const READY: Operation = Operation::get("ready", "/readyz", Access::Public);
    /// The API, described.
    pub const OPENAPI: Operation = Operation::get("openapi", "/openapi.json", Access::Public);
    /// Limits, machine-readable.
    pub const LIMITS: Operation = Operation::get("limits", "/.well-known/limits", Access::Public);

    // public API
    /// Cases, searched by company.
    pub const LIST_CASES: Operation =
        Operation::get("list_cases", "/api/v1/public/cases", Access::Public);
    /// One case.
    pub const GET_CASE: Operation =
        Operation::get("get_case", "/api/v1/public/cases/{slug}", Access::Public);
    /// Sign up.
    pub const SIGN_UP: Operation = Operation::post(
        "sign_up",
        "/api/v1/public/cases/{slug}/claimants",
        Access::Public,
    );
    /// Confirm the contact.
    pub const CONFIRM: Operation =
        Operation::post("confirm", "/api/v1/public/confirmations", Access::Public);
    /// Mail the confirmation again.
    pub const RESEND: Operation = Operation::post(
        "resend",
        "/api/v1/public/confirmations/resend",
        Access::Public,
    );
    /// Mail a link to the own record.
    pub const REQUEST_ACCESS: Operation = Operation::post(
        "request_access",
        "/api/v1/public/access-links",
        Access::Public,
    );
    /// Exchange link or code for an access token.
    pub const ENTER: Operation =
        Operation::post("enter", "/api/v1/public/access-tokens", Access::Public);
    /// Check the code of a mail.
    pub const CHECK_MAIL_CODE: Operation = Operation::get(
        "check_mail_code",
        "/api/v1/public/mail-codes/{code}",
        Access::Public,
    );
    /// The own record.
    pub const GET_ME: Operation = Operation::get("get_me", "/api/v1/public/me", Access::Claimant);
    /// Give or correct identity.
    pub const PUT_IDENTITY: Operation = Operation::put(
        "put_identity",
        "/api/v1/public/me/identity",
        Access::Claimant,
    );
    /// Say who acts for the claimant, and by what title (R46).
    pub const PUT_REPRESENTATIVE: Operation = Operation::put(
        "put_representative",
        "/api/v1/public/me/representative",
        Access::Claimant,
    );
    /// Give or withdraw a consent.
    pub const PUT_CONSENT: Operation = Operation::put(
        "put_consent",
        "/api/v1/public/me/consents/{purpose}",
        Access::Claimant,
    );
    /// The own declaration: draft and newest version.
    pub const GET_DECLARATION: Operation = Operation::get(
        "get_declaration",
        "/api/v1/public/me/declaration",
        Access::Claimant,
    );
    /// Declare the damage.
    pub const PUT_DECLARATION: Operation = Operation::put(
        "put_declaration",
        "/api/v1/public/me/declaration",
        Access::Claimant,
    );
    /// The PDF of the newest version.
    pub const DECLARATION_DOCUMENT: Operation = Operation::get(
        "get_declaration_document",
        "/api/v1/public/me/declaration/document",
        Access::Claimant,
    );
    /// Ask for a code to sign with.
    pub const REQUEST_SIGNATURE: Operation = Operation::post(
        "request_signature",
        "/api/v1/public/me/declaration/signature-requests",
        Access::Claimant,
    );
    /// Sign.
    pub const SIGN: Operation = Operation::post(
        "sign",
        "/api/v1/public/me/declaration/signatures",
        Access::Claimant,
    );
    /// The form to sign by hand.
    pub const PAPER_FORM: Operation = Operation::get(
        "get_paper_form",
        "/api/v1/public/me/declaration/paper-form",
        Access::Claimant,
    );
    /// Files brought with a digital signature, and what was found.
    pub const LIST_SIGNATURE_FILES: Operation = Operation::get(
        "list_signature_files",
        "/api/v1/public/me/declaration/signature-files",
        Access::Claimant,
    );
    /// What proves the signature.
    pub const GET_RECEIPT: Operation =
        Operation::get("get_receipt", "/api/v1/public/me/receipt", Access::Claimant);
    /// The signed PDF.
    pub const RECEIPT_DOCUMENT: Operation = Operation::get(
        "get_receipt_document",
        "/api/v1/public/me/receipt/document",
        Access::Claimant,
    );
    /// When and how it was signed, as a PDF to read.
    pub const RECEIPT_ATTESTATION: Operation = Operation::get(
        "get_receipt_attestation",
        "/api/v1/public/me/receipt/attestation",
        Access::Claimant,
    );
    /// The own documents (letter f).
    pub const LIST_DOCUMENTS: Operation = Operation::get(
        "list_documents",
        "/api/v1/public/me/documents",
        Access::Claimant,
    );
    /// Add a document.
    pub const ADD_DOCUMENT: Operation = Operation::post(
        "add_document",
        "/api/v1/public/me/documents",
        Access::Claimant,
    );
    /// One original of a document.
    pub const DOCUMENT_FILE: Operation = Operation::get(
        "get_document_file",
        "/api/v1/public/me/documents/{id}/files/{file}",
        Access::Claimant,
    );
    /// Remove a document.
    pub const REMOVE_DOCUMENT: Operation = Operation::post(
        "remove_document",
        "/api/v1/public/me/documents/{id}/removal",
        Access::Claimant,
    );
    /// Where to pay.
    pub const PUT_PAYOUT: Operation =
        Operation::put("put_payout", "/api/v1/public/me/payout", Access::Claimant);
    /// Mail the code that a change of the account needs (R26).
    pub const REQUEST_PAYOUT_CODE: Operation = Operation::post(
        "request_payout_code",
        "/api/v1/public/me/payout/codes",
        Access::Claimant,
    );
    /// Ask to be reached at another address: mails a code to it (R14).
    pub const REQUEST_CONTACT_CHANGE: Operation = Operation::post(
        "request_contact_change",
        "/api/v1/public/me/contact/changes",
        Access::Claimant,
    );
    /// Take that address up with the code.
    pub const CONFIRM_CONTACT_CHANGE: Operation = Operation::post(
        "confirm_contact_change",
        "/api/v1/public/me/contact/confirmations",
        Access::Claimant,
    );
    /// Mail a code to a mailbox of the own record (R30).
    pub const REQUEST_MAILBOX_CODE: Operation = Operation::post(
        "request_mailbox_code",
        "/api/v1/public/me/mailboxes/{id}/codes",
        Access::Claimant,
    );
    /// Prove control of a mailbox with that code (R30).
    pub const PROVE_MAILBOX: Operation = Operation::post(
        "prove_mailbox",
        "/api/v1/public/me/mailboxes/{id}/proof",
        Access::Claimant,
    );
    /// Go to another association of the case (R51).
    pub const CHANGE_ASSOCIATION: Operation = Operation::post(
        "change_association",
        "/api/v1/public/me/association",
        Access::Claimant,
    );
    /// Withdraw.
    pub const WITHDRAW: Operation =
        Operation::post("withdraw", "/api/v1/public/me/withdrawal", Access::Claimant);
    /// Erase.
    pub const ERASE: Operation =
        Operation::post("erase", "/api/v1/public/me/erasure", Access::Claimant);

    // staff API
    /// Sign in a staff tool.
    pub const STAFF_TOKEN: Operation =
        Operation::post("staff_token", "/api/v1/staff/token", Access::Public);
    /// Exchange a refresh token.
    pub const STAFF_REFRESH: Operation = Operation::post(
        "staff_refresh",
        "/api/v1/staff/token/refresh",
        Access::Public,
    );
    /// Revoke a refresh token and its family.
    pub const STAFF_REVOKE: Operation =
        Operation::post("staff_revoke", "/api/v1/staff/token/revoke", Access::Public);
    /// A fresh second factor.
    pub const STAFF_STEP_UP: Operation =
        Operation::post("staff_step_up", "/api/v1/staff/step-up", Access::AnyStaff);
    /// The own association's claimants.
    pub const LIST_CLAIMANTS: Operation = Operation::get(
        "list_claimants",
        "/api/v1/staff/cases/{slug}/claimants",
        Access::Staff(READERS),
    );
    /// How a case stands, in figures.
    pub const DASHBOARD: Operation = Operation::get(
        "dashboard",
        "/api/v1/staff/cases/{slug}/dashboard",
        Access::Staff(READERS),
    );
    /// The list as CSV, masked.
    pub const CLAIMANTS_CSV: Operation = Operation::get(
        "claimants_csv",
        "/api/v1/staff/cases/{slug}/claimants.csv",
        Access::Staff(READERS),
    );
    /// One claimant.
    pub const GET_CLAIMANT: Operation = Operation::get(
        "get_claimant",
        "/api/v1/staff/claimants/{id}",
        Access::Staff(READERS),
    );
    /// Confirm by phone or post.
    pub const ASSIST_CONFIRM: Operation = Operation::post(
        "assist_confirm",
        "/api/v1/staff/claimants/{id}/confirmation",
        Access::Staff(REVIEWERS),
    );
    /// Enter or correct identity for a claimant who is assisted.
    pub const ASSIST_IDENTITY: Operation = Operation::put(
        "assist_identity",
        "/api/v1/staff/claimants/{id}/identity",
        Access::Staff(REVIEWERS),
    );
    /// Declare what a claimant without an e-mail told.
    pub const ASSIST_DECLARATION: Operation = Operation::put(
        "assist_declaration",
        "/api/v1/staff/claimants/{id}/declaration",
        Access::Staff(REVIEWERS),
    );
    /// Record who acts for a claimant.
    pub const STAFF_REPRESENTATIVE: Operation = Operation::put(
        "staff_representative",
        "/api/v1/staff/claimants/{id}/representative",
        Access::Staff(REVIEWERS),
    );
    /// End a representation or a delegation.
    pub const STAFF_REPRESENTATIVE_END: Operation = Operation::post(
        "staff_representative_end",
        "/api/v1/staff/claimants/{id}/representative-end",
        Access::Staff(REVIEWERS),
    );
    /// Record a death, with heirs and shares (R47).
    pub const RECORD_DEATH: Operation = Operation::put(
        "record_death",
        "/api/v1/staff/claimants/{id}/death",
        Access::Staff(REVIEWERS),
    );
    /// The form to sign by hand, to send by post.
    pub const STAFF_PAPER_FORM: Operation = Operation::get(
        "staff_paper_form",
        "/api/v1/staff/claimants/{id}/paper-form",
        Access::Staff(REVIEWERS),
    );
    /// The documents of a claimant.
    pub const CLAIMANT_DOCUMENTS: Operation = Operation::get(
        "claimant_documents",
        "/api/v1/staff/claimants/{id}/documents",
        Access::Staff(REVIEWERS),
    );
    /// One original of a claimant's document.
    pub const CLAIMANT_DOCUMENT_FILE: Operation = Operation::get(
        "claimant_document_file",
        "/api/v1/staff/claimants/{id}/documents/{document}/files/{file}",
        Access::StepUp(REVIEWERS),
    );
    /// Add a document for a claimant.
    pub const CLAIMANT_ADD_DOCUMENT: Operation = Operation::post(
        "claimant_add_document",
        "/api/v1/staff/claimants/{id}/documents",
        Access::Staff(REVIEWERS),
    );
    /// Remove a document of a claimant.
    pub const CLAIMANT_REMOVE_DOCUMENT: Operation = Operation::post(
        "claimant_remove_document",
        "/api/v1/staff/claimants/{id}/documents/{document}/removal",
        Access::Staff(REVIEWERS),
    );
    /// Hand in what a claimant signed by hand.
    pub const STAFF_HAND_IN: Operation = Operation::post(
        "staff_hand_in",
        "/api/v1/staff/claimants/{id}/paper-hand-ins",
        Access::Staff(REVIEWERS),
    );
    /// Hand-ins to be verified, without their sheets.
    pub const LIST_PAPER: Operation = Operation::get(
        "list_paper",
        "/api/v1/staff/cases/{slug}/paper-hand-ins",
        Access::Staff(REVIEWERS),
    );
    /// Approve a hand-in; never by who handed it in (R44).
    pub const APPROVE_PAPER: Operation = Operation::post(
        "approve_paper",
        "/api/v1/staff/claimants/{id}/paper-hand-ins/{hand_in}/approval",
        Access::Staff(REVIEWERS),
    );
    /// Reject a hand-in, with a reason.
    pub const REJECT_PAPER: Operation = Operation::post(
        "reject_paper",
        "/api/v1/staff/claimants/{id}/paper-hand-ins/{hand_in}/rejection",
        Access::Staff(REVIEWERS),
    );
    /// Enter an e-mail for a claimant who is assisted.
    pub const ASSIST_EMAIL: Operation = Operation::put(
        "assist_email",
        "/api/v1/staff/claimants/{id}/email",
        Access::Staff(REVIEWERS),
    );
    /// End the quarantine of a sign-up.
    pub const END_QUARANTINE: Operation = Operation::post(
        "end_quarantine",
        "/api/v1/staff/claimants/{id}/quarantine-end",
        Access::Staff(REVIEWERS),
    );
    /// Find in order what is flagged in a declaration (DOMAIN 8.3).
    pub const CHECK_DECLARED: Operation = Operation::post(
        "check_declared",
        "/api/v1/staff/claimants/{id}/declared-check",
        Access::Staff(REVIEWERS),
    );
    /// Find an identity in order of which something does not fit (R23).
    pub const CHECK_IDENTITY: Operation = Operation::post(
        "check_identity",
        "/api/v1/staff/claimants/{id}/identity-check",
        Access::Staff(REVIEWERS),
    );
    /// Take accounts of a claimant again who stopped one (R26).
    pub const END_PAYOUT_FREEZE: Operation = Operation::post(
        "end_payout_freeze",
        "/api/v1/staff/claimants/{id}/payout-freeze-end",
        Access::Staff(REVIEWERS),
    );
    /// The signed PDF of a version.
    pub const CLAIMANT_DOCUMENT: Operation = Operation::get(
        "claimant_document",
        "/api/v1/staff/claimants/{id}/declarations/{version}/document",
        Access::StepUp(REVIEWERS),
    );
    /// The evidence of the signature of a version.
    pub const CLAIMANT_EVIDENCE: Operation = Operation::get(
        "claimant_evidence",
        "/api/v1/staff/claimants/{id}/declarations/{version}/evidence",
        Access::StepUp(REVIEWERS),
    );
    /// What proves the signature of a version, as the claimant has it.
    pub const CLAIMANT_RECEIPT: Operation = Operation::get(
        "claimant_receipt",
        "/api/v1/staff/claimants/{id}/declarations/{version}/receipt",
        Access::StepUp(REVIEWERS),
    );
    /// When and how a version was signed, as a PDF to read.
    pub const CLAIMANT_ATTESTATION: Operation = Operation::get(
        "claimant_attestation",
        "/api/v1/staff/claimants/{id}/declarations/{version}/attestation",
        Access::StepUp(REVIEWERS),
    );
    /// Files brought with a digital signature, and what was found.
    pub const CLAIMANT_SIGNATURE_FILES: Operation = Operation::get(
        "claimant_signature_files",
        "/api/v1/staff/claimants/{id}/signature-files",
        Access::StepUp(REVIEWERS),
    );
    /// A file brought with a digital signature, as it came.
    pub const CLAIMANT_SIGNATURE_FILE: Operation = Operation::get(
        "claimant_signature_file",
        "/api/v1/staff/claimants/{id}/signature-files/{file}",
        Access::StepUp(REVIEWERS),
    );
    /// Upload an earlier list.
    pub const UPLOAD_IMPORT: Operation = Operation::post(
        "upload_import",
        "/api/v1/staff/cases/{slug}/imports",
        Access::Staff(EXPORTERS),
    );
    /// The register of imports.
    pub const LIST_IMPORTS: Operation = Operation::get(
        "list_imports",
        "/api/v1/staff/cases/{slug}/imports",
        Access::Staff(EXPORT_WATCHERS),
    );
    /// State of an import.
    pub const GET_IMPORT: Operation = Operation::get(
        "get_import",
        "/api/v1/staff/imports/{id}",
        Access::Staff(EXPORT_WATCHERS),
    );
    /// Say what its columns hold, and try it.
    pub const CHECK_IMPORT: Operation = Operation::post(
        "check_import",
        "/api/v1/staff/imports/{id}/check",
        Access::Staff(EXPORTERS),
    );
    /// Import a list that was tried.
    pub const START_IMPORT: Operation = Operation::post(
        "start_import",
        "/api/v1/staff/imports/{id}/start",
        Access::StepUp(EXPORTERS),
    );
    /// Call an import off.
    pub const CANCEL_IMPORT: Operation = Operation::post(
        "cancel_import",
        "/api/v1/staff/imports/{id}/cancellation",
        Access::Staff(EXPORTERS),
    );
    /// What became of each row.
    pub const IMPORT_REPORT: Operation = Operation::get(
        "import_report",
        "/api/v1/staff/imports/{id}/report.csv",
        Access::Staff(EXPORT_WATCHERS),
    );
    /// Ask for a list or documents, with a reason.
    pub const EXPORT: Operation =
        Operation::post("export", "/api/v1/staff/exports", Access::StepUp(EXPORTERS));
    /// The register of exports.
    pub const LIST_EXPORTS: Operation = Operation::get(
        "list_exports",
        "/api/v1/staff/cases/{slug}/exports",
        Access::Staff(EXPORT_WATCHERS),
    );
    /// State of an export.
    pub const GET_EXPORT: Operation = Operation::get(
        "get_export",
        "/api/v1/staff/exports/{id}",
        Access::Staff(EXPORT_WATCHERS),
    );
    /// Approve an export in clear; never by who asked for it (R58).
    pub const APPROVE_EXPORT: Operation = Operation::post(
        "approve_export",
        "/api/v1/staff/exports/{id}/approval",
        Access::StepUp(EXPORTERS),
    );
    /// Refuse an export in clear, with a reason; never by who asked for it.
    pub const REJECT_EXPORT: Operation = Operation::post(
        "reject_export",
        "/api/v1/staff/exports/{id}/rejection",
        Access::StepUp(EXPORTERS),
    );
    /// Call an export off.
    pub const CANCEL_EXPORT: Operation = Operation::post(
        "cancel_export",
        "/api/v1/staff/exports/{id}/cancellation",
        Access::Staff(EXPORTERS),
    );
    /// Ask for an export once more.
    pub const REPEAT_EXPORT: Operation = Operation::post(
        "repeat_export",
        "/api/v1/staff/exports/{id}/repeat",
        Access::StepUp(EXPORTERS),
    );
    /// The first file of an export.
    pub const EXPORT_CONTENT: Operation = Operation::get(
        "export_content",
        "/api/v1/staff/exports/{id}/content",
        Access::StepUp(EXPORTERS),
    );
    /// One file of an export.
    pub const EXPORT_FILE: Operation = Operation::get(
        "export_file",
        "/api/v1/staff/exports/{id}/files/{number}",
        Access::StepUp(EXPORTERS),
    );

    // own data
    /// All own data, as an archive.
    pub const GET_DATA: Operation =
        Operation::get("get_data", "/api/v1/public/me/data", Access::Claimant);
    /// Mails that went to the claimant.
    pub const LIST_MY_MAILS: Operation =
        Operation::get("list_my_mails", "/api/v1/public/me/mails", Access::Claimant);
    /// Who looked at the own record.
    pub const LIST_MY_VIEWS: Operation =
        Operation::get("list_my_views", "/api/v1/public/me/views", Access::Claimant);
    /// All own data, to keep.
    pub const DATA_FILE: Operation = Operation::get("data_file", "/me/data.zip", Access::Claimant);
    /// Mails that went to the claimant.
    pub const MY_MAILS_PAGE: Operation =
        Operation::get("my_mails_page", "/me/mails", Access::Claimant);
    /// Who looked at the own record.
    pub const MY_VIEWS_PAGE: Operation =
        Operation::get("my_views_page", "/me/views", Access::Claimant);

    /// Own requests about the own data.
    pub const LIST_MY_RIGHTS_REQUESTS: Operation = Operation::get(
        "list_my_rights_requests",
        "/api/v1/public/me/rights-requests",
        Access::Claimant,
    );
    /// Asks for something about the own data.
    pub const ASK_RIGHTS_REQUEST: Operation = Operation::post(
        "ask_rights_request",
        "/api/v1/public/me/rights-requests",
        Access::Claimant,
    );
    /// Own requests about the own data.
    pub const RIGHTS_PAGE: Operation =
        Operation::get("rights_page", "/me/rights", Access::Claimant);
    /// Asks for something about the own data.
    pub const RIGHTS_FORM: Operation =
        Operation::post("rights_form", "/me/rights", Access::Claimant);
    /// Open requests about data, most urgent first.
    pub const LIST_RIGHTS_REQUESTS: Operation = Operation::get(
        "list_rights_requests",
        "/api/v1/staff/cases/{slug}/rights-requests",
        Access::Staff(READERS),
    );
    /// Enters a request that came by letter.
    pub const ENTER_RIGHTS_REQUEST: Operation = Operation::post(
        "enter_rights_request",
        "/api/v1/staff/claimants/{id}/rights-requests",
        Access::Staff(REVIEWERS),
    );
    /// One request, with its words.
    pub const GET_RIGHTS_REQUEST: Operation = Operation::get(
        "get_rights_request",
        "/api/v1/staff/rights-requests/{id}",
        Access::Staff(REVIEWERS),
    );
    /// Extends the term of a request.
    pub const EXTEND_RIGHTS_REQUEST: Operation = Operation::post(
        "extend_rights_request",
        "/api/v1/staff/rights-requests/{id}/extension",
        Access::Staff(EXPORTERS),
    );
    /// Answers a request.
    pub const ANSWER_RIGHTS_REQUEST: Operation = Operation::post(
        "answer_rights_request",
        "/api/v1/staff/rights-requests/{id}/answer",
        Access::Staff(EXPORTERS),
    );
    /// A copy of everything, for who asked for it by letter (artt. 15 and 20 GDPR).
    pub const HAND_OVER_DATA: Operation = Operation::post(
        "hand_over_data",
        "/api/v1/staff/rights-requests/{id}/data",
        Access::StepUp(EXPORTERS),
    );
    /// A copy of everything, for who asked for it by letter.
    pub const CONSOLE_DATA_FORM: Operation = Operation::post(
        "console_data_form",
        "/console/rights/{id}/data",
        Access::StepUp(EXPORTERS),
    );
    /// Announces that a restriction is lifted (art. 18.3 GDPR).
    pub const LIFT_RESTRICTION: Operation = Operation::post(
        "lift_restriction",
        "/api/v1/staff/rights-requests/{id}/lifting",
        Access::Staff(EXPORTERS),
    );
    /// Announces that a restriction is lifted.
    pub const CONSOLE_LIFTING_FORM: Operation = Operation::post(
        "console_lifting_form",
        "/console/rights/{id}/lifting",
        Access::Staff(EXPORTERS),
    );
    /// Open requests about data.
    pub const CONSOLE_RIGHTS_PAGE: Operation = Operation::get(
        "console_rights_page",
        "/console/cases/{slug}/rights",
        Access::Staff(READERS),
    );
    /// One request.
    pub const CONSOLE_RIGHT_PAGE: Operation = Operation::get(
        "console_right_page",
        "/console/rights/{id}",
        Access::Staff(REVIEWERS),
    );
    /// Extends its term.
    pub const CONSOLE_EXTENSION_FORM: Operation = Operation::post(
        "console_extension_form",
        "/console/rights/{id}/extension",
        Access::Staff(EXPORTERS),
    );
    /// Answers it.
    pub const CONSOLE_ANSWER_FORM: Operation = Operation::post(
        "console_answer_form",
        "/console/rights/{id}/answer",
        Access::Staff(EXPORTERS),
    );
    /// Form for a request that came by letter.
    pub const CONSOLE_LETTER_PAGE: Operation = Operation::get(
        "console_letter_page",
        "/console/claimants/{id}/rights",
        Access::Staff(REVIEWERS),
    );
    /// Enters a request that came by letter.
    pub const CONSOLE_LETTER_FORM: Operation = Operation::post(
        "console_letter_form",
        "/console/claimants/{id}/rights",
        Access::Staff(REVIEWERS),
    );

    /// What is kept for how long, and what is due.
    pub const CONSOLE_RETENTION_PAGE: Operation = Operation::get(
        "console_retention_page",
        "/console/retention",
        Access::Staff(WATCHERS),
    );

    /// The register of breaches (R63).
    pub const LIST_BREACHES: Operation = Operation::get(
        "list_breaches",
        "/api/v1/staff/breaches",
        Access::Staff(REGISTRARS),
    );
    /// Opens an entry.
    pub const OPEN_BREACH: Operation = Operation::post(
        "open_breach",
        "/api/v1/staff/breaches",
        Access::Staff(REGISTRARS),
    );
    /// An entry with all its versions.
    pub const GET_BREACH: Operation = Operation::get(
        "get_breach",
        "/api/v1/staff/breaches/{id}",
        Access::Staff(REGISTRARS),
    );
    /// A new version of an entry.
    pub const UPDATE_BREACH: Operation = Operation::put(
        "update_breach",
        "/api/v1/staff/breaches/{id}",
        Access::Staff(REGISTRARS),
    );
    /// The register as CSV, for the authority.
    pub const BREACHES_CSV: Operation = Operation::get(
        "breaches_csv",
        "/api/v1/staff/breaches.csv",
        Access::Staff(REGISTRARS),
    );
    /// The register of breaches.
    pub const CONSOLE_BREACHES_PAGE: Operation = Operation::get(
        "console_breaches_page",
        "/console/breaches",
        Access::Staff(REGISTRARS),
    );
    /// Opens an entry.
    pub const CONSOLE_BREACH_NEW: Operation = Operation::post(
        "console_breach_new",
        "/console/breaches",
        Access::Staff(REGISTRARS),
    );
    /// The register as CSV.
    pub const CONSOLE_BREACHES_CSV: Operation = Operation::get(
        "console_breaches_csv",
        "/console/breaches.csv",
        Access::Staff(REGISTRARS),
    );
    /// An entry.
    pub const CONSOLE_BREACH_PAGE: Operation = Operation::get(
        "console_breach_page",
        "/console/breaches/{id}",
        Access::Staff(REGISTRARS),
    );
    /// A new version of an entry.
    pub const CONSOLE_BREACH_FORM: Operation = Operation::post(
        "console_breach_form",
        "/console/breaches/{id}",
        Access::Staff(REGISTRARS),
    );

    // work queues (DOMAIN 8.3)
    /// Every queue of a case, in figures.
    pub const LIST_QUEUES: Operation = Operation::get(
        "list_queues",
        "/api/v1/staff/cases/{slug}/queues",
        Access::Staff(READERS),
    );
    /// The next item of a queue.
    pub const NEXT_ITEM: Operation = Operation::get(
        "next_item",
        "/api/v1/staff/cases/{slug}/queues/{queue}/next",
        Access::Staff(READERS),
    );
    /// Begins the next item of a queue: it is in one's hand.
    pub const BEGIN_ITEM: Operation = Operation::post(
        "begin_item",
        "/api/v1/staff/cases/{slug}/queues/{queue}/begin",
        Access::Staff(ASSIGNERS),
    );
    /// Assigns an item to stay, or releases it.
    pub const ASSIGN_ITEM: Operation = Operation::post(
        "assign_item",
        "/api/v1/staff/cases/{slug}/queues/{queue}/items/{id}/assignment",
        Access::Staff(ASSIGNERS),
    );
    /// Every queue of a case.
    pub const CONSOLE_QUEUES_PAGE: Operation = Operation::get(
        "console_queues_page",
        "/console/cases/{slug}/queues",
        Access::Staff(READERS),
    );
    /// Opens the next item of a queue.
    pub const CONSOLE_NEXT_ITEM: Operation = Operation::get(
        "console_next_item",
        "/console/cases/{slug}/queues/{queue}/next",
        Access::Staff(READERS),
    );
    /// Begins the next item of a queue and opens it.
    pub const CONSOLE_BEGIN_FORM: Operation = Operation::post(
        "console_begin_form",
        "/console/cases/{slug}/queues/{queue}/begin",
        Access::Staff(ASSIGNERS),
    );
    /// Assigns an item to stay, or releases it.
    pub const CONSOLE_ASSIGN_FORM: Operation = Operation::post(
        "console_assign_form",
        "/console/cases/{slug}/queues/{queue}/items/{id}/assignment",
        Access::Staff(ASSIGNERS),
    );

    // two records that claim the same person or mailbox (R30)
    /// A clash, its records side by side.
    pub const GET_CONFLICT: Operation = Operation::get(
        "get_conflict",
        "/api/v1/staff/conflicts/{id}",
        Access::Staff(REVIEWERS),
    );
    /// Decides it, or proposes to.
    pub const DECIDE_CONFLICT: Operation = Operation::post(
        "decide_conflict",
        "/api/v1/staff/conflicts/{id}/decision",
        Access::Staff(REVIEWERS),
    );
    /// Approves or refuses what a colleague proposed.
    pub const APPROVE_CONFLICT: Operation = Operation::post(
        "approve_conflict",
        "/api/v1/staff/conflicts/{id}/approval",
        Access::Staff(REVIEWERS),
    );
    /// A clash, its records side by side.
    pub const CONSOLE_CONFLICT_PAGE: Operation = Operation::get(
        "console_conflict_page",
        "/console/conflicts/{id}",
        Access::Staff(REVIEWERS),
    );
    /// Decides it, or proposes to.
    pub const CONSOLE_CONFLICT_DECISION: Operation = Operation::post(
        "console_conflict_decision",
        "/console/conflicts/{id}/decision",
        Access::Staff(REVIEWERS),
    );
    /// Approves or refuses what a colleague proposed.
    pub const CONSOLE_CONFLICT_APPROVAL: Operation = Operation::post(
        "console_conflict_approval",
        "/console/conflicts/{id}/approval",
        Access::Staff(REVIEWERS),
    );

    // what claimants are asked to bring (R2)
    /// What a claimant was asked for, and may be.
    pub const LIST_DEFICIENCIES: Operation = Operation::get(
        "list_deficiencies",
        "/api/v1/staff/claimants/{id}/deficiencies",
        Access::Staff(READERS),
    );
    /// Asks a claimant for letters that are missing.
    pub const ASK_DEFICIENCY: Operation = Operation::post(
        "ask_deficiency",
        "/api/v1/staff/claimants/{id}/deficiencies",
        Access::Staff(REVIEWERS),
    );
    /// Asks a claimant for letters that are missing.
    pub const CONSOLE_DEFICIENCY_FORM: Operation = Operation::post(
        "console_deficiency_form",
        "/console/claimants/{id}/deficiencies",
        Access::Staff(REVIEWERS),
    );

    // accounts and the staff (R26, letter i)
    /// Types in an account from a signed paper.
    pub const STAFF_PUT_PAYOUT: Operation = Operation::put(
        "staff_put_payout",
        "/api/v1/staff/claimants/{id}/payout",
        Access::Staff(PAYERS),
    );
    /// Releases or rejects an account that waits for staff.
    pub const RELEASE_PAYOUT: Operation = Operation::post(
        "release_payout",
        "/api/v1/staff/claimants/{id}/payout-decision",
        Access::Staff(PAYERS),
    );
    /// The accounts of a claimant, and what waits.
    pub const CONSOLE_PAYOUT_PAGE: Operation = Operation::get(
        "console_payout_page",
        "/console/claimants/{id}/payout",
        Access::Staff(PAYERS),
    );
    /// Types in an account.
    pub const CONSOLE_PAYOUT_FORM: Operation = Operation::post(
        "console_payout_form",
        "/console/claimants/{id}/payout",
        Access::Staff(PAYERS),
    );
    /// Releases or rejects one.
    pub const CONSOLE_PAYOUT_DECISION: Operation = Operation::post(
        "console_payout_decision",
        "/console/claimants/{id}/payout-decision",
        Access::Staff(PAYERS),
    );

    // another contact typed in by staff (R14, R26)
    /// Types in another address for a confirmed record.
    pub const STAFF_PUT_CONTACT: Operation = Operation::put(
        "staff_put_contact",
        "/api/v1/staff/claimants/{id}/contact",
        Access::Staff(REVIEWERS),
    );
    /// Approves an address by typing it once more, never by who typed it in; or takes it out.
    pub const DECIDE_CONTACT: Operation = Operation::post(
        "decide_contact",
        "/api/v1/staff/claimants/{id}/contact-decision",
        Access::Staff(REVIEWERS),
    );
    /// The contact of a claimant, and what waits.
    pub const CONSOLE_CONTACT_PAGE: Operation = Operation::get(
        "console_contact_page",
        "/console/claimants/{id}/contact",
        Access::Staff(REVIEWERS),
    );
    /// Types in another address.
    pub const CONSOLE_CONTACT_FORM: Operation = Operation::post(
        "console_contact_form",
        "/console/claimants/{id}/contact",
        Access::Staff(REVIEWERS),
    );
    /// Approves one, or takes it out.
    pub const CONSOLE_CONTACT_DECISION: Operation = Operation::post(
        "console_contact_decision",
        "/console/claimants/{id}/contact-decision",
        Access::Staff(REVIEWERS),
    );

    // reports of swindlers (R13)
    /// Reports a swindler who poses as an association.
    pub const REPORT_SCAM: Operation =
        Operation::post("report_scam", "/api/v1/public/scam-reports", Access::Public);
    /// The form for it.
    pub const REPORT_SCAM_PAGE: Operation =
        Operation::get("report_scam_page", "/report-scam", Access::Public);
    /// Sends the form.
    pub const REPORT_SCAM_FORM: Operation =
        Operation::post("report_scam_form", "/report-scam", Access::Public);
    /// Reports to the own association.
    pub const LIST_SCAM_REPORTS: Operation = Operation::get(
        "list_scam_reports",
        "/api/v1/staff/scam-reports",
        Access::Staff(REVIEWERS),
    );
    /// One of them, with what was told.
    pub const GET_SCAM_REPORT: Operation = Operation::get(
        "get_scam_report",
        "/api/v1/staff/scam-reports/{id}",
        Access::Staff(REVIEWERS),
    );
    /// Notes what was done about it.
    pub const HANDLE_SCAM_REPORT: Operation = Operation::post(
        "handle_scam_report",
        "/api/v1/staff/scam-reports/{id}/handling",
        Access::Staff(REVIEWERS),
    );
    /// The queue of reports.
    pub const CONSOLE_SCAM_REPORTS_PAGE: Operation = Operation::get(
        "console_scam_reports_page",
        "/console/scam-reports",
        Access::Staff(REVIEWERS),
    );
    /// One report.
    pub const CONSOLE_SCAM_REPORT_PAGE: Operation = Operation::get(
        "console_scam_report_page",
        "/console/scam-reports/{id}",
        Access::Staff(REVIEWERS),
    );
    /// Notes what was done about it.
    pub const CONSOLE_SCAM_REPORT_FORM: Operation = Operation::post(
        "console_scam_report_form",
        "/console/scam-reports/{id}",
        Access::Staff(REVIEWERS),
    );

    // pages
    /// Cases.
    pub const HOME_PAGE: Operation = Operation::get("home_page", "/", Access::Public);
    /// A case.
    pub const CASE_PAGE: Operation = Operation::get("case_page", "/c/{slug}", Access::Public);
    /// Who an association is.
    pub const ABOUT_PAGE: Operation = Operation::get("about_page", "/a/{slug}", Access::Public);
    /// Privacy notice and consent texts of a case.
    pub const TEXTS_PAGE: Operation =
        Operation::get("texts_page", "/c/{slug}/texts", Access::Public);
    /// Sign-up form.
    pub const JOIN_PAGE: Operation = Operation::get("join_page", "/c/{slug}/join", Access::Public);
    /// Sign up by form.
    pub const JOIN_FORM: Operation = Operation::post("join_form", "/c/{slug}/join", Access::Public);
    /// After sign-up.
    pub const JOINED_PAGE: Operation =
        Operation::get("joined_page", "/c/{slug}/joined", Access::Public);
    /// Code after sign-up.
    pub const JOINED_CODE: Operation =
        Operation::post("joined_code", "/c/{slug}/joined/code", Access::Public);
    /// Correct the address after sign-up.
    pub const JOINED_ADDRESS: Operation =
        Operation::post("joined_address", "/c/{slug}/joined/address", Access::Public);
    /// Resend after sign-up.
    pub const JOINED_RESEND: Operation =
        Operation::post("joined_resend", "/c/{slug}/joined/resend", Access::Public);
    /// Puts the sign-up form into a page of a partner site (decision 36).
    pub const EMBED_SCRIPT: Operation =
        Operation::get("embed_script", "/embed/v1.js", Access::Public);
    /// Sign-up form in such a page.
    pub const EMBED_PAGE: Operation = Operation::get("embed_page", "/embed/{slug}", Access::Public);
    /// Sign up by it.
    pub const EMBED_FORM: Operation =
        Operation::post("embed_form", "/embed/{slug}", Access::Public);
    /// Shows the button of a confirmation link.
    pub const CONFIRM_PAGE: Operation =
        Operation::get("confirm_page", "/confirm/{token}", Access::Public);
    /// Confirms.
    pub const CONFIRM_FORM: Operation =
        Operation::post("confirm_form", "/confirm/{token}", Access::Public);
    /// Sends a fresh link for an expired one.
    pub const CONFIRM_RESEND: Operation =
        Operation::post("confirm_resend", "/confirm/{token}/resend", Access::Public);
    /// Shows the button by which a reader says that it was not them.
    pub const NOT_ME_PAGE: Operation =
        Operation::get("not_me_page", "/not-me/{token}", Access::Public);
    /// It was not them.
    pub const NOT_ME_FORM: Operation =
        Operation::post("not_me_form", "/not-me/{token}", Access::Public);
    /// It was them after all.
    pub const NOT_ME_UNDO: Operation =
        Operation::post("not_me_undo", "/not-me/{token}/undo", Access::Public);
    /// Shows the button by which a reader stops an account (R26).
    pub const STOP_PAYOUT_PAGE: Operation =
        Operation::get("stop_payout_page", "/stop-payout/{token}", Access::Public);
    /// Stops it.
    pub const STOP_PAYOUT_FORM: Operation =
        Operation::post("stop_payout_form", "/stop-payout/{token}", Access::Public);
    /// Shows the button by which a reader takes a new contact back (R26).
    pub const STOP_CONTACT_PAGE: Operation =
        Operation::get("stop_contact_page", "/stop-contact/{token}", Access::Public);
    /// Takes it back.
    pub const STOP_CONTACT_FORM: Operation =
        Operation::post("stop_contact_form", "/stop-contact/{token}", Access::Public);
    /// Asks whether to use an address that staff typed in.
    pub const NEW_CONTACT_PAGE: Operation =
        Operation::get("new_contact_page", "/new-contact/{token}", Access::Public);
    /// Uses it.
    pub const NEW_CONTACT_FORM: Operation =
        Operation::post("new_contact_form", "/new-contact/{token}", Access::Public);
    /// Asks for a link or code.
    pub const ENTER_START: Operation = Operation::get("enter_start", "/enter", Access::Public);
    /// Mails a link.
    pub const ENTER_LINK_FORM: Operation =
        Operation::post("enter_link_form", "/enter", Access::Public);
    /// Takes reference and code.
    pub const ENTER_CODE_FORM: Operation =
        Operation::post("enter_code_form", "/enter/code", Access::Public);
    /// Shows the button of an access link.
    pub const ENTER_PAGE: Operation =
        Operation::get("enter_page", "/enter/{token}", Access::Public);
    /// Enters.
    pub const ENTER_FORM: Operation =
        Operation::post("enter_form", "/enter/{token}", Access::Public);
    /// Leaves.
    pub const LEAVE_FORM: Operation = Operation::post("leave_form", "/me/leave", Access::Claimant);
    /// The own record.
    pub const ME_PAGE: Operation = Operation::get("me_page", "/me", Access::Claimant);
    /// Identity form.
    pub const IDENTITY_PAGE: Operation =
        Operation::get("identity_page", "/me/identity", Access::Claimant);
    /// Gives identity by form.
    pub const IDENTITY_FORM: Operation =
        Operation::post("identity_form", "/me/identity", Access::Claimant);
    /// Who acts for the claimant.
    pub const REPRESENTATIVE_PAGE: Operation = Operation::get(
        "representative_page",
        "/me/representative",
        Access::Claimant,
    );
    /// Says who acts for the claimant.
    pub const REPRESENTATIVE_FORM: Operation = Operation::post(
        "representative_form",
        "/me/representative",
        Access::Claimant,
    );
    /// One step of the declaration.
    pub const DECLARE_PAGE: Operation =
        Operation::get("declare_page", "/me/declare", Access::Claimant);
    /// Saves a step; the last one declares.
    pub const DECLARE_FORM: Operation =
        Operation::post("declare_form", "/me/declare", Access::Claimant);
    /// What is signed, and with what.
    pub const SIGN_PAGE: Operation = Operation::get("sign_page", "/me/sign", Access::Claimant);
    /// Asks for a code to sign with.
    pub const SIGN_CODE_FORM: Operation =
        Operation::post("sign_code_form", "/me/sign/code", Access::Claimant);
    /// Signs with the code.
    pub const SIGN_FORM: Operation = Operation::post("sign_form", "/me/sign", Access::Claimant);
    /// The own documents, and a form for more.
    pub const DOCUMENTS_PAGE: Operation =
        Operation::get("documents_page", "/me/documents", Access::Claimant);
    /// Adds a document by form.
    pub const DOCUMENTS_FORM: Operation =
        Operation::post("documents_form", "/me/documents", Access::Claimant);
    /// One original of a document, from its page.
    pub const DOCUMENT_ORIGINAL: Operation = Operation::get(
        "document_original",
        "/me/documents/{id}/files/{file}",
        Access::Claimant,
    );
    /// Removes a document by form.
    pub const DOCUMENT_REMOVAL_FORM: Operation = Operation::post(
        "document_removal_form",
        "/me/documents/{id}/removal",
        Access::Claimant,
    );
    /// Signs with a file that has a digital signature.
    pub const SIGN_FILE_FORM: Operation =
        Operation::post("sign_file_form", "/me/sign/file", Access::Claimant);
    /// Where to pay.
    pub const PAYOUT_PAGE: Operation =
        Operation::get("payout_page", "/me/payout", Access::Claimant);
    /// Gives where to pay.
    pub const PAYOUT_FORM: Operation =
        Operation::post("payout_form", "/me/payout", Access::Claimant);
    /// Mails the code that a change of the account needs.
    pub const PAYOUT_CODE_FORM: Operation =
        Operation::post("payout_code_form", "/me/payout/code", Access::Claimant);
    /// Where the own record is written to.
    pub const CONTACT_PAGE: Operation =
        Operation::get("contact_page", "/me/contact", Access::Claimant);
    /// Asks to be reached at another address: mails a code to it.
    pub const CONTACT_FORM: Operation =
        Operation::post("contact_form", "/me/contact", Access::Claimant);
    /// Takes that address up with the code.
    pub const CONTACT_CODE_FORM: Operation =
        Operation::post("contact_code_form", "/me/contact/code", Access::Claimant);
    /// Leaves or corrects a telephone number.
    pub const PHONE_FORM: Operation =
        Operation::post("phone_form", "/me/contact/phone", Access::Claimant);
    /// A mailbox of the own record, and the code that proves control of it.
    pub const MAILBOX_PAGE: Operation =
        Operation::get("mailbox_page", "/me/mailboxes/{id}", Access::Claimant);
    /// Mails that code.
    pub const MAILBOX_CODE_FORM: Operation = Operation::post(
        "mailbox_code_form",
        "/me/mailboxes/{id}/code",
        Access::Claimant,
    );
    /// Proves control with it.
    pub const MAILBOX_FORM: Operation =
        Operation::post("mailbox_form", "/me/mailboxes/{id}", Access::Claimant);
    /// The PDF of the newest version, to keep.
    pub const DECLARATION_FILE: Operation =
        Operation::get("declaration_file", "/me/declaration.pdf", Access::Claimant);
    /// How to sign by hand, and where to hand it in.
    pub const PAPER_PAGE: Operation = Operation::get("paper_page", "/me/paper", Access::Claimant);
    /// Hands in what was signed by hand.
    pub const PAPER_HAND_IN: Operation =
        Operation::post("paper_hand_in", "/me/paper", Access::Claimant);
    /// The form to sign by hand, to print.
    pub const PAPER_FORM_FILE: Operation =
        Operation::get("paper_form_file", "/me/paper-form.pdf", Access::Claimant);
    /// The signed PDF, to keep.
    pub const SIGNED_FILE: Operation =
        Operation::get("signed_file", "/me/signed.pdf", Access::Claimant);
    /// The receipt, to keep.
    pub const RECEIPT_FILE: Operation =
        Operation::get("receipt_file", "/me/receipt.json", Access::Claimant);
    /// When and how it was signed, to keep.
    pub const ATTESTATION_FILE: Operation =
        Operation::get("attestation_file", "/me/attestation.pdf", Access::Claimant);
    /// Newsletter switch.
    pub const CONSENT_FORM: Operation =
        Operation::post("consent_form", "/me/newsletter", Access::Claimant);
    /// Chooses another association of the case, and says what happens (R51).
    pub const ASSOCIATION_PAGE: Operation =
        Operation::get("association_page", "/me/association", Access::Claimant);
    /// Goes there.
    pub const ASSOCIATION_FORM: Operation =
        Operation::post("association_form", "/me/association", Access::Claimant);
    /// Asks before withdrawing.
    pub const WITHDRAW_PAGE: Operation =
        Operation::get("withdraw_page", "/me/withdraw", Access::Claimant);
    /// Withdraws.
    pub const WITHDRAW_FORM: Operation =
        Operation::post("withdraw_form", "/me/withdraw", Access::Claimant);
    /// Asks before erasing.
    pub const ERASE_PAGE: Operation = Operation::get("erase_page", "/me/erase", Access::Claimant);
    /// Erases.
    pub const ERASE_FORM: Operation = Operation::post("erase_form", "/me/erase", Access::Claimant);
    /// Checks the code of a mail.
    pub const VERIFY_PAGE: Operation = Operation::get("verify_page", "/verify", Access::Public);
    /// Checks a receipt; keeps nothing.
    pub const VERIFY_FORM: Operation = Operation::post("verify_form", "/verify", Access::Public);

    /// Every kind of problem of the API.
    pub const PROBLEMS_PAGE: Operation =
        Operation::get("problems_page", "/problems", Access::Public);
    /// Where the `type` of a problem leads.
    pub const PROBLEM_PAGE: Operation =
        Operation::get("problem_page", "/problems/{name}", Access::Public);

    // evidence logs (C2SP tlog-tiles)
    /// The newest signed head of a log.
    pub const LOG_CHECKPOINT: Operation =
        Operation::get("log_checkpoint", "/log/{slug}/checkpoint", Access::Public);
    /// The key of a log.
    pub const LOG_VKEY: Operation = Operation::get("log_vkey", "/log/{slug}/vkey", Access::Public);
    /// Proof that a log goes on where a smaller one ended.
    pub const LOG_CONSISTENCY: Operation = Operation::get(
        "log_consistency",
        "/log/{slug}/consistency/{size}",
        Access::Public,
    );
    /// A tile of a log, or a bundle of its entries.
    pub const LOG_TILE: Operation =
        Operation::get("log_tile", "/log/{slug}/tile/{path:.+}", Access::Public);
    /// What a time-stamping authority said of a head of a log.
    pub const LOG_TIMESTAMP: Operation = Operation::get(
        "log_timestamp",
        "/log/{slug}/timestamps/{name}",
        Access::Public,
    );

    // console
    /// Login form.
    pub const LOGIN_PAGE: Operation =
        Operation::get("login_page", "/console/login", Access::Public);
    /// Signs in.
    pub const LOGIN_FORM: Operation =
        Operation::post("login_form", "/console/login", Access::Public);
    /// Signs out.
    pub const LOGOUT_FORM: Operation =
        Operation::post("logout_form", "/console/logout", Access::AnyStaff);
    /// Cases of the own association.
    pub const CONSOLE_PAGE: Operation =
        Operation::get("console_page", "/console", Access::AnyStaff);
    /// List of claimants.
    pub const CONSOLE_LIST_PAGE: Operation = Operation::get(
        "console_list_page",
        "/console/cases/{slug}",
        Access::Staff(READERS),
    );
    /// How a case stands, in figures.
    pub const CONSOLE_DASHBOARD: Operation = Operation::get(
        "console_dashboard",
        "/console/cases/{slug}/dashboard",
        Access::Staff(READERS),
    );
    /// The list as CSV, masked.
    pub const CONSOLE_CSV: Operation = Operation::get(
        "console_csv",
        "/console/cases/{slug}/claimants.csv",
        Access::Staff(READERS),
    );
    /// The register of imports, with the form for another.
    pub const CONSOLE_IMPORTS_PAGE: Operation = Operation::get(
        "console_imports_page",
        "/console/cases/{slug}/imports",
        Access::Staff(EXPORT_WATCHERS),
    );
    /// Uploads an earlier list.
    pub const CONSOLE_IMPORT_UPLOAD: Operation = Operation::post(
        "console_import_upload",
        "/console/cases/{slug}/imports",
        Access::Staff(EXPORTERS),
    );
    /// One import.
    pub const CONSOLE_ONE_IMPORT_PAGE: Operation = Operation::get(
        "console_one_import_page",
        "/console/imports/{id}",
        Access::Staff(EXPORT_WATCHERS),
    );
    /// Says what its columns hold, and tries it.
    pub const CONSOLE_IMPORT_CHECK: Operation = Operation::post(
        "console_import_check",
        "/console/imports/{id}/check",
        Access::Staff(EXPORTERS),
    );
    /// Imports a list that was tried.
    pub const CONSOLE_IMPORT_START: Operation = Operation::post(
        "console_import_start",
        "/console/imports/{id}/start",
        Access::StepUp(EXPORTERS),
    );
    /// Calls an import off.
    pub const CONSOLE_IMPORT_CANCELLATION: Operation = Operation::post(
        "console_import_cancellation",
        "/console/imports/{id}/cancellation",
        Access::Staff(EXPORTERS),
    );
    /// What became of each row.
    pub const CONSOLE_IMPORT_REPORT: Operation = Operation::get(
        "console_import_report",
        "/console/imports/{id}/report.csv",
        Access::Staff(EXPORT_WATCHERS),
    );
    /// The register of exports.
    pub const CONSOLE_EXPORTS_PAGE: Operation = Operation::get(
        "console_exports_page",
        "/console/cases/{slug}/exports",
        Access::Staff(EXPORT_WATCHERS),
    );
    /// One export.
    pub const CONSOLE_ONE_EXPORT_PAGE: Operation = Operation::get(
        "console_one_export_page",
        "/console/exports/{id}",
        Access::Staff(EXPORT_WATCHERS),
    );
    /// Approves an export in clear.
    pub const CONSOLE_EXPORT_APPROVAL: Operation = Operation::post(
        "console_export_approval",
        "/console/exports/{id}/approval",
        Access::StepUp(EXPORTERS),
    );
    /// Refuses an export in clear.
    pub const CONSOLE_EXPORT_REJECTION: Operation = Operation::post(
        "console_export_rejection",
        "/console/exports/{id}/rejection",
        Access::StepUp(EXPORTERS),
    );
    /// Calls an export off.
    pub const CONSOLE_EXPORT_CANCELLATION: Operation = Operation::post(
        "console_export_cancellation",
        "/console/exports/{id}/cancellation",
        Access::Staff(EXPORTERS),
    );
    /// Asks for an export once more.
    pub const CONSOLE_EXPORT_REPEAT: Operation = Operation::post(
        "console_export_repeat",
        "/console/exports/{id}/repeat",
        Access::StepUp(EXPORTERS),
    );
    /// One file of an export.
    pub const CONSOLE_EXPORT_FILE: Operation = Operation::get(
        "console_export_file",
        "/console/exports/{id}/files/{number}",
        Access::StepUp(EXPORTERS),
    );
    /// Form to ask for an export.
    pub const CONSOLE_EXPORT_PAGE: Operation = Operation::get(
        "console_export_page",
        "/console/cases/{slug}/export",
        Access::Staff(EXPORTERS),
    );
    /// Asks for an export, with a reason.
    pub const CONSOLE_EXPORT_FORM: Operation = Operation::post(
        "console_export_form",
        "/console/cases/{slug}/export",
        Access::StepUp(EXPORTERS),
    );
    /// One claimant.
    pub const CONSOLE_CLAIMANT_PAGE: Operation = Operation::get(
        "console_claimant_page",
        "/console/claimants/{id}",
        Access::Staff(READERS),
    );
    /// Confirms by phone or post.
    pub const CONSOLE_CONFIRM_FORM: Operation = Operation::post(
        "console_confirm_form",
        "/console/claimants/{id}/confirmation",
        Access::Staff(REVIEWERS),
    );
    /// Identity form for an assisted claimant.
    pub const CONSOLE_IDENTITY_PAGE: Operation = Operation::get(
        "console_identity_page",
        "/console/claimants/{id}/identity",
        Access::Staff(REVIEWERS),
    );
    /// Enters identity for an assisted claimant.
    pub const CONSOLE_IDENTITY_FORM: Operation = Operation::post(
        "console_identity_form",
        "/console/claimants/{id}/identity",
        Access::Staff(REVIEWERS),
    );
    /// The declaration of an assisted claimant, step by step.
    pub const CONSOLE_DECLARE_PAGE: Operation = Operation::get(
        "console_declare_page",
        "/console/claimants/{id}/declare",
        Access::Staff(REVIEWERS),
    );
    /// Saves a step; the last one declares.
    pub const CONSOLE_DECLARE_FORM: Operation = Operation::post(
        "console_declare_form",
        "/console/claimants/{id}/declare",
        Access::Staff(REVIEWERS),
    );
    /// The documents of a claimant, and a form to add one.
    pub const CONSOLE_DOCUMENTS_PAGE: Operation = Operation::get(
        "console_documents_page",
        "/console/claimants/{id}/documents",
        Access::Staff(REVIEWERS),
    );
    /// Adds a document for a claimant.
    pub const CONSOLE_DOCUMENTS_FORM: Operation = Operation::post(
        "console_documents_form",
        "/console/claimants/{id}/documents",
        Access::Staff(REVIEWERS),
    );
    /// Removes a document of a claimant.
    pub const CONSOLE_DOCUMENT_REMOVAL: Operation = Operation::post(
        "console_document_removal",
        "/console/claimants/{id}/documents/{document}/removal",
        Access::Staff(REVIEWERS),
    );
    /// Who acts for a claimant, and a death with its heirs.
    pub const CONSOLE_REPRESENTATIVE_PAGE: Operation = Operation::get(
        "console_representative_page",
        "/console/claimants/{id}/representative",
        Access::Staff(REVIEWERS),
    );
    /// Records who acts for a claimant.
    pub const CONSOLE_REPRESENTATIVE_FORM: Operation = Operation::post(
        "console_representative_form",
        "/console/claimants/{id}/representative",
        Access::Staff(REVIEWERS),
    );
    /// Ends a representation.
    pub const CONSOLE_REPRESENTATIVE_END: Operation = Operation::post(
        "console_representative_end",
        "/console/claimants/{id}/representative-end",
        Access::Staff(REVIEWERS),
    );
    /// Records a death and heirs.
    pub const CONSOLE_DEATH_FORM: Operation = Operation::post(
        "console_death_form",
        "/console/claimants/{id}/death",
        Access::Staff(REVIEWERS),
    );
    /// The form to sign by hand, to print.
    pub const CONSOLE_PAPER_FORM: Operation = Operation::get(
        "console_paper_form",
        "/console/claimants/{id}/paper-form",
        Access::Staff(REVIEWERS),
    );
    /// The oldest hand-in to be verified, and the next one after another.
    pub const CONSOLE_PAPER_QUEUE: Operation = Operation::get(
        "console_paper_queue",
        "/console/cases/{slug}/paper",
        Access::Staff(REVIEWERS),
    );
    /// Hands in what a claimant signed by hand.
    pub const CONSOLE_HAND_IN_PAGE: Operation = Operation::get(
        "console_hand_in_page",
        "/console/claimants/{id}/paper",
        Access::Staff(REVIEWERS),
    );
    /// Hands it in.
    pub const CONSOLE_HAND_IN_FORM: Operation = Operation::post(
        "console_hand_in_form",
        "/console/claimants/{id}/paper",
        Access::Staff(REVIEWERS),
    );
    /// A hand-in with its sheets.
    pub const CONSOLE_PAPER_PAGE: Operation = Operation::get(
        "console_paper_page",
        "/console/claimants/{id}/paper/{hand_in}",
        Access::Staff(REVIEWERS),
    );
    /// A sheet of a hand-in; images of identity documents among them (R64).
    pub const CONSOLE_PAPER_SHEET: Operation = Operation::get(
        "console_paper_sheet",
        "/console/claimants/{id}/paper/{hand_in}/sheets/{number}",
        Access::Staff(REVIEWERS),
    );
    /// Approves a hand-in.
    pub const CONSOLE_PAPER_APPROVAL: Operation = Operation::post(
        "console_paper_approval",
        "/console/claimants/{id}/paper/{hand_in}/approval",
        Access::Staff(REVIEWERS),
    );
    /// Rejects a hand-in.
    pub const CONSOLE_PAPER_REJECTION: Operation = Operation::post(
        "console_paper_rejection",
        "/console/claimants/{id}/paper/{hand_in}/rejection",
        Access::Staff(REVIEWERS),
    );
    /// Enters an e-mail for an assisted claimant.
    pub const CONSOLE_EMAIL_FORM: Operation = Operation::post(
        "console_email_form",
        "/console/claimants/{id}/email",
        Access::Staff(REVIEWERS),
    );
    /// Ends the quarantine of a sign-up.
    pub const CONSOLE_QUARANTINE_FORM: Operation = Operation::post(
        "console_quarantine_form",
        "/console/claimants/{id}/quarantine-end",
        Access::Staff(REVIEWERS),
    );
    /// Finds in order what is flagged in a declaration.
    pub const CONSOLE_DECLARED_CHECK_FORM: Operation = Operation::post(
        "console_declared_check_form",
        "/console/claimants/{id}/declared-check",
        Access::Staff(REVIEWERS),
    );
    /// Finds an identity in order of which something does not fit.
    pub const CONSOLE_IDENTITY_CHECK_FORM: Operation = Operation::post(
        "console_identity_check_form",
        "/console/claimants/{id}/identity-check",
        Access::Staff(REVIEWERS),
    );
    /// Takes accounts again.
    pub const CONSOLE_PAYOUT_FREEZE_FORM: Operation = Operation::post(
        "console_payout_freeze_form",
        "/console/claimants/{id}/payout-freeze-end",
        Access::Staff(REVIEWERS),
    );
    /// The signed PDF of a version.
    pub const CONSOLE_DOCUMENT: Operation = Operation::get(
        "console_document",
        "/console/claimants/{id}/declarations/{version}/document",
        Access::StepUp(REVIEWERS),
    );
    /// The evidence of the signature of a version.
    pub const CONSOLE_EVIDENCE: Operation = Operation::get(
        "console_evidence",
        "/console/claimants/{id}/declarations/{version}/evidence",
        Access::StepUp(REVIEWERS),
    );
    /// What proves the signature of a version.
    pub const CONSOLE_RECEIPT: Operation = Operation::get(
        "console_receipt",
        "/console/claimants/{id}/declarations/{version}/receipt",
        Access::StepUp(REVIEWERS),
    );
    /// When and how a version was signed, as a PDF to read.
    pub const CONSOLE_ATTESTATION: Operation = Operation::get(
        "console_attestation",
        "/console/claimants/{id}/declarations/{version}/attestation",
        Access::StepUp(REVIEWERS),
    );
    /// Files brought with a digital signature, and what was found.
    pub const CONSOLE_SIGNATURE_FILES: Operation = Operation::get(
        "console_signature_files",
        "/console/claimants/{id}/signature-files",
        Access::StepUp(REVIEWERS),
    );
    /// A file brought with a digital signature, as it came.
    pub const CONSOLE_SIGNATURE_FILE: Operation = Operation::get(
        "console_signature_file",
        "/console/claimants/{id}/signature-files/{file}",
        Access::StepUp(REVIEWERS),
    );
    /// One original of a claimant's document.
    pub const CONSOLE_DOCUMENT_FILE: Operation = Operation::get(
        "console_document_file",
        "/console/claimants/{id}/documents/{document}/files/{file}",
        Access::StepUp(REVIEWERS),
    );
    /// Asks for a fresh second factor.
    pub const CONSOLE_STEP_UP_PAGE: Operation =
        Operation::get("console_step_up_page", "/console/step-up", Access::AnyStaff);
    /// A fresh second factor.
    pub const CONSOLE_STEP_UP_FORM: Operation =
        Operation::post("console_step_up_form", "/console/step-up", Access::AnyStaff);

    // news of a case
    /// How many confirmed, for anybody.
    pub const GET_COUNTER: Operation = Operation::get(
        "get_counter",
        "/api/v1/public/cases/{slug}/counter",
        Access::Public,
    );
    /// The newest news of a case as a feed.
    pub const GET_FEED: Operation = Operation::get(
        "get_feed",
        "/api/v1/public/cases/{slug}/feed.json",
        Access::Public,
    );
    /// Dates of a case as a calendar.
    pub const GET_CALENDAR: Operation = Operation::get(
        "get_calendar",
        "/api/v1/public/cases/{slug}/calendar.ics",
        Access::Public,
    );
    /// News of a case, for anybody.
    pub const LIST_CASE_UPDATES: Operation = Operation::get(
        "list_case_updates",
        "/api/v1/public/cases/{slug}/updates",
        Access::Public,
    );
    /// Follow a case without claiming.
    pub const FOLLOW: Operation = Operation::post(
        "follow",
        "/api/v1/public/cases/{slug}/followers",
        Access::Public,
    );
    /// Form to follow a case.
    pub const FOLLOW_PAGE: Operation =
        Operation::get("follow_page", "/c/{slug}/follow", Access::Public);
    /// Asks to follow a case.
    pub const FOLLOW_FORM: Operation =
        Operation::post("follow_form", "/c/{slug}/follow", Access::Public);
    /// Shows what a link to follow can do.
    pub const FOLLOW_CONFIRM_PAGE: Operation =
        Operation::get("follow_confirm_page", "/follow/{token}", Access::Public);
    /// Confirms an address that follows.
    pub const FOLLOW_CONFIRM_FORM: Operation =
        Operation::post("follow_confirm_form", "/follow/{token}", Access::Public);
    /// Shows what a link that ends following can do.
    pub const UNFOLLOW_PAGE: Operation =
        Operation::get("unfollow_page", "/unfollow/{token}", Access::Public);
    /// Ends following.
    pub const UNFOLLOW_FORM: Operation =
        Operation::post("unfollow_form", "/unfollow/{token}", Access::Public);

    // cases written by staff, and their letters to the respondent
    /// Cases that the own association leads or drafts.
    pub const LIST_CASE_DESK: Operation = Operation::get(
        "list_case_desk",
        "/api/v1/staff/case-desk",
        Access::Staff(DESKS),
    );
    /// Begins a case.
    pub const CREATE_CASE: Operation = Operation::post(
        "create_case",
        "/api/v1/staff/case-desk",
        Access::Staff(PUBLISHERS),
    );
    /// A case on the desk.
    pub const GET_CASE_DESK: Operation = Operation::get(
        "get_case_desk",
        "/api/v1/staff/case-desk/{id}",
        Access::Staff(DESKS),
    );
    /// The next version of a case.
    pub const WRITE_CASE: Operation = Operation::put(
        "write_case",
        "/api/v1/staff/case-desk/{id}",
        Access::Staff(PUBLISHERS),
    );
    /// Asks a second person.
    pub const PROPOSE_CASE: Operation = Operation::post(
        "propose_case",
        "/api/v1/staff/case-desk/{id}/proposal",
        Access::Staff(PUBLISHERS),
    );
    /// The second person puts it in force.
    pub const PUBLISH_CASE: Operation = Operation::post(
        "publish_case",
        "/api/v1/staff/case-desk/{id}/publication",
        Access::Staff(PUBLISHERS),
    );
    /// Takes a public case back that nobody signed up for.
    pub const WITHDRAW_CASE: Operation = Operation::post(
        "withdraw_case",
        "/api/v1/staff/case-desk/{id}/withdrawal",
        Access::Staff(PUBLISHERS),
    );
    /// Sends it back, or takes it back.
    pub const RETURN_CASE: Operation = Operation::post(
        "return_case",
        "/api/v1/staff/case-desk/{id}/return",
        Access::Staff(PUBLISHERS),
    );
    /// Discards a draft.
    pub const DISCARD_CASE: Operation = Operation::post(
        "discard_case",
        "/api/v1/staff/case-desk/{id}/discard",
        Access::Staff(PUBLISHERS),
    );
    /// Cases on the desk, and a form for a new one.
    pub const CONSOLE_CASE_DESK_PAGE: Operation = Operation::get(
        "console_case_desk_page",
        "/console/case-desk",
        Access::Staff(DESKS),
    );
    /// Begins a case.
    pub const CONSOLE_CASE_NEW: Operation = Operation::post(
        "console_case_new",
        "/console/case-desk",
        Access::Staff(PUBLISHERS),
    );
    /// A case on the desk.
    pub const CONSOLE_CASE_PAGE: Operation = Operation::get(
        "console_case_page",
        "/console/case-desk/{id}",
        Access::Staff(DESKS),
    );
    /// The case as everybody will see it.
    pub const CONSOLE_CASE_PREVIEW: Operation = Operation::get(
        "console_case_preview",
        "/console/case-desk/{id}/preview",
        Access::Staff(DESKS),
    );
    /// One row of a section, as a form.
    pub const CONSOLE_CASE_SECTION_PAGE: Operation = Operation::get(
        "console_case_section_page",
        "/console/case-desk/{id}/{section}/{place}",
        Access::Staff(DESKS),
    );
    /// Writes or removes one row of a section.
    pub const CONSOLE_CASE_SECTION_FORM: Operation = Operation::post(
        "console_case_section_form",
        "/console/case-desk/{id}/{section}/{place}",
        Access::Staff(PUBLISHERS),
    );
    /// Proposes, publishes or sends back.
    pub const CONSOLE_CASE_DECISION: Operation = Operation::post(
        "console_case_decision",
        "/console/case-desk/{id}/decision",
        Access::Staff(PUBLISHERS),
    );
    /// Letters of the own association to the respondent.
    pub const LIST_DEMAND_LETTERS: Operation = Operation::get(
        "list_demand_letters",
        "/api/v1/staff/cases/{slug}/demand-letters",
        Access::Staff(READERS),
    );
    /// Enters a letter.
    pub const ENTER_DEMAND_LETTER: Operation = Operation::post(
        "enter_demand_letter",
        "/api/v1/staff/cases/{slug}/demand-letters",
        Access::Staff(PUBLISHERS),
    );
    /// A letter with all its versions.
    pub const GET_DEMAND_LETTER: Operation = Operation::get(
        "get_demand_letter",
        "/api/v1/staff/demand-letters/{id}",
        Access::Staff(READERS),
    );
    /// The next version of a letter.
    pub const UPDATE_DEMAND_LETTER: Operation = Operation::put(
        "update_demand_letter",
        "/api/v1/staff/demand-letters/{id}",
        Access::Staff(PUBLISHERS),
    );
    /// The register of letters, and a form for one.
    pub const CONSOLE_DEMAND_LETTERS_PAGE: Operation = Operation::get(
        "console_demand_letters_page",
        "/console/cases/{slug}/demand-letters",
        Access::Staff(READERS),
    );
    /// Enters a letter.
    pub const CONSOLE_DEMAND_LETTERS_FORM: Operation = Operation::post(
        "console_demand_letters_form",
        "/console/cases/{slug}/demand-letters",
        Access::Staff(PUBLISHERS),
    );
    /// A letter, and the form of its next version.
    pub const CONSOLE_DEMAND_LETTER_PAGE: Operation = Operation::get(
        "console_demand_letter_page",
        "/console/demand-letters/{id}",
        Access::Staff(READERS),
    );
    /// The next version of a letter.
    pub const CONSOLE_DEMAND_LETTER_FORM: Operation = Operation::post(
        "console_demand_letter_form",
        "/console/demand-letters/{id}",
        Access::Staff(PUBLISHERS),
    );

    /// News of the own association, withdrawn ones too.
    pub const LIST_UPDATES: Operation = Operation::get(
        "list_updates",
        "/api/v1/staff/cases/{slug}/updates",
        Access::Staff(READERS),
    );
    /// Publish news.
    pub const PUBLISH_UPDATE: Operation = Operation::post(
        "publish_update",
        "/api/v1/staff/cases/{slug}/updates",
        Access::Staff(PUBLISHERS),
    );
    /// Withdraw news.
    pub const WITHDRAW_UPDATE: Operation = Operation::post(
        "withdraw_update",
        "/api/v1/staff/updates/{id}/withdrawal",
        Access::Staff(PUBLISHERS),
    );
    /// All news of a case, page by page.
    pub const UPDATES_PAGE: Operation =
        Operation::get("updates_page", "/c/{slug}/updates", Access::Public);
    /// News of the own association, and a form for more.
    pub const CONSOLE_UPDATES_PAGE: Operation = Operation::get(
        "console_updates_page",
        "/console/cases/{slug}/updates",
        Access::Staff(PUBLISHERS),
    );
    /// Shows news as they will look, or publishes them.
    pub const CONSOLE_UPDATES_FORM: Operation = Operation::post(
        "console_updates_form",
        "/console/cases/{slug}/updates",
        Access::Staff(PUBLISHERS),
    );
    /// Withdraws news.
    pub const CONSOLE_UPDATE_WITHDRAWAL: Operation = Operation::post(
        "console_update_withdrawal",
        "/console/updates/{id}/withdrawal",
        Access::Staff(PUBLISHERS),
    );

    // bulk actions
    /// Bulk actions of the own association.
    pub const LIST_BULK: Operation = Operation::get(
        "list_bulk",
        "/api/v1/staff/cases/{slug}/bulk-actions",
        Access::Staff(EXPORT_WATCHERS),
    );
    /// Freeze the set of a bulk action to look at.
    pub const PREVIEW_BULK: Operation = Operation::post(
        "preview_bulk",
        "/api/v1/staff/cases/{slug}/bulk-actions",
        Access::Staff(PUBLISHERS),
    );
    /// How a bulk action stands.
    pub const GET_BULK: Operation = Operation::get(
        "get_bulk",
        "/api/v1/staff/bulk-actions/{id}",
        Access::Staff(EXPORT_WATCHERS),
    );
    /// Records of its set.
    pub const LIST_BULK_RECORDS: Operation = Operation::get(
        "list_bulk_records",
        "/api/v1/staff/bulk-actions/{id}/records",
        Access::Staff(EXPORT_WATCHERS),
    );
    /// Start, decide, stop or take back a bulk action.
    pub const STEP_BULK: Operation = Operation::post(
        "step_bulk",
        "/api/v1/staff/bulk-actions/{id}/steps",
        Access::Staff(PUBLISHERS),
    );
    /// Bulk actions of a case, and a form for another.
    pub const CONSOLE_BULK_PAGE: Operation = Operation::get(
        "console_bulk_page",
        "/console/cases/{slug}/bulk-actions",
        Access::Staff(EXPORT_WATCHERS),
    );
    /// Freezes the set of a bulk action to look at.
    pub const CONSOLE_BULK_FORM: Operation = Operation::post(
        "console_bulk_form",
        "/console/cases/{slug}/bulk-actions",
        Access::Staff(PUBLISHERS),
    );
    /// One bulk action and its records.
    pub const CONSOLE_ONE_BULK_PAGE: Operation = Operation::get(
        "console_one_bulk_page",
        "/console/bulk-actions/{id}",
        Access::Staff(EXPORT_WATCHERS),
    );
    /// Starts, decides, stops or takes back a bulk action.
    pub const CONSOLE_BULK_STEP: Operation = Operation::post(
        "console_bulk_step",
        "/console/bulk-actions/{id}",
        Access::Staff(PUBLISHERS),
    );
    /// Shows what a link that stops messages can do.
    pub const STOP_MESSAGES_PAGE: Operation = Operation::get(
        "stop_messages_page",
        "/stop-messages/{token}",
        Access::Public,
    );
    /// Stops messages, or lets them come again.
    pub const STOP_MESSAGES_FORM: Operation = Operation::post(
        "stop_messages_form",
        "/stop-messages/{token}",
        Access::Public,
    );

    // sample checks
    /// Sample checks of the own association.
    pub const LIST_SAMPLE_CHECKS: Operation = Operation::get(
        "list_sample_checks",
        "/api/v1/staff/cases/{slug}/sample-checks",
        Access::Staff(SAMPLE_READERS),
    );
    /// Freeze a list of records and draw a sample of it.
    pub const OPEN_SAMPLE_CHECK: Operation = Operation::post(
        "open_sample_check",
        "/api/v1/staff/cases/{slug}/sample-checks",
        Access::Staff(PUBLISHERS),
    );
    /// A sample check with its records.
    pub const GET_SAMPLE_CHECK: Operation = Operation::get(
        "get_sample_check",
        "/api/v1/staff/sample-checks/{id}",
        Access::Staff(SAMPLE_READERS),
    );
    /// What an expert draws again from.
    pub const GET_SAMPLE_FILE: Operation = Operation::get(
        "get_sample_file",
        "/api/v1/staff/sample-checks/{id}/file",
        Access::Staff(SAMPLE_READERS),
    );
    /// Say what was found of a record of a sample.
    pub const CHECK_SAMPLED: Operation = Operation::post(
        "check_sampled",
        "/api/v1/staff/sample-checks/{id}/results",
        Access::Staff(REVIEWERS),
    );
    /// Draw by a public seed, finish or cancel a sample check.
    pub const STEP_SAMPLE_CHECK: Operation = Operation::post(
        "step_sample_check",
        "/api/v1/staff/sample-checks/{id}/steps",
        Access::Staff(PUBLISHERS),
    );
    /// Sample checks of a case, and a form for another.
    pub const CONSOLE_SAMPLE_CHECKS_PAGE: Operation = Operation::get(
        "console_sample_checks_page",
        "/console/cases/{slug}/sample-checks",
        Access::Staff(SAMPLE_READERS),
    );
    /// Freezes a list of records and draws a sample of it.
    pub const CONSOLE_SAMPLE_CHECKS_FORM: Operation = Operation::post(
        "console_sample_checks_form",
        "/console/cases/{slug}/sample-checks",
        Access::Staff(PUBLISHERS),
    );
    /// One sample check with its records.
    pub const CONSOLE_SAMPLE_CHECK_PAGE: Operation = Operation::get(
        "console_sample_check_page",
        "/console/sample-checks/{id}",
        Access::Staff(SAMPLE_READERS),
    );
    /// What an expert draws again from.
    pub const CONSOLE_SAMPLE_FILE: Operation = Operation::get(
        "console_sample_file",
        "/console/sample-checks/{id}/file",
        Access::Staff(SAMPLE_READERS),
    );
    /// Takes what was found of a record of a sample.
    pub const CONSOLE_SAMPLE_RESULT_FORM: Operation = Operation::post(
        "console_sample_result_form",
        "/console/sample-checks/{id}/results",
        Access::Staff(REVIEWERS),
    );
    /// Draws, finishes or cancels a sample check.
    pub const CONSOLE_SAMPLE_STEP_FORM: Operation = Operation::post(
        "console_sample_step_form",
        "/console/sample-checks/{id}",
        Access::Staff(PUBLISHERS),
    );

    // demo
    /// Mails of the demo.
    pub const DEMO_OUTBOX_PAGE: Operation =
        Operation::get("demo_outbox_page", "/demo/outbox", Access::Demo);
    /// One mail of the demo.
    pub const DEMO_MAIL_PAGE: Operation =
        Operation::get("demo_mail_page", "/demo/outbox/{name}", Access::Demo);
    /// HTML part of a mail of the demo.
    pub const DEMO_MAIL_HTML: Operation =
        Operation::get("demo_mail_html", "/demo/outbox/{name}/html", Access::Demo);

    // partner sites
    /// Partner sites of the association.
    pub const LIST_PARTNERS: Operation = Operation::get(
        "list_partners",
        "/api/v1/staff/partners",
        Access::Staff(DESKS),
    );
    /// Make a partner site known.
    pub const ADD_PARTNER: Operation = Operation::post(
        "add_partner",
        "/api/v1/staff/partners",
        Access::StepUp(OWNERS),
    );
    /// One of them: its keys, how many it brought.
    pub const GET_PARTNER: Operation = Operation::get(
        "get_partner",
        "/api/v1/staff/partners/{id}",
        Access::Staff(DESKS),
    );
    /// Change what is known about it, let it rest, take it up again.
    pub const CHANGE_PARTNER: Operation = Operation::put(
        "change_partner",
        "/api/v1/staff/partners/{id}",
        Access::StepUp(OWNERS),
    );
    /// Make a key for it.
    pub const ADD_PARTNER_KEY: Operation = Operation::post(
        "add_partner_key",
        "/api/v1/staff/partners/{id}/keys",
        Access::StepUp(OWNERS),
    );
    /// Revoke a key.
    pub const REVOKE_PARTNER_KEY: Operation = Operation::post(
        "revoke_partner_key",
        "/api/v1/staff/partner-keys/{id}/revocation",
        Access::StepUp(OWNERS),
    );
    /// Partner sites of the association.
    pub const CONSOLE_PARTNERS_PAGE: Operation = Operation::get(
        "console_partners_page",
        "/console/partners",
        Access::Staff(DESKS),
    );
    /// Make one known, from the page.
    pub const CONSOLE_PARTNER_NEW: Operation = Operation::post(
        "console_partner_new",
        "/console/partners",
        Access::StepUp(OWNERS),
    );
    /// One of them: keys, links, how many it brought.
    pub const CONSOLE_PARTNER_PAGE: Operation = Operation::get(
        "console_partner_page",
        "/console/partners/{id}",
        Access::Staff(DESKS),
    );
    /// Change it, from the page.
    pub const CONSOLE_PARTNER_FORM: Operation = Operation::post(
        "console_partner_form",
        "/console/partners/{id}",
        Access::StepUp(OWNERS),
    );
    /// Form for a new key.
    pub const CONSOLE_PARTNER_KEY_PAGE: Operation = Operation::get(
        "console_partner_key_page",
        "/console/partners/{id}/keys",
        Access::StepUp(OWNERS),
    );
    /// Make a key, from the page.
    pub const CONSOLE_PARTNER_KEY_FORM: Operation = Operation::post(
        "console_partner_key_form",
        "/console/partners/{id}/keys",
        Access::StepUp(OWNERS),
    );
    /// Revoke a key, from the page.
    pub const CONSOLE_PARTNER_KEY_REVOCATION: Operation = Operation::post(
        "console_partner_key_revocation",
        "/console/partner-keys/{id}/revocation",
        Access::StepUp(OWNERS),
    );
    /// Send somebody who asked for it on the partner's site.
    pub const SUBMIT_CLAIMANT: Operation = Operation::post(
        "submit_claimant",
        "/api/v1/partner/claimants",
        Access::Partner(PartnerScope::Intake),
    );
    /// Send many.
    pub const SUBMIT_CLAIMANTS: Operation = Operation::post(
        "submit_claimants",
        "/api/v1/partner/claimants/batches",
        Access::Partner(PartnerScope::Intake),
    );
    /// What the partner sent.
    pub const LIST_SUBMISSIONS: Operation = Operation::get(
        "list_submissions",
        "/api/v1/partner/claimants",
        Access::Partner(PartnerScope::Read),
    );
    /// One of those it sent.
    pub const GET_SUBMISSION: Operation = Operation::get(
        "get_submission",
        "/api/v1/partner/claimants/{id}",
        Access::Partner(PartnerScope::Read),
    );
    /// How many it brought.
    pub const PARTNER_STATISTICS: Operation = Operation::get(
        "partner_statistics",
        "/api/v1/partner/statistics",
        Access::Partner(PartnerScope::Read),
    );
    /// End deliveries to an endpoint of a partner, or allow them again.
    pub const SET_WEBHOOK_ENDPOINT: Operation = Operation::put(
        "set_webhook_endpoint",
        "/api/v1/staff/webhook-endpoints/{id}",
        Access::StepUp(OWNERS),
    );
    /// The same, from the page of the partner.
    pub const CONSOLE_WEBHOOK_FORM: Operation = Operation::post(
        "console_webhook_form",
        "/console/webhook-endpoints/{id}",
        Access::StepUp(OWNERS),
    );
    /// What happened to those it sent.
    pub const LIST_PARTNER_EVENTS: Operation = Operation::get(
        "list_partner_events",
        "/api/v1/partner/events",
        Access::Partner(PartnerScope::Events),
    );
    /// Say where events are delivered to.
    pub const ADD_WEBHOOK_ENDPOINT: Operation = Operation::post(
        "add_webhook_endpoint",
        "/api/v1/partner/webhook-endpoints",
        Access::Partner(PartnerScope::Webhooks),
    );
    /// Where events are delivered to.
    pub const LIST_WEBHOOK_ENDPOINTS: Operation = Operation::get(
        "list_webhook_endpoints",
        "/api/v1/partner/webhook-endpoints",
        Access::Partner(PartnerScope::Webhooks),
    );
    /// One such endpoint.
    pub const GET_WEBHOOK_ENDPOINT: Operation = Operation::get(
        "get_webhook_endpoint",
        "/api/v1/partner/webhook-endpoints/{id}",
        Access::Partner(PartnerScope::Webhooks),
    );
    /// Change it, end deliveries to it, take them up again.
    pub const CHANGE_WEBHOOK_ENDPOINT: Operation = Operation::patch(
        "change_webhook_endpoint",
        "/api/v1/partner/webhook-endpoints/{id}",
        Access::Partner(PartnerScope::Webhooks),
    );
    /// Delete it.
    pub const DELETE_WEBHOOK_ENDPOINT: Operation = Operation::delete(
        "delete_webhook_endpoint",
        "/api/v1/partner/webhook-endpoints/{id}",
        Access::Partner(PartnerScope::Webhooks),
    );
    /// Give it a new secret.
    pub const ROTATE_WEBHOOK_SECRET: Operation = Operation::post(
        "rotate_webhook_secret",
        "/api/v1/partner/webhook-endpoints/{id}/secret",
        Access::Partner(PartnerScope::Webhooks),
    );
    /// Try it out.
    pub const PING_WEBHOOK_ENDPOINT: Operation = Operation::post(
        "ping_webhook_endpoint",
        "/api/v1/partner/webhook-endpoints/{id}/ping",
        Access::Partner(PartnerScope::Webhooks),
    );
    /// How deliveries to it went.
    pub const LIST_WEBHOOK_ATTEMPTS: Operation = Operation::get(
        "list_webhook_attempts",
        "/api/v1/partner/webhook-endpoints/{id}/attempts",
        Access::Partner(PartnerScope::Webhooks),
    );
    /// Deliver events to it again.
    pub const REPLAY_WEBHOOK_EVENTS: Operation = Operation::post(
        "replay_webhook_events",
        "/api/v1/partner/webhook-endpoints/{id}/replays",
        Access::Partner(PartnerScope::Webhooks),
    );

    /// Invented people for the sandbox.
    pub const SANDBOX_PEOPLE: Operation = Operation::get(
        "sandbox_people",
        "/api/v1/partner/sandbox/people",
        Access::Partner(PartnerScope::Read),
    );
    /// Move a test person on.
    pub const MOVE_TEST_PERSON: Operation = Operation::post(
        "move_test_person",
        "/api/v1/partner/sandbox/claimants/{id}/transitions",
        Access::Partner(PartnerScope::Intake),
    );
    /// Delete the test people.
    pub const EMPTY_SANDBOX: Operation = Operation::delete(
        "empty_sandbox",
        "/api/v1/partner/sandbox/claimants",
        Access::Partner(PartnerScope::Intake),
    );

    // people of an association
    /// Who acts for the association, and who is invited.
    pub const LIST_PEOPLE: Operation =
        Operation::get("list_people", "/api/v1/staff/people", Access::Staff(OWNERS));
    /// One of them: what the membership was, where they are signed in.
    pub const GET_PERSON: Operation = Operation::get(
        "get_person",
        "/api/v1/staff/people/{id}",
        Access::Staff(OWNERS),
    );
    /// Invite somebody by e-mail.
    pub const INVITE: Operation = Operation::post(
        "invite",
        "/api/v1/staff/invitations",
        Access::StepUp(OWNERS),
    );
    /// Call an invitation off.
    pub const REVOKE_INVITATION: Operation = Operation::post(
        "revoke_invitation",
        "/api/v1/staff/invitations/{id}/revocation",
        Access::StepUp(OWNERS),
    );
    /// Give another role, let a membership rest, take it up again, end it.
    pub const CHANGE_MEMBERSHIP: Operation = Operation::post(
        "change_membership",
        "/api/v1/staff/people/{id}/membership",
        Access::StepUp(OWNERS),
    );
    /// End all that somebody has open for the association.
    pub const END_PERSON_SESSIONS: Operation = Operation::post(
        "end_person_sessions",
        "/api/v1/staff/people/{id}/sessions-end",
        Access::StepUp(OWNERS),
    );
    /// What waits for a second person: to be decided, and asked for oneself.
    pub const LIST_APPROVALS: Operation = Operation::get(
        "list_approvals",
        "/api/v1/staff/approvals",
        Access::Staff(ASSIGNERS),
    );
    /// The same, as a page.
    pub const CONSOLE_APPROVALS_PAGE: Operation = Operation::get(
        "console_approvals_page",
        "/console/approvals",
        Access::Staff(ASSIGNERS),
    );
    /// The own account: where one is signed in.
    pub const GET_ACCOUNT: Operation =
        Operation::get("get_account", "/api/v1/staff/account", Access::AnyStaff);
    /// End one of the own sessions, or all others.
    pub const END_OWN_SESSIONS: Operation = Operation::post(
        "end_own_sessions",
        "/api/v1/staff/account/sessions-end",
        Access::AnyStaff,
    );
    /// Change the own password.
    pub const CHANGE_PASSWORD: Operation = Operation::put(
        "change_password",
        "/api/v1/staff/account/password",
        Access::AnyStaff,
    );
    /// What a new authenticator app is connected with.
    pub const NEW_FACTOR: Operation = Operation::get(
        "new_factor",
        "/api/v1/staff/account/authenticator",
        Access::StepUp(EVERYBODY),
    );
    /// Take up a new authenticator app.
    pub const CHANGE_FACTOR: Operation = Operation::put(
        "change_factor",
        "/api/v1/staff/account/authenticator",
        Access::StepUp(EVERYBODY),
    );
    /// Make new recovery codes.
    pub const NEW_RECOVERY_CODES: Operation = Operation::post(
        "new_recovery_codes",
        "/api/v1/staff/account/recovery-codes",
        Access::AnyStaff,
    );
    /// People of the association, and invitations.
    pub const CONSOLE_PEOPLE_PAGE: Operation = Operation::get(
        "console_people_page",
        "/console/people",
        Access::Staff(OWNERS),
    );
    /// Invite, from the page.
    pub const CONSOLE_INVITATION_NEW: Operation = Operation::post(
        "console_invitation_new",
        "/console/people",
        Access::StepUp(OWNERS),
    );
    /// Call an invitation off, from the page.
    pub const CONSOLE_INVITATION_REVOCATION: Operation = Operation::post(
        "console_invitation_revocation",
        "/console/invitations/{id}/revocation",
        Access::StepUp(OWNERS),
    );
    /// One of the people.
    pub const CONSOLE_PERSON_PAGE: Operation = Operation::get(
        "console_person_page",
        "/console/people/{id}",
        Access::Staff(OWNERS),
    );
    /// Change a membership, from the page.
    pub const CONSOLE_MEMBERSHIP_FORM: Operation = Operation::post(
        "console_membership_form",
        "/console/people/{id}/membership",
        Access::StepUp(OWNERS),
    );
    /// End somebody's sessions, from the page.
    pub const CONSOLE_PERSON_SESSIONS_FORM: Operation = Operation::post(
        "console_person_sessions_form",
        "/console/people/{id}/sessions-end",
        Access::StepUp(OWNERS),
    );
    /// The own account.
    pub const CONSOLE_ACCOUNT_PAGE: Operation =
        Operation::get("console_account_page", "/console/account", Access::AnyStaff);
    /// End own sessions, from the page.
    pub const CONSOLE_ACCOUNT_SESSIONS_FORM: Operation = Operation::post(
        "console_account_sessions_form",
        "/console/account/sessions-end",
        Access::AnyStaff,
    );
    /// Form for a new password.
    pub const CONSOLE_PASSWORD_PAGE: Operation = Operation::get(
        "console_password_page",
        "/console/account/password",
        Access::AnyStaff,
    );
    /// Change the own password, from the page.
    pub const CONSOLE_PASSWORD_FORM: Operation = Operation::post(
        "console_password_form",
        "/console/account/password",
        Access::AnyStaff,
    );
    /// Form for a new authenticator app.
    pub const CONSOLE_FACTOR_PAGE: Operation = Operation::get(
        "console_factor_page",
        "/console/account/authenticator",
        Access::StepUp(EVERYBODY),
    );
    /// Take up a new authenticator app, from the page.
    pub const CONSOLE_FACTOR_FORM: Operation = Operation::post(
        "console_factor_form",
        "/console/account/authenticator",
        Access::StepUp(EVERYBODY),
    );
    /// Form for new recovery codes.
    pub const CONSOLE_RECOVERY_PAGE: Operation = Operation::get(
        "console_recovery_page",
        "/console/account/recovery-codes",
        Access::AnyStaff,
    );
    /// Make new recovery codes, from the page.
    pub const CONSOLE_RECOVERY_FORM: Operation = Operation::post(
        "console_recovery_form",
        "/console/account/recovery-codes",
        Access::AnyStaff,
    );
    // the trail
    /// Who did and saw what of a record.
    pub const CLAIMANT_TRAIL: Operation = Operation::get(
        "claimant_trail",
        "/api/v1/staff/claimants/{id}/trail",
        Access::Staff(WATCHERS),
    );
    /// The same as CSV.
    pub const CLAIMANT_TRAIL_CSV: Operation = Operation::get(
        "claimant_trail_csv",
        "/api/v1/staff/claimants/{id}/trail.csv",
        Access::Staff(WATCHERS),
    );
    /// What a person did.
    pub const STAFF_TRAIL: Operation = Operation::get(
        "staff_trail",
        "/api/v1/staff/people/{id}/trail",
        Access::Staff(WATCHERS),
    );
    /// The same as CSV.
    pub const STAFF_TRAIL_CSV: Operation = Operation::get(
        "staff_trail_csv",
        "/api/v1/staff/people/{id}/trail.csv",
        Access::Staff(WATCHERS),
    );
    /// Whose data a person could read in a span, and did.
    pub const STAFF_REACH: Operation = Operation::get(
        "staff_reach",
        "/api/v1/staff/people/{id}/reach",
        Access::Staff(WATCHERS),
    );
    /// What was seen and taken, as CSV.
    pub const STAFF_REACH_CSV: Operation = Operation::get(
        "staff_reach_csv",
        "/api/v1/staff/people/{id}/reach.csv",
        Access::Staff(WATCHERS),
    );
    /// Whose trail to look at, and how the trail is checked.
    pub const CONSOLE_TRAILS_PAGE: Operation = Operation::get(
        "console_trails_page",
        "/console/trails",
        Access::Staff(WATCHERS),
    );
    /// Who did and saw what of a record.
    pub const CONSOLE_CLAIMANT_TRAIL: Operation = Operation::get(
        "console_claimant_trail",
        "/console/claimants/{id}/trail",
        Access::Staff(WATCHERS),
    );
    /// The same as CSV.
    pub const CONSOLE_CLAIMANT_TRAIL_CSV: Operation = Operation::get(
        "console_claimant_trail_csv",
        "/console/claimants/{id}/trail.csv",
        Access::Staff(WATCHERS),
    );
    /// What a person did.
    pub const CONSOLE_STAFF_TRAIL: Operation = Operation::get(
        "console_staff_trail",
        "/console/people/{id}/trail",
        Access::Staff(WATCHERS),
    );
    /// The same as CSV.
    pub const CONSOLE_STAFF_TRAIL_CSV: Operation = Operation::get(
        "console_staff_trail_csv",
        "/console/people/{id}/trail.csv",
        Access::Staff(WATCHERS),
    );
    /// Whose data a person could read in a span, and did.
    pub const CONSOLE_STAFF_REACH: Operation = Operation::get(
        "console_staff_reach",
        "/console/people/{id}/reach",
        Access::Staff(WATCHERS),
    );
    /// What was seen and taken, as CSV.
    pub const CONSOLE_STAFF_REACH_CSV: Operation = Operation::get(
        "console_staff_reach_csv",
        "/console/people/{id}/reach.csv",
        Access::Staff(WATCHERS),
    );
    // the outbox
    /// What waits to be sent, and what was given up.
    pub const LIST_MAILS: Operation = Operation::get(
        "list_mails",
        "/api/v1/staff/mails",
        Access::Staff(EXPORT_WATCHERS),
    );
    /// Put mails given up into the queue again.
    pub const RETRY_MAILS: Operation = Operation::post(
        "retry_mails",
        "/api/v1/staff/mails/retry",
        Access::StepUp(EXPORTERS),
    );
    /// What waits to be sent, and what was given up.
    pub const CONSOLE_MAILS_PAGE: Operation = Operation::get(
        "console_mails_page",
        "/console/mails",
        Access::Staff(EXPORT_WATCHERS),
    );
    /// Put mails given up into the queue again, from the page.
    pub const CONSOLE_MAILS_FORM: Operation = Operation::post(
        "console_mails_form",
        "/console/mails",
        Access::StepUp(EXPORTERS),
    );
    /// What an invitation offers.
    pub const INVITATION_PAGE: Operation = Operation::get(
        "invitation_page",
        "/console/invitation/{token}",
        Access::Public,
    );
    /// Take an invitation up.
    pub const INVITATION_FORM: Operation = Operation::post(
        "invitation_form",
        "/console/invitation/{token}",
        Access::Public,
    );

    /// Every operation; `web::routes` registers exactly these.
    pub const ALL: &[&Operation] = &[
        &HEALTH,
        &READY,
        &OPENAPI,
        &LIMITS,
        &LIST_CASES,
        &GET_CASE,
        &SIGN_UP,
        &CONFIRM,
        &RESEND,
        &REQUEST_ACCESS,
        &ENTER,
        &CHECK_MAIL_CODE,
        &GET_ME,
        &PUT_IDENTITY,
        &PUT_REPRESENTATIVE,
        &PUT_CONSENT,
        &GET_DECLARATION,
        &PUT_DECLARATION,
        &DECLARATION_DOCUMENT,
        &REQUEST_SIGNATURE,
        &SIGN,
        &PAPER_FORM,
        &LIST_SIGNATURE_FILES,
        &GET_RECEIPT,
        &RECEIPT_DOCUMENT,
        &RECEIPT_ATTESTATION,
        &LIST_DOCUMENTS,
        &ADD_DOCUMENT,
        &DOCUMENT_FILE,
        &REMOVE_DOCUMENT,
        &PUT_PAYOUT,
        &REQUEST_PAYOUT_CODE,
        &REQUEST_CONTACT_CHANGE,
        &CONFIRM_CONTACT_CHANGE,
        &REQUEST_MAILBOX_CODE,
        &PROVE_MAILBOX,
        &CHANGE_ASSOCIATION,
        &WITHDRAW,
        &ERASE,
        &GET_DATA,
        &LIST_MY_MAILS,
        &LIST_MY_VIEWS,
        &STAFF_TOKEN,
        &STAFF_REFRESH,
        &STAFF_REVOKE,
        &STAFF_STEP_UP,
        &LIST_CLAIMANTS,
        &DASHBOARD,
        &CLAIMANTS_CSV,
        &GET_CLAIMANT,
        &ASSIST_CONFIRM,
        &ASSIST_IDENTITY,
        &ASSIST_DECLARATION,
        &STAFF_REPRESENTATIVE,
        &STAFF_REPRESENTATIVE_END,
        &RECORD_DEATH,
        &STAFF_PAPER_FORM,
        &CLAIMANT_DOCUMENTS,
        &CLAIMANT_DOCUMENT_FILE,
        &CLAIMANT_ADD_DOCUMENT,
        &CLAIMANT_REMOVE_DOCUMENT,
        &STAFF_HAND_IN,
        &LIST_PAPER,
        &APPROVE_PAPER,
        &REJECT_PAPER,
        &ASSIST_EMAIL,
        &END_QUARANTINE,
        &CHECK_DECLARED,
        &CHECK_IDENTITY,
        &END_PAYOUT_FREEZE,
        &CLAIMANT_DOCUMENT,
        &CLAIMANT_EVIDENCE,
        &CLAIMANT_RECEIPT,
        &CLAIMANT_ATTESTATION,
        &CLAIMANT_SIGNATURE_FILES,
        &CLAIMANT_SIGNATURE_FILE,
        &UPLOAD_IMPORT,
        &LIST_IMPORTS,
        &GET_IMPORT,
        &CHECK_IMPORT,
        &START_IMPORT,
        &CANCEL_IMPORT,
        &IMPORT_REPORT,
        &EXPORT,
        &LIST_EXPORTS,
        &GET_EXPORT,
        &APPROVE_EXPORT,
        &REJECT_EXPORT,
        &CANCEL_EXPORT,
        &REPEAT_EXPORT,
        &EXPORT_CONTENT,
        &EXPORT_FILE,
        &HOME_PAGE,
        &CASE_PAGE,
        &ABOUT_PAGE,
        &TEXTS_PAGE,
        &JOIN_PAGE,
        &JOIN_FORM,
        &JOINED_PAGE,
        &JOINED_CODE,
        &JOINED_ADDRESS,
        &JOINED_RESEND,
        &EMBED_SCRIPT,
        &EMBED_PAGE,
        &EMBED_FORM,
        &CONFIRM_PAGE,
        &CONFIRM_FORM,
        &CONFIRM_RESEND,
        &NOT_ME_PAGE,
        &NOT_ME_FORM,
        &NOT_ME_UNDO,
        &STOP_PAYOUT_PAGE,
        &STOP_PAYOUT_FORM,
        &STOP_CONTACT_PAGE,
        &STOP_CONTACT_FORM,
        &NEW_CONTACT_PAGE,
        &NEW_CONTACT_FORM,
        &ENTER_START,
        &ENTER_LINK_FORM,
        &ENTER_CODE_FORM,
        &ENTER_PAGE,
        &ENTER_FORM,
        &LEAVE_FORM,
        &ME_PAGE,
        &IDENTITY_PAGE,
        &IDENTITY_FORM,
        &REPRESENTATIVE_PAGE,
        &REPRESENTATIVE_FORM,
        &DECLARE_PAGE,
        &DECLARE_FORM,
        &SIGN_PAGE,
        &SIGN_CODE_FORM,
        &SIGN_FORM,
        &DOCUMENTS_PAGE,
        &DOCUMENTS_FORM,
        &DOCUMENT_ORIGINAL,
        &DOCUMENT_REMOVAL_FORM,
        &SIGN_FILE_FORM,
        &PAYOUT_PAGE,
        &PAYOUT_FORM,
        &PAYOUT_CODE_FORM,
        &CONTACT_PAGE,
        &CONTACT_FORM,
        &CONTACT_CODE_FORM,
        &PHONE_FORM,
        &MAILBOX_PAGE,
        &MAILBOX_CODE_FORM,
        &MAILBOX_FORM,
        &DECLARATION_FILE,
        &PAPER_PAGE,
        &PAPER_HAND_IN,
        &PAPER_FORM_FILE,
        &SIGNED_FILE,
        &RECEIPT_FILE,
        &ATTESTATION_FILE,
        &CONSENT_FORM,
        &ASSOCIATION_PAGE,
        &ASSOCIATION_FORM,
        &WITHDRAW_PAGE,
        &WITHDRAW_FORM,
        &ERASE_PAGE,
        &ERASE_FORM,
        &DATA_FILE,
        &MY_MAILS_PAGE,
        &MY_VIEWS_PAGE,
        &LIST_MY_RIGHTS_REQUESTS,
        &ASK_RIGHTS_REQUEST,
        &RIGHTS_PAGE,
        &RIGHTS_FORM,
        &LIST_RIGHTS_REQUESTS,
        &ENTER_RIGHTS_REQUEST,
        &GET_RIGHTS_REQUEST,
        &EXTEND_RIGHTS_REQUEST,
        &ANSWER_RIGHTS_REQUEST,
        &HAND_OVER_DATA,
        &CONSOLE_DATA_FORM,
        &LIFT_RESTRICTION,
        &CONSOLE_LIFTING_FORM,
        &CONSOLE_RIGHTS_PAGE,
        &CONSOLE_RIGHT_PAGE,
        &CONSOLE_EXTENSION_FORM,
        &CONSOLE_ANSWER_FORM,
        &CONSOLE_LETTER_PAGE,
        &CONSOLE_LETTER_FORM,
        &CONSOLE_RETENTION_PAGE,
        &LIST_BREACHES,
        &OPEN_BREACH,
        &GET_BREACH,
        &UPDATE_BREACH,
        &BREACHES_CSV,
        &CONSOLE_BREACHES_PAGE,
        &CONSOLE_BREACH_NEW,
        &CONSOLE_BREACHES_CSV,
        &CONSOLE_BREACH_PAGE,
        &CONSOLE_BREACH_FORM,
        &LIST_QUEUES,
        &NEXT_ITEM,
        &BEGIN_ITEM,
        &ASSIGN_ITEM,
        &CONSOLE_QUEUES_PAGE,
        &CONSOLE_NEXT_ITEM,
        &CONSOLE_BEGIN_FORM,
        &CONSOLE_ASSIGN_FORM,
        &GET_CONFLICT,
        &DECIDE_CONFLICT,
        &APPROVE_CONFLICT,
        &CONSOLE_CONFLICT_PAGE,
        &CONSOLE_CONFLICT_DECISION,
        &CONSOLE_CONFLICT_APPROVAL,
        &LIST_DEFICIENCIES,
        &ASK_DEFICIENCY,
        &CONSOLE_DEFICIENCY_FORM,
        &STAFF_PUT_PAYOUT,
        &RELEASE_PAYOUT,
        &CONSOLE_PAYOUT_PAGE,
        &CONSOLE_PAYOUT_FORM,
        &CONSOLE_PAYOUT_DECISION,
        &STAFF_PUT_CONTACT,
        &DECIDE_CONTACT,
        &CONSOLE_CONTACT_PAGE,
        &CONSOLE_CONTACT_FORM,
        &CONSOLE_CONTACT_DECISION,
        &REPORT_SCAM,
        &REPORT_SCAM_PAGE,
        &REPORT_SCAM_FORM,
        &LIST_SCAM_REPORTS,
        &GET_SCAM_REPORT,
        &HANDLE_SCAM_REPORT,
        &CONSOLE_SCAM_REPORTS_PAGE,
        &CONSOLE_SCAM_REPORT_PAGE,
        &CONSOLE_SCAM_REPORT_FORM,
        &VERIFY_PAGE,
        &VERIFY_FORM,
        &PROBLEMS_PAGE,
        &PROBLEM_PAGE,
        &LOG_CHECKPOINT,
        &LOG_VKEY,
        &LOG_CONSISTENCY,
        &LOG_TILE,
        &LOG_TIMESTAMP,
        &LOGIN_PAGE,
        &LOGIN_FORM,
        &LOGOUT_FORM,
        &CONSOLE_PAGE,
        &CONSOLE_LIST_PAGE,
        &CONSOLE_DASHBOARD,
        &CONSOLE_CSV,
        &CONSOLE_IMPORTS_PAGE,
        &CONSOLE_IMPORT_UPLOAD,
        &CONSOLE_ONE_IMPORT_PAGE,
        &CONSOLE_IMPORT_CHECK,
        &CONSOLE_IMPORT_START,
        &CONSOLE_IMPORT_CANCELLATION,
        &CONSOLE_IMPORT_REPORT,
        &CONSOLE_EXPORTS_PAGE,
        &CONSOLE_ONE_EXPORT_PAGE,
        &CONSOLE_EXPORT_APPROVAL,
        &CONSOLE_EXPORT_REJECTION,
        &CONSOLE_EXPORT_CANCELLATION,
        &CONSOLE_EXPORT_REPEAT,
        &CONSOLE_EXPORT_FILE,
        &CONSOLE_EXPORT_PAGE,
        &CONSOLE_EXPORT_FORM,
        &CONSOLE_CLAIMANT_PAGE,
        &CONSOLE_CONFIRM_FORM,
        &CONSOLE_IDENTITY_PAGE,
        &CONSOLE_IDENTITY_FORM,
        &CONSOLE_DECLARE_PAGE,
        &CONSOLE_DECLARE_FORM,
        &CONSOLE_DOCUMENTS_PAGE,
        &CONSOLE_DOCUMENTS_FORM,
        &CONSOLE_DOCUMENT_REMOVAL,
        &CONSOLE_REPRESENTATIVE_PAGE,
        &CONSOLE_REPRESENTATIVE_FORM,
        &CONSOLE_REPRESENTATIVE_END,
        &CONSOLE_DEATH_FORM,
        &CONSOLE_PAPER_FORM,
        &CONSOLE_PAPER_QUEUE,
        &CONSOLE_HAND_IN_PAGE,
        &CONSOLE_HAND_IN_FORM,
        &CONSOLE_PAPER_PAGE,
        &CONSOLE_PAPER_SHEET,
        &CONSOLE_PAPER_APPROVAL,
        &CONSOLE_PAPER_REJECTION,
        &CONSOLE_EMAIL_FORM,
        &CONSOLE_QUARANTINE_FORM,
        &CONSOLE_DECLARED_CHECK_FORM,
        &CONSOLE_IDENTITY_CHECK_FORM,
        &CONSOLE_PAYOUT_FREEZE_FORM,
        &CONSOLE_DOCUMENT,
        &CONSOLE_EVIDENCE,
        &CONSOLE_RECEIPT,
        &CONSOLE_ATTESTATION,
        &CONSOLE_SIGNATURE_FILES,
        &CONSOLE_SIGNATURE_FILE,
        &CONSOLE_DOCUMENT_FILE,
        &CONSOLE_STEP_UP_PAGE,
        &CONSOLE_STEP_UP_FORM,
        &GET_COUNTER,
        &GET_FEED,
        &GET_CALENDAR,
        &LIST_CASE_UPDATES,
        &FOLLOW,
        &FOLLOW_PAGE,
        &FOLLOW_FORM,
        &FOLLOW_CONFIRM_PAGE,
        &FOLLOW_CONFIRM_FORM,
        &UNFOLLOW_PAGE,
        &UNFOLLOW_FORM,
        &LIST_BULK,
        &PREVIEW_BULK,
        &GET_BULK,
        &LIST_BULK_RECORDS,
        &STEP_BULK,
        &CONSOLE_BULK_PAGE,
        &CONSOLE_BULK_FORM,
        &CONSOLE_ONE_BULK_PAGE,
        &CONSOLE_BULK_STEP,
        &STOP_MESSAGES_PAGE,
        &STOP_MESSAGES_FORM,
        &LIST_SAMPLE_CHECKS,
        &OPEN_SAMPLE_CHECK,
        &GET_SAMPLE_CHECK,
        &GET_SAMPLE_FILE,
        &CHECK_SAMPLED,
        &STEP_SAMPLE_CHECK,
        &CONSOLE_SAMPLE_CHECKS_PAGE,
        &CONSOLE_SAMPLE_CHECKS_FORM,
        &CONSOLE_SAMPLE_CHECK_PAGE,
        &CONSOLE_SAMPLE_FILE,
        &CONSOLE_SAMPLE_RESULT_FORM,
        &CONSOLE_SAMPLE_STEP_FORM,
        &LIST_CASE_DESK,
        &CREATE_CASE,
        &GET_CASE_DESK,
        &WRITE_CASE,
        &PROPOSE_CASE,
        &PUBLISH_CASE,
        &RETURN_CASE,
        &WITHDRAW_CASE,
        &DISCARD_CASE,
        &CONSOLE_CASE_DESK_PAGE,
        &CONSOLE_CASE_NEW,
        &CONSOLE_CASE_PAGE,
        &CONSOLE_CASE_PREVIEW,
        &CONSOLE_CASE_SECTION_PAGE,
        &CONSOLE_CASE_SECTION_FORM,
        &CONSOLE_CASE_DECISION,
        &LIST_DEMAND_LETTERS,
        &ENTER_DEMAND_LETTER,
        &GET_DEMAND_LETTER,
        &UPDATE_DEMAND_LETTER,
        &CONSOLE_DEMAND_LETTERS_PAGE,
        &CONSOLE_DEMAND_LETTERS_FORM,
        &CONSOLE_DEMAND_LETTER_PAGE,
        &CONSOLE_DEMAND_LETTER_FORM,
        &LIST_UPDATES,
        &PUBLISH_UPDATE,
        &WITHDRAW_UPDATE,
        &UPDATES_PAGE,
        &CONSOLE_UPDATES_PAGE,
        &CONSOLE_UPDATES_FORM,
        &CONSOLE_UPDATE_WITHDRAWAL,
        &LIST_APPROVALS,
        &CONSOLE_APPROVALS_PAGE,
        &LIST_PARTNERS,
        &ADD_PARTNER,
        &GET_PARTNER,
        &CHANGE_PARTNER,
        &ADD_PARTNER_KEY,
        &REVOKE_PARTNER_KEY,
        &CONSOLE_PARTNERS_PAGE,
        &CONSOLE_PARTNER_NEW,
        &CONSOLE_PARTNER_PAGE,
        &CONSOLE_PARTNER_FORM,
        &CONSOLE_PARTNER_KEY_PAGE,
        &CONSOLE_PARTNER_KEY_FORM,
        &CONSOLE_PARTNER_KEY_REVOCATION,
        &SUBMIT_CLAIMANT,
        &SUBMIT_CLAIMANTS,
        &LIST_SUBMISSIONS,
        &GET_SUBMISSION,
        &PARTNER_STATISTICS,
        &SET_WEBHOOK_ENDPOINT,
        &CONSOLE_WEBHOOK_FORM,
        &LIST_PARTNER_EVENTS,
        &ADD_WEBHOOK_ENDPOINT,
        &LIST_WEBHOOK_ENDPOINTS,
        &GET_WEBHOOK_ENDPOINT,
        &CHANGE_WEBHOOK_ENDPOINT,
        &DELETE_WEBHOOK_ENDPOINT,
        &ROTATE_WEBHOOK_SECRET,
        &PING_WEBHOOK_ENDPOINT,
        &LIST_WEBHOOK_ATTEMPTS,
        &REPLAY_WEBHOOK_EVENTS,
        &SANDBOX_PEOPLE,
        &MOVE_TEST_PERSON,
        &EMPTY_SANDBOX,
        &LIST_PEOPLE,
        &GET_PERSON,
        &INVITE,
        &REVOKE_INVITATION,
        &CHANGE_MEMBERSHIP,
        &END_PERSON_SESSIONS,
        &GET_ACCOUNT,
        &END_OWN_SESSIONS,
        &CHANGE_PASSWORD,
        &NEW_FACTOR,
        &CHANGE_FACTOR,
        &NEW_RECOVERY_CODES,
        &CONSOLE_PEOPLE_PAGE,
        &CONSOLE_INVITATION_NEW,
        &CONSOLE_INVITATION_REVOCATION,
        &CONSOLE_PERSON_PAGE,
        &CONSOLE_MEMBERSHIP_FORM,
        &CONSOLE_PERSON_SESSIONS_FORM,
        &CONSOLE_ACCOUNT_PAGE,
        &CONSOLE_ACCOUNT_SESSIONS_FORM,
        &CONSOLE_PASSWORD_PAGE,
        &CONSOLE_PASSWORD_FORM,
        &CONSOLE_FACTOR_PAGE,
        &CONSOLE_FACTOR_FORM,
        &CONSOLE_RECOVERY_PAGE,
        &CONSOLE_RECOVERY_FORM,
        &INVITATION_PAGE,
        &INVITATION_FORM,
        &CLAIMANT_TRAIL,
        &CLAIMANT_TRAIL_CSV,
        &STAFF_TRAIL,
        &STAFF_TRAIL_CSV,
        &STAFF_REACH,
        &STAFF_REACH_CSV,
        &CONSOLE_TRAILS_PAGE,
        &CONSOLE_CLAIMANT_TRAIL,
        &CONSOLE_CLAIMANT_TRAIL_CSV,
        &CONSOLE_STAFF_TRAIL,
        &CONSOLE_STAFF_TRAIL_CSV,
        &CONSOLE_STAFF_REACH,
        &CONSOLE_STAFF_REACH_CSV,
        &LIST_MAILS,
        &RETRY_MAILS,
        &CONSOLE_MAILS_PAGE,
        &CONSOLE_MAILS_FORM,
        &DEMO_OUTBOX_PAGE,
        &DEMO_MAIL_PAGE,
        &DEMO_MAIL_HTML,
    ];
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_and_places_are_unique() {
        let mut names = HashSet::new();
        let mut places = HashSet::new();
        for operation in operation::ALL {
            assert!(names.insert(operation.name), "{}", operation.name);
            assert!(
                places.insert((operation.method, operation.path)),
                "{}",
                operation.path
            );
        }
    }

    #[test]
    fn the_operator_sees_no_personal_data() {
        // names nobody (R63); the own account is everybody's
        let is_register = |name: &str| name.contains("breach") || name.contains("factor");
        let seen: Vec<&str> = operation::ALL
            .iter()
            .filter(|operation| {
                matches!(operation.access, Access::Staff(_) | Access::StepUp(_))
                    && operation.allows(Role::Operator)
            })
            .map(|operation| operation.name)
            .filter(|name| !is_register(name))
            .collect();
        assert!(seen.is_empty(), "{seen:?}");
    }
}
