//! The embedded Postgres: starts, stops, refuses, and never outlives its parent. DESIGN 2, DEPENDENCIES 1.
//!
//! Two tests need a process of its own: they start this test binary again, for one test, with `ROLE_VARIABLE` set.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, ErrorKind};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use joinder::db::embedded::{
    Durability, Embedded, EmbeddedError, EmbeddedOptions, system_bin_dirs,
};
use tempfile::TempDir;

/// Holds the data folder for a test that was started again in a process of its own.
const ROLE_VARIABLE: &str = "JOINDER_TEST_EMBEDDED_FOLDER";
const NOBODY: u32 = 65_534;

#[test]
fn the_second_start_keeps_data_port_and_password() {
    let folder = folder();
    let first = Embedded::start(&throwaway(folder.path())).unwrap();
    let url = first.url();
    assert_eq!(
        query(
            &url,
            "CREATE TABLE kept AS SELECT 7 AS n; SELECT n FROM kept"
        ),
        ["7"]
    );
    first.stop();

    let second = Embedded::start(&throwaway(folder.path())).unwrap();
    assert_eq!(second.url(), url);
    assert_eq!(query(&url, "SELECT n FROM kept"), ["7"]);
}

#[test]
fn a_durable_server_syncs_what_it_commits() {
    let folder = folder();
    let server = Embedded::start(&durable(folder.path())).unwrap();
    let shown = query(
        &server.url(),
        "SHOW fsync; SHOW synchronous_commit; SHOW full_page_writes",
    );
    assert_eq!(shown, ["on", "on", "on"]);
}

#[test]
fn the_settings_are_those_of_the_design() {
    let folder = folder();
    let server = Embedded::start(&throwaway(folder.path())).unwrap();
    let shown = query(
        &server.url(),
        "SELECT current_user; SHOW server_encoding; SHOW max_connections; SHOW shared_buffers; SHOW listen_addresses; \
         SHOW timezone; SHOW password_encryption; SHOW fsync; SHOW log_min_error_statement; SHOW log_error_verbosity",
    );
    let expected = [
        "joinder",
        "UTF8",
        "200",
        "256MB",
        "127.0.0.1",
        "UTC",
        "scram-sha-256",
        "off",
        "panic",
        "terse",
    ];
    assert_eq!(shown, expected);
}

#[test]
fn nobody_gets_in_without_the_password() {
    let folder = folder();
    let server = Embedded::start(&throwaway(folder.path())).unwrap();
    let wrong = format!(
        "postgres://joinder:wrong@127.0.0.1:{}/joinder",
        server.port()
    );
    assert_eq!(
        try_query(&wrong, "SELECT 1")
            .unwrap_err()
            .code()
            .unwrap()
            .code(),
        "28P01"
    );
    let file = folder.path().join("postgres.password");
    assert_eq!(fs::metadata(file).unwrap().mode() & 0o777, 0o600);
    assert!(
        !format!("{server:?}").contains(
            fs::read_to_string(folder.path().join("postgres.password"))
                .unwrap()
                .trim()
        )
    );
}

#[test]
fn the_server_never_runs_as_root() {
    let folder = folder();
    let server = Embedded::start(&throwaway(folder.path())).unwrap();
    let owner = fs::metadata(format!("/proc/{}", server.pid()))
        .unwrap()
        .uid();
    assert_ne!(owner, 0);
    assert_eq!(
        fs::metadata(folder.path().join("postgres")).unwrap().uid(),
        owner
    );
    let own = fs::metadata("/proc/self").unwrap().uid();
    assert!(own == 0 || own == owner);
}

#[test]
fn root_may_name_the_account_and_the_folder_remembers_it() {
    let folder = folder();
    let mut options = throwaway(folder.path());
    options.pg_user = Some("nobody".to_owned());
    let server = Embedded::start(&options).unwrap();
    let owner = fs::metadata(format!("/proc/{}", server.pid()))
        .unwrap()
        .uid();
    let own = fs::metadata("/proc/self").unwrap().uid();
    assert_eq!(
        owner,
        if own == 0 { NOBODY } else { own },
        "a plain user stays himself"
    );
    server.stop();

    let again = Embedded::start(&throwaway(folder.path())).unwrap();
    assert_eq!(
        fs::metadata(format!("/proc/{}", again.pid()))
            .unwrap()
            .uid(),
        owner
    );
}

