//! A picture of what was sent: made in a process of its own, with bounded time and memory; of a hostile file
//! there is none, and nothing answers 5xx.

use std::fs;
use std::io::Cursor;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use image::{DynamicImage, GrayImage, ImageFormat, RgbImage};
use joinder::domain::permission::Role;
use reqwest::Method;
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use super::{Form, maria};
use crate::app::{TestApp, TestOptions};
use crate::claimant::{Claimant, ask};
use crate::staff_seed::{association, person, step_up};

fn png(picture: DynamicImage) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    picture.write_to(&mut out, ImageFormat::Png).unwrap();
    out.into_inner()
}

fn place(document: &Value, number: usize) -> String {
    let id = document["id"].as_str().unwrap();
    let file = document["files"][number]["id"].as_str().unwrap();
    format!("{id}/files/{file}")
}

async fn add(claimant: &Claimant<'_>, name: &str, file: &[u8]) -> Value {
    let form = Form::new().text("kind", "other").file("file", name, file);
    claimant.add_document(form).await.expect(201)
}

#[tokio::test(flavor = "multi_thread")]
async fn owner_and_staff_see_a_picture_and_the_trail_tells() {
    let app = TestApp::seeded().await;
    let claimant = maria(&app).await;
    let photo = png(RgbImage::new(50, 40).into());
    let document = add(&claimant, "foto.png", &photo).await;
    let own = format!("/api/v1/public/me/documents/{}", place(&document, 0));
    let picture = |path: String| app.request(Method::GET, &format!("{path}?as=picture"));
    let answer = picture(own.clone())
        .bearer_auth(&claimant.token)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "image/jpeg");
    assert_eq!(header("content-disposition"), "inline");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert!(header("content-security-policy").contains("sandbox"));
    let seen = image::load_from_memory(&answer.bytes().await.unwrap()).unwrap();
    assert_eq!((seen.width(), seen.height()), (50, 40));

    let ours = association(&app, "codacons").await;
    let member = person(&app, ours, Role::Reviewer).await;
    let reviewer = member.bearer(&app).await;
    let file = format!(
        "/api/v1/staff/claimants/{}/documents/{}",
        claimant.id,
        place(&document, 0)
    );
    ask(picture(file.clone()).bearer_auth(&reviewer))
        .await
        .expect_problem(403, "step-up-required");
    step_up(&app, &member, &reviewer).await;
    let answer = picture(file.clone()).bearer_auth(&reviewer).send().await;
    assert_eq!(answer.unwrap().status(), 200);
    let trail =
        "SELECT count(*) FROM audit WHERE action = 'view_document' AND actor_kind = 'staff'";
    assert_eq!(app.number(trail).await, 1);
    let other = format!("{own}?as=poster");
    let other = app
        .request(Method::GET, &other)
        .bearer_auth(&claimant.token);
    assert_eq!(other.send().await.unwrap().status(), 400);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hostile_file_there_is_no_picture() {
    let app = TestApp::seeded().await;
    let claimant = maria(&app).await;
    // 552 million pixels in less than a megabyte
    let bomb = png(GrayImage::new(23_500, 23_500).into());
    let turtles = b"%PDF-1.4\n1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj\n\
        2 0 obj <</Type/Pages/Count 1/Kids[3 0 R]/MediaBox[0 0 9 9]>> endobj\n\
        3 0 obj <</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources 5 0 R>> endobj\n\
        4 0 obj <</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources 5 0 R/Length 11>> stream\n/X Do /X Do\nendstream endobj\n\
        5 0 obj <</XObject<</X 4 0 R>>>> endobj\ntrailer <</Root 1 0 R>>\n";
    let cut = png(RgbImage::new(500, 400).into())[..60].to_vec();
    let mail = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: x\r\nDate: Mon, 23 Jan 2023 10:00:00 +0100\r\n\r\nx\r\n";
    let files: [(&str, &[u8]); 4] = [
        ("bomba.png", &bomb),
        ("tartarughe.pdf", turtles),
        ("tagliata.png", &cut),
        ("posta.eml", mail),
    ];
    for (name, file) in files {
        let document = add(&claimant, name, file).await;
        let path = format!(
            "/api/v1/public/me/documents/{}?as=picture",
            place(&document, 0)
        );
        let started = Instant::now();
        let asked = app.request(Method::GET, &path).bearer_auth(&claimant.token);
        let answer = asked.send().await.unwrap();
        let status = answer.status().as_u16();
        // what a reader makes of turtles is its own affair, as long as it ends
        let allowed: &[u16] = if name == "tartarughe.pdf" {
            &[200, 409]
        } else {
            &[409]
        };
        assert!(allowed.contains(&status), "{name}: {status}");
        println!("{name}: {status} after {:?}", started.elapsed());
    }
    app.stop().await;
}

