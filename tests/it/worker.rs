//! Loops and what they keep: leases, retention, holds of mail domains.

use std::time::Duration;

use chrono::Duration as Span;
use joinder::app::bootstrap::{self, Logins};
use joinder::app::lease::{self, Holder};
use joinder::app::{AppError, housekeeping, operator, retention};
use joinder::db::Scope;
use joinder::worker;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::app::{TestApp, claimant_sql, number};

const TEST: Scope = Scope::System("test");

#[tokio::test(flavor = "multi_thread")]
async fn s9_of_two_holders_one_holds_and_the_fence_rises() {
    let app = TestApp::start().await;
    let (one, two) = (Holder::new(), Holder::new());
    let first = lease::acquire(&app.ctx, "job", one).await.unwrap().unwrap();
    assert_eq!(lease::acquire(&app.ctx, "job", two).await.unwrap(), None);
    assert!(lease::renew(&app.ctx, &first).await.unwrap());

    // its time runs out: in database time
    app.sql("UPDATE leases SET expires_at = now() - interval '1 second' WHERE name = 'job'")
        .await;
    let second = lease::acquire(&app.ctx, "job", two).await.unwrap().unwrap();
    assert_eq!(second.fence(), first.fence() + 1);

    assert!(!lease::renew(&app.ctx, &first).await.unwrap(), "stale");
    let mut tx = app.ctx.pools.begin(TEST).await.unwrap();
    assert!(!lease::holds(&mut tx, &first).await.unwrap(), "stale");
    assert!(lease::holds(&mut tx, &second).await.unwrap());
    tx.commit().await.unwrap();
    lease::release(&app.ctx, first).await.unwrap();
    assert_eq!(
        lease::acquire(&app.ctx, "job", one).await.unwrap(),
        None,
        "a stale holder cannot give back what another holds"
    );
    lease::release(&app.ctx, second).await.unwrap();
    let third = lease::acquire(&app.ctx, "job", one).await.unwrap().unwrap();
    assert_eq!(third.fence(), 3);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r62_unconfirmed_sign_ups_go_after_30_days_unless_their_domain_is_held() {
    let app = seeded().await;
    app.sql(&claimant_sql(1, "unconfirmed", "libero.it")).await;
    app.sql(&claimant_sql(2, "unconfirmed", "gmail.com")).await;
    app.sql(&claimant_sql(3, "confirmed", "gmail.com")).await;
    app.sql(&claimant_sql(4, "to_assist", "gmail.com")).await;
    assert!(operator::hold_mail(&app.ctx, "libero.it").await.unwrap());
    assert!(!operator::hold_mail(&app.ctx, "libero.it").await.unwrap());
    app.clock().advance(Span::days(29));
    assert_eq!(deleted(&app).await, 0);

    app.clock().advance(Span::days(1) + Span::seconds(1));
    assert_eq!(deleted(&app).await, 1, "the one that is not held");
    assert_eq!(deleted(&app).await, 0, "safe to repeat");
    let left = "SELECT count(*) FROM claimants WHERE contact_domain = 'gmail.com'";
    assert_eq!(number(&app, left).await, 2, "confirmed, to_assist");
    let keys = "SELECT count(*) FROM claimant_keys k WHERE NOT EXISTS \
                (SELECT FROM claimants c WHERE c.id = k.claimant_id)";
    assert_eq!(number(&app, keys).await, 0);
    assert_eq!(app.ctx.blobs.list_erased().await.unwrap().len(), 1);
    let told = "SELECT count(*) FROM audit WHERE action = 'erase'";
    assert_eq!(number(&app, told).await, 1);

    let released = operator::release_mail(&app.ctx, "libero.it").await.unwrap();
    assert_eq!(released.unwrap().claimants, 1);
    let held = "SELECT held_seconds FROM claimants WHERE contact_domain = 'libero.it'";
    assert_eq!(number(&app, held).await, 30 * 86_400 + 1);
    app.clock().advance(Span::days(29));
    assert_eq!(deleted(&app).await, 0, "the clock runs on where it stood");
    app.clock().advance(Span::days(1) + Span::seconds(1));
    assert_eq!(deleted(&app).await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn releasing_a_domain_makes_its_mails_due_and_prolongs_its_links() {
    let app = seeded().await;
    app.sql(&claimant_sql(1, "unconfirmed", "libero.it")).await;
    operator::hold_mail(&app.ctx, "libero.it").await.unwrap();
    app.sql(
        "INSERT INTO confirmations (claimant_id, id, association_id, purpose, token_hash, code_hash, \
           created_at, expires_at) \
         SELECT id, id, association_id, 'confirm', '', '', created_at, created_at + interval '3 days' \
         FROM claimants; \
         INSERT INTO outbox (subject_id, id, association_id, case_id, kind, lane, priority, payload, \
           due_at, created_at, expires_at) \
         SELECT id, id, association_id, case_id, 'confirmation', 0, 1, '{}', \
           created_at + interval '9 days', created_at, created_at + interval '3 days' FROM claimants",
    )
    .await;
    app.clock().advance(Span::days(5));

    let released = operator::release_mail(&app.ctx, "libero.it")
        .await
        .unwrap()
        .unwrap();

    assert_eq!((released.claimants, released.mails), (1, 1));
    let after = "SELECT count(*) FROM outbox o JOIN confirmations f ON f.claimant_id = o.subject_id \
         WHERE o.due_at = o.created_at + interval '5 days' \
           AND o.expires_at = o.created_at + interval '8 days' \
           AND f.expires_at = o.created_at + interval '8 days'";
    assert_eq!(number(&app, after).await, 1);
    assert_eq!(
        operator::release_mail(&app.ctx, "libero.it").await.unwrap(),
        None
    );
    let unknown = operator::hold_mail(&app.ctx, "rossi.example").await;
    assert!(matches!(unknown, Err(AppError::NotFound)));
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn housekeeping_counts_the_confirmed_and_sweeps_what_has_expired() {
    let app = seeded().await;
    app.sql(&claimant_sql(1, "confirmed", "gmail.com")).await;
    app.sql(&claimant_sql(2, "unconfirmed", "gmail.com")).await;
    app.sql(&claimant_sql(3, "withdrawn", "gmail.com")).await;
    app.sql(
        "INSERT INTO idempotency_keys (id, request_hash, status, response, expires_at) VALUES \
         ('00000000-0000-8000-8000-000000000001', '', 201, '{}', '2026-03-01T00:00:00Z'), \
         ('00000000-0000-8000-8000-000000000002', '', 201, '{}', '2026-03-03T00:00:00Z')",
    )
    .await;

    let done = housekeeping::run(&app.ctx).await.unwrap();

    assert_eq!((done.unconfirmed, done.swept), (0, 1));
    let confirmed = "SELECT sum(confirmed)::bigint FROM case_counts";
    assert_eq!(number(&app, confirmed).await, 1);
    assert_eq!(number(&app, "SELECT count(*) FROM case_counts").await, 3);
    assert_eq!(
        number(&app, "SELECT count(*) FROM idempotency_keys").await,
        1
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn loops_end_promptly_and_give_their_leases_back() {
    let app = seeded().await;
    let (stop, stopping) = watch::channel(false);
    let mut loops = JoinSet::new();
    let sender = ("joinder".to_owned(), "joinder@example.org".to_owned());
    let post = worker::post(app.mailer(), sender);
    worker::start(&mut loops, &app.ctx, post, None, &stopping);
    let held = "SELECT count(*) FROM leases WHERE name LIKE 'outbox/%' AND expires_at > now()";
    timeout(Duration::from_secs(10), async {
        while number(&app, held).await < 8 {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("one process alone sends all lanes");

    stop.send_replace(true);
    timeout(Duration::from_secs(2), async {
        while loops.join_next().await.is_some() {}
    })
    .await
    .expect("loops end when told");
    assert_eq!(number(&app, held).await, 0);
    app.stop().await;
}

async fn seeded() -> TestApp {
    let app = TestApp::start().await;
    let seed = bootstrap::demo_seed().unwrap();
    bootstrap::bootstrap(&app.ctx, &seed, Logins::Random)
        .await
        .unwrap();
    app
}

async fn deleted(app: &TestApp) -> usize {
    retention::delete_unconfirmed(&app.ctx)
        .await
        .unwrap()
        .claimants
}
