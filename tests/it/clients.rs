//! Clients that public generators make from the served document go the journey of a partner (issue 8): the scripts are in
//! `tests/clients`, with the versions of the generators.
//!
//! `deploy/setup.sh test` fetches the generators; where it could not, these tests say so and are skipped, but not under
//! `CI`.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use chrono::{SecondsFormat, TimeDelta};
use joinder::worker::webhooks::deliver_due;
use serde_json::json;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::timeout;

use crate::app::TestApp;
use crate::partner_events::number;
use crate::partners::{Owner, secret};
use crate::seed::CASE;

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients");
/// How often the server's own work is done while a script runs.
const TURN: Duration = Duration::from_millis(150);
/// How long a script may take, in turns.
const TURNS: usize = 600;

/// What setup fetched, `None` where it could not.
fn fetched(name: &str) -> Option<PathBuf> {
    let home = std::env::var_os("HOME").unwrap_or_default();
    let folder = Path::new(&home).join(".cache/joinder/clients").join(name);
    if folder.join("stamp").is_file() {
        return Some(folder);
    }
    let said = format!("{} is missing: run deploy/setup.sh test", folder.display());
    assert!(std::env::var_os("CI").is_none(), "{said}");
    eprintln!("skipped: {said}");
    None
}

/// A server with a partner that has a test key, and a folder with the served document.
struct Journey {
    app: TestApp,
    key: String,
    folder: TempDir,
}

impl Journey {
    async fn prepare() -> Self {
        let app = TestApp::seeded().await;
        let owner = Owner::of(&app, "codacons").await;
        let blog = owner.partner("blog").await;
        let scopes = json!({"mode": "test", "scopes": ["intake", "read", "events", "webhooks"]});
        let key = secret(&owner.try_key(&blog, &scopes).await.expect(201));
        let folder = tempfile::tempdir().unwrap();
        let document = app.get("/openapi.json").await.text().await.unwrap();
        fs::write(folder.path().join("openapi.json"), document).unwrap();
        Self { app, key, folder }
    }

    /// A program in the folder, told where to go.
    fn command(&self, program: &Path) -> Command {
        let shown_at = self.app.clock().now() - TimeDelta::minutes(1);
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path())
            .env("JOINDER_URL", self.app.url(""))
            .env("JOINDER_KEY", &self.key)
            .env("JOINDER_CASE", CASE)
            .env(
                "JOINDER_SHOWN_AT",
                shown_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            );
        command
    }

    /// Runs a script while events get their numbers, deliveries go and time passes; what it said.
    async fn drive(&self, mut command: Command) -> String {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.kill_on_drop(true).spawn().unwrap();
        let mut ended = Box::pin(child.wait_with_output());
        for _ in 0..TURNS {
            if let Ok(output) = timeout(TURN, &mut ended).await {
                let output = output.unwrap();
                let said = [output.stdout, output.stderr].concat();
                let said = String::from_utf8_lossy(&said).into_owned();
                assert!(output.status.success(), "{said}");
                return said;
            }
            self.app.clock().advance(TimeDelta::seconds(1));
            number(&self.app).await;
            deliver_due(&self.app.ctx).await.unwrap();
        }
        panic!("the script does not end");
    }

    async fn end(self) {
        self.app.run_outbox().await;
        self.app.stop().await;
    }
}

/// Runs a tool to its end.
async fn run(mut command: Command) {
    let output = command.output().await.unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_python_client_made_from_the_document_goes_the_journey_of_a_partner() {
    let Some(python) = fetched("python") else {
        return;
    };
    let journey = Journey::prepare().await;
    let mut generate = journey.command(&python.join("bin/openapi-python-client"));
    generate
        .args(["generate", "--path", "openapi.json", "--meta", "none"])
        .args(["--output-path", "joinder_client", "--fail-on-warning"])
        .arg(format!("--config={SCRIPTS}/openapi-python-client.yaml"));
    run(generate).await;
    let mut script = journey.command(&python.join("bin/python"));
    script
        .arg(format!("{SCRIPTS}/journey.py"))
        .env("PYTHONPATH", journey.folder.path())
        .env("PYTHONDONTWRITEBYTECODE", "1");
    let said = journey.drive(script).await;
    assert_eq!(said, "the journey is done\n");
    journey.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_typescript_client_made_from_the_document_goes_the_journey_of_a_partner() {
    let (Some(python), Some(typescript)) = (fetched("python"), fetched("typescript")) else {
        return;
    };
    let journey = Journey::prepare().await;
    let folder = journey.folder.path();
    for file in ["journey.ts", "package.json", "tsconfig.json"] {
        fs::copy(Path::new(SCRIPTS).join(file), folder.join(file)).unwrap();
    }
    symlink(typescript.join("node_modules"), folder.join("node_modules")).unwrap();
    let node = python.join("bin/node");
    let mut generate = journey.command(&node);
    generate
        .arg("node_modules/openapi-typescript/bin/cli.js")
        .args(["openapi.json", "-o", "api.d.ts"]);
    run(generate).await;
    // strict: what the script takes for granted is what the document says
    let mut compile = journey.command(&node);
    compile.args(["node_modules/typescript/bin/tsc", "-p", "."]);
    run(compile).await;
    let mut script = journey.command(&node);
    script.arg("out/journey.js");
    let said = journey.drive(script).await;
    assert_eq!(said, "the journey is done\n");
    journey.end().await;
}