/// A page that asks for ten thousand million rectangles in a few hundred bytes.
fn laughs() -> Vec<u8> {
    let mut pdf = b"%PDF-1.4\n1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj\n\
        2 0 obj <</Type/Pages/Count 1/Kids[3 0 R]/MediaBox[0 0 99 99]>> endobj\n\
        3 0 obj <</Type/Page/Parent 2 0 R/Contents 4 0 R/Resources <</XObject<</X 5 0 R>>>>>> endobj\n"
        .to_vec();
    let mut add = |number: usize, head: &str, stream: &str| {
        let object = format!(
            "{number} 0 obj <<{head}/Length {}>> stream\n{stream}\nendstream endobj\n",
            stream.len()
        );
        pdf.extend_from_slice(object.as_bytes());
    };
    let ten = "/X Do ".repeat(10);
    add(4, "", &ten);
    for number in 5..14 {
        let head = format!(
            "/Type/XObject/Subtype/Form/BBox[0 0 99 99]/Resources <</XObject<</X {} 0 R>>>>",
            number + 1
        );
        add(number, &head, &ten);
    }
    let last = "/Type/XObject/Subtype/Form/BBox[0 0 99 99]";
    add(14, last, "0 0 50 50 re f");
    pdf.extend_from_slice(b"trailer <</Root 1 0 R>>\n");
    pdf
}

/// Processes of a program that run now.
fn running(program: &Path) -> usize {
    let name = program.to_str().unwrap().as_bytes();
    let lines = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let line = fs::read(entry.ok()?.path().join("cmdline")).ok()?;
        line.starts_with(name).then_some(())
    });
    lines.count()
}

/// Waits until that many processes of a program run.
async fn are_running(program: &Path, many: usize) {
    for _ in 0..600 {
        if running(program) == many {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{} of {many} processes run", running(program));
}

/// An app whose program for pictures has a name of its own.
async fn app_with_its_own_program() -> (TestApp, tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("joinder");
    symlink(env!("CARGO_BIN_EXE_joinder"), &program).unwrap();
    let options = TestOptions {
        program: program.clone(),
        ..TestOptions::default()
    };
    let app = TestApp::seeded_with(options).await;
    (app, folder, program)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_never_ends_is_given_up_and_its_process_is_gone() {
    let (app, _folder, program) = app_with_its_own_program().await;
    let claimant = maria(&app).await;
    let document = add(&claimant, "risate.pdf", &laughs()).await;
    let path = format!("/documents/{}?as=picture", place(&document, 0));
    let answer = ask(claimant.request(Method::GET, &path)).await;
    answer.expect_problem(409, "illegal-transition");
    assert_eq!(running(&program), 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_up_while_a_picture_is_made_leaves_no_process_behind() {
    let (app, _folder, program) = app_with_its_own_program().await;
    let claimant = maria(&app).await;
    let document = add(&claimant, "risate.pdf", &laughs()).await;
    let host = app.base.strip_prefix("http://").unwrap();
    let sent = format!(
        "GET /api/v1/public/me/documents/{}?as=picture HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {}\r\n\r\n",
        place(&document, 0),
        claimant.token
    );
    let mut wire = TcpStream::connect(host).await.unwrap();
    wire.write_all(sent.as_bytes()).await.unwrap();
    are_running(&program, 1).await;
    drop(wire);
    are_running(&program, 0).await;
    claimant.me().await;
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_process_can_open_nothing_and_ends_when_its_time_is_over() {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_joinder"))
        .args(["picture", "pdf"])
        .env_clear()
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert!(!output.status.success() && output.stdout.is_empty());
    let limits = limits_of_a_waiting_process();
    for (name, most) in [
        ("Max cpu time", "10"),
        ("Max file size", "0"),
        ("Max core file size", "0"),
        ("Max open files", "0"),
        ("Max address space", "3221225472"),
    ] {
        let line = limits.lines().find(|line| line.starts_with(name)).unwrap();
        let mut values = line[name.len()..].split_whitespace();
        assert_eq!(values.next(), Some(most), "{line}");
        assert_eq!(values.next(), Some(most), "{line}");
    }
}

/// What the kernel says of the process while it waits for its file.
fn limits_of_a_waiting_process() -> String {
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_joinder"))
        .args(["picture", "pdf"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let path = format!("/proc/{}/limits", child.id());
    let mut limits = String::new();
    for _ in 0..200 {
        limits = fs::read_to_string(&path).unwrap();
        let set = limits
            .lines()
            .find(|line| line.starts_with("Max open files"));
        if set.is_some_and(|line| line.split_whitespace().nth(3) == Some("0")) {
            break;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(child.stdin.take());
    child.wait().unwrap();
    limits
}
