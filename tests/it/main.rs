//! The tests that need the real thing: a server, a database, mails. One binary, one module for each subject.

#![expect(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::panic,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::too_many_lines,
    clippy::disallowed_methods,
    reason = "a test that cannot go on panics, drives its own connections and is read from top to bottom"
)]

mod access;
mod accessibility;
mod api_compat;
mod app;
mod approvals;
mod assist;
mod association_change;
mod backup;
mod blobs;
mod bootstrap;
mod bounces;
mod breaches;
mod browser;
mod bulk;
mod bulk_limits;
mod bulk_rejections;
mod case_desk;
mod case_roles;
mod certificate;
mod claimant;
mod clients;
mod confirmation;
mod conflicts;
mod contact_by_staff;
mod contact_change;
mod dashboard;
mod declared_checks;
mod deficiencies;
mod demand_letters;
mod desk;
mod documents;
mod embed;
mod embedded;
mod erasure;
mod exports;
mod feeds;
mod followers;
mod hang_ups;
mod identity;
mod identity_checks;
mod idor;
mod imports;
mod journeys;
mod keyboard;
mod languages;
mod lifting;
mod log;
mod mail_desk;
mod mail_faults;
mod mail_hostile;
mod mail_limits;
mod mail_queue;
mod mail_records;
mod mail_request;
mod mail_texts;
mod mail_trust;
mod mail_worker;
mod mailbox_proof;
mod migrations;
mod own_data;
mod own_record;
mod pages;
mod paper;
mod partner_events;
mod partner_guide;
mod partner_intake;
mod partners;
mod payout_hold;
mod payout_staff;
mod people;
mod postal_code;
mod privacy;
mod problems;
mod program;
mod quarantine;
mod readiness;
mod representation;
mod request;
mod retention;
mod rights;
mod roles;
mod sample_checks;
mod sandbox;
mod scam_reports;
mod schema;
mod seal;
mod seed;
mod sign_up;
mod sign_up_batch;
mod signatures;
mod signing;
mod signing_attestation;
mod signing_pages;
mod sink;
mod staff_access;
mod staff_console;
mod staff_declared;
mod staff_list;
mod staff_seed;
mod tidy;
mod trails;
mod try_it;
mod typo;
mod unasked;
mod updates;
mod upgrade;
mod web_base;
mod webhook_faults;
mod webhooks;
mod weight;
mod work_queues;
mod worker;
