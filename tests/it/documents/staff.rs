//! Staff see, take and add documents of their claimants, and the trail tells.

use joinder::domain::permission::Role;
use reqwest::Method;

use super::{PDF, maria, receipt};
use crate::app::TestApp;
use crate::claimant::ask;
use crate::staff_seed::{association, person, step_up};

#[tokio::test(flavor = "multi_thread")]
async fn staff_take_an_original_along_and_the_trail_tells() {
    let app = TestApp::seeded().await;
    let claimant = maria(&app).await;
    let document = claimant.add_document(receipt()).await.expect(201);
    let ours = association(&app, "codacons").await;
    let member = person(&app, ours, Role::Reviewer).await;
    let reviewer = member.bearer(&app).await;
    let base = format!("/api/v1/staff/claimants/{}/documents", claimant.id);
    let get = |path: &str, bearer: &str| app.request(Method::GET, path).bearer_auth(bearer);
    let listed = ask(get(&base, &reviewer)).await.expect(200);
    assert_eq!(listed["items"][0], document);
    let (id, file) = (&document["id"], &document["files"][0]["id"]);
    let file = format!(
        "{base}/{}/files/{}",
        id.as_str().unwrap(),
        file.as_str().unwrap()
    );
    ask(get(&file, &reviewer))
        .await
        .expect_problem(403, "step-up-required");
    step_up(&app, &member, &reviewer).await;
    let answer = get(&file, &reviewer).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.bytes().await.unwrap(), PDF);
    let trail = format!(
        "SELECT count(*) FROM audit WHERE action = 'view_document' AND actor_kind = 'staff' AND subject_id = '{}'",
        claimant.id
    );
    assert_eq!(app.number(&trail).await, 1);
    for role in [Role::Reader, Role::Payout, Role::Auditor, Role::Operator] {
        let masked = person(&app, ours, role).await.bearer(&app).await;
        ask(get(&base, &masked))
            .await
            .expect_problem(403, "forbidden");
        ask(get(&file, &masked))
            .await
            .expect_problem(403, "forbidden");
    }
    assert_eq!(app.number(&trail).await, 1);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_add_and_remove_a_document_for_a_claimant() {
    let app = TestApp::seeded().await;
    let claimant = maria(&app).await;
    let ours = association(&app, "codacons").await;
    let reviewer = person(&app, ours, Role::Reviewer).await.bearer(&app).await;
    let base = format!("/api/v1/staff/claimants/{}/documents", claimant.id);
    let request = app.request(Method::POST, &base).bearer_auth(&reviewer);
    let added = ask(receipt().send(request)).await.expect(201);
    assert_eq!(added["added_by"], "staff");
    let mine = claimant.documents().await;
    assert_eq!(mine, std::slice::from_ref(&added), "the claimant sees it");
    let path = format!("{base}/{}/removal", added["id"].as_str().unwrap());
    let request = app.request(Method::POST, &path).bearer_auth(&reviewer);
    ask(request).await.expect(204);
    assert_eq!(claimant.documents().await.len(), 0);
    let trail = "SELECT count(*) FROM audit WHERE action IN ('add_document', 'remove_document') AND actor_kind = 'staff'";
    assert_eq!(app.number(trail).await, 2);
    app.stop().await;
}