#[test]
fn an_unknown_account_is_named_in_the_error() {
    let folder = folder();
    let mut options = throwaway(folder.path());
    options.pg_user = Some("no-such-account".to_owned());
    match Embedded::start(&options) {
        Err(error @ EmbeddedError::NoAccount { .. }) => {
            assert!(error.to_string().contains("no-such-account"));
        }
        Ok(_) => assert_ne!(
            fs::metadata("/proc/self").unwrap().uid(),
            0,
            "only root needs an account"
        ),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_plain_user_runs_a_server() {
    let name = "embedded::a_plain_user_runs_a_server";
    if let Some(path) = given_folder() {
        return start_query_stop(Path::new(&path));
    }
    let folder = folder();
    if fs::metadata("/proc/self").unwrap().uid() != 0 {
        return start_query_stop(folder.path());
    }
    // The build folder may lie in root's home, where nobody else may run anything.
    let binary = folder.path().join("it");
    fs::copy(std::env::current_exe().unwrap(), &binary).unwrap();
    fs::set_permissions(&binary, Permissions::from_mode(0o755)).unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    std::os::unix::fs::chown(&data, Some(NOBODY), Some(NOBODY)).unwrap();
    let mut again = Command::new(&binary);
    again
        .args(["--exact", name, "--nocapture"])
        .env(ROLE_VARIABLE, &data)
        .uid(NOBODY)
        .gid(NOBODY);
    again.current_dir("/");
    let output = loop {
        match again.output() {
            // a process that another test began has the file still open for writing
            Err(busy) if busy.kind() == ErrorKind::ExecutableFileBusy => {
                thread::sleep(Duration::from_millis(50));
            }
            done => break done.unwrap(),
        }
    };
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(said.contains("1 passed"), "{said}");
    assert_eq!(fs::metadata(data.join("postgres")).unwrap().uid(), NOBODY);
}

#[test]
fn a_killed_parent_leaves_no_server() {
    let name = "embedded::a_killed_parent_leaves_no_server";
    if let Some(path) = given_folder() {
        // The server is started from a thread that ends at once: it must outlive that thread, and not the process.
        let server = thread::spawn(move || Embedded::start(&throwaway(Path::new(&path))).unwrap())
            .join()
            .unwrap();
        thread::sleep(Duration::from_millis(100));
        assert!(server.is_running());
        println!("\nserver {}", server.pid());
        loop {
            thread::park();
        }
    }
    let folder = folder();
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", name, "--nocapture"])
        .env(ROLE_VARIABLE, folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(parent.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok);
    let pid = lines
        .find_map(|line| line.strip_prefix("server ")?.parse::<u32>().ok())
        .unwrap();
    assert!(is_postgres(pid));
    parent.kill().unwrap();
    parent.wait().unwrap();

    // The next start waits for the orphan to be gone, whether it is still stopping or not.
    let next = Embedded::start(&throwaway(folder.path())).unwrap();
    // It has let go of the folder; its process may still be on its last line.
    let deadline = Instant::now() + Duration::from_secs(5);
    while is_postgres(pid) && Instant::now() < deadline {
        thread::yield_now();
    }
    assert!(!is_postgres(pid), "the orphan still runs");
    assert_eq!(query(&next.url(), "SELECT 1"), ["1"]);
}

#[test]
fn stopping_and_dropping_leave_no_server() {
    let folder = folder();
    for stop in [Embedded::stop, drop] {
        let server = Embedded::start(&throwaway(folder.path())).unwrap();
        let pid = server.pid();
        assert!(is_postgres(pid));
        stop(server);
        assert!(!is_postgres(pid));
    }
}

#[test]
fn a_pid_file_of_a_dead_server_is_no_obstacle() {
    let folder = folder();
    Embedded::start(&throwaway(folder.path())).unwrap().stop();
    // The number of a living process that is no server, as after a reboot or in a new container.
    let stale = format!(
        "{}\n{}\n",
        std::process::id(),
        folder.path().join("postgres").display()
    );
    fs::write(folder.path().join("postgres/postmaster.pid"), stale).unwrap();
    let server = Embedded::start(&throwaway(folder.path())).unwrap();
    assert_eq!(query(&server.url(), "SELECT 1"), ["1"]);
}

#[test]
fn a_taken_port_is_exchanged() {
    let folder = folder();
    let first = Embedded::start(&throwaway(folder.path())).unwrap();
    let port = first.port();
    first.stop();
    let _holder = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    let second = Embedded::start(&throwaway(folder.path())).unwrap();
    assert_ne!(second.port(), port);
    assert_eq!(query(&second.url(), "SELECT 1"), ["1"]);
}

#[test]
fn a_second_process_on_the_folder_is_told_so() {
    let folder = folder();
    let _first = Embedded::start(&throwaway(folder.path())).unwrap();
    let error = Embedded::start(&throwaway(folder.path())).unwrap_err();
    assert!(matches!(error, EmbeddedError::Busy { .. }), "{error}");
    assert!(error.to_string().contains("another joinder process"));
}

#[test]
fn another_version_than_the_folders_is_refused_by_name() {
    let folder = folder();
    Embedded::start(&throwaway(folder.path())).unwrap().stop();
    fs::write(folder.path().join("postgres/PG_VERSION"), "9\n").unwrap();
    let error = Embedded::start(&throwaway(folder.path())).unwrap_err();
    assert!(
        matches!(error, EmbeddedError::WrongVersion { needs: 9, .. }),
        "{error}"
    );
    assert!(
        error.to_string().contains("apt-get install postgresql-9"),
        "{error}"
    );
}

#[test]
fn without_binaries_the_error_says_what_to_install() {
    let folder = folder();
    let mut options = throwaway(folder.path());
    options.pg_bin = None;
    options.pg_candidates = vec![folder.path().join("nothing-here")];
    let error = Embedded::start(&options).unwrap_err();
    assert!(matches!(error, EmbeddedError::NotInstalled), "{error}");
    assert!(error.to_string().contains("make setup"));

    options.pg_bin = Some(folder.path().to_owned());
    let error = Embedded::start(&options).unwrap_err();
    assert!(error.to_string().contains("holds no `initdb`"), "{error}");
}

#[test]
fn a_cluster_without_its_password_is_refused() {
    let folder = folder();
    Embedded::start(&throwaway(folder.path())).unwrap().stop();
    fs::remove_file(folder.path().join("postgres.password")).unwrap();
    let error = Embedded::start(&throwaway(folder.path())).unwrap_err();
    assert!(
        matches!(error, EmbeddedError::PasswordMissing { .. }),
        "{error}"
    );
}

#[test]
fn a_template_is_made_once_and_copied() {
    let (folder, templates) = (folder(), folder());
    for name in ["one", "two"] {
        let mut options = throwaway(&folder.path().join(name));
        options.template_dir = Some(templates.path().to_owned());
        let server = Embedded::start(&options).unwrap();
        assert_eq!(
            query(&server.url(), "SELECT current_database()"),
            ["joinder"]
        );
    }
    let kept = fs::read_dir(templates.path())
        .unwrap()
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .count();
    assert_eq!(kept, 1);
    let mut options = durable(&folder.path().join("three"));
    options.template_dir = Some(templates.path().to_owned());
    let server = Embedded::start(&options).unwrap();
    let template_password =
        fs::read_to_string(folder.path().join("one/postgres.password")).unwrap();
    assert!(
        !server.url().contains(template_password.trim()),
        "a durable server shares its password with nobody"
    );
}

#[test]
fn it_starts_from_inside_a_runtime() {
    let folder = folder();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let server = runtime.block_on(async { Embedded::start(&throwaway(folder.path())).unwrap() });
    assert_eq!(query(&server.url(), "SELECT 1"), ["1"]);
}

#[test]
fn the_system_folders_hold_a_server() {
    assert!(
        system_bin_dirs()
            .iter()
            .any(|dir| dir.join("postgres").is_file())
            || given_bin().is_some()
    );
}

/// A folder that the account of the server may enter.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    folder
}

fn durable(folder: &Path) -> EmbeddedOptions {
    let mut options = EmbeddedOptions::new(folder);
    options.pg_bin = given_bin();
    options
}

fn throwaway(folder: &Path) -> EmbeddedOptions {
    let mut options = durable(folder);
    options.durability = Durability::Throwaway;
    options
}

fn start_query_stop(path: &Path) {
    let server = Embedded::start(&throwaway(path)).unwrap();
    assert_eq!(query(&server.url(), "SELECT 1"), ["1"]);
    server.stop();
}

#[expect(
    clippy::disallowed_methods,
    reason = "how a test tells the process it starts what to do"
)]
fn given_folder() -> Option<std::ffi::OsString> {
    std::env::var_os(ROLE_VARIABLE)
}

#[expect(
    clippy::disallowed_methods,
    reason = "the tests run on the server the developer chose"
)]
fn given_bin() -> Option<std::path::PathBuf> {
    std::env::var_os("JOINDER_PG_BIN").map(Into::into)
}

/// True for a living server; one that has ended and waits for its parent's look (state Z) is none.
fn is_postgres(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| stat.contains("(postgres)") && !stat.contains(") Z "))
}

/// The first column of all rows of all statements.
fn query(url: &str, sql: &str) -> Vec<String> {
    try_query(url, sql).unwrap()
}

fn try_query(url: &str, sql: &str) -> Result<Vec<String>, tokio_postgres::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
        let work = async move { client.simple_query(sql).await };
        let (answer, _) = tokio::join!(work, connection);
        let rows = answer?.into_iter().filter_map(|message| match message {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        });
        Ok(rows.collect())
    })
}
