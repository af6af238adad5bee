//! The rules of the house that no compiler knows: arrows between the modules, fences round the
//! crates, who may act for the platform, what every file and table must carry.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use joinder::domain::permission::{Method, operation};

/// What each module may use of ours (DESIGN 2). `*`: everything.
const ARROWS: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("crypto", &["domain"]),
    ("evidence", &["domain", "crypto"]),
    ("render", &["domain"]),
    ("mailer", &["domain", "crypto"]),
    ("outbound", &["domain"]),
    ("blob", &["domain"]),
    ("db", &["domain", "crypto"]),
    (
        "app",
        &[
            "domain", "db", "crypto", "evidence", "blob", "render", "outbound",
        ],
    ),
    ("config", &["domain"]),
    ("telemetry", &["config"]),
    ("state", &["app", "config"]),
    (
        "web",
        &["app", "render", "domain", "state", "config", "telemetry"],
    ),
    (
        "worker",
        &[
            "app",
            "render",
            "mailer",
            "outbound",
            "domain",
            "state",
            "config",
            "telemetry",
        ],
    ),
    (
        "commands",
        &[
            "startup",
            "app",
            "crypto",
            "evidence",
            "render",
            "config",
            "domain",
            "mailer",
            "telemetry",
            "db",
            "blob",
        ],
    ),
    ("startup", &["*"]),
    ("main", &["commands", "config", "telemetry"]),
    ("lib", &["*"]),
];

/// Crates that only some modules may name.
const FENCES: &[(&str, &[&str])] = &[
    ("actix_web", &["web", "startup"]),
    ("diesel", &["db"]),
    ("diesel_async", &["db"]),
    ("tokio_postgres", &["db"]),
    ("lettre", &["mailer"]),
    ("mail_parser", &["mailer", "web"]),
    ("hickory_resolver", &["mailer"]),
    ("std::env", &["config"]),
    ("aws_lc_rs", &["crypto"]),
    ("object_store", &["blob"]),
    ("reqwest", &["outbound"]),
];

/// Who acts for the platform, and why. A new line here is a decision: it reads across tenants.
const SYSTEM_CALLERS: &str = include_str!("system_callers.txt");

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, ending, found);
        } else if path.extension().is_some_and(|own| own == ending) {
            found.push(path);
        }
    }
}

/// Every source file: its module (`app`), its place (`app/sign_up.rs`) and its code without
/// comments and without the unit tests at its end.
fn sources() -> Vec<(String, String, String)> {
    let src = root().join("src");
    let mut paths = Vec::new();
    files(&src, "rs", &mut paths);
    paths.sort();
    let sources: Vec<_> = paths
        .into_iter()
        .map(|path| {
            let place = path.strip_prefix(&src).unwrap().display().to_string();
            let module = place.split(['/', '.']).next().unwrap().to_owned();
            (module, place, code_of(&fs::read_to_string(&path).unwrap()))
        })
        .collect();
    assert!(sources.len() > 60, "the sources were not read");
    sources
}

fn code_of(text: &str) -> String {
    let code = text
        .split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or(text);
    let kept: Vec<&str> = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    kept.join("\n")
}

fn is_test_file(place: &str) -> bool {
    place.ends_with("tests.rs") || place.contains("/tests/") || place.ends_with("samples.rs")
}

/// Modules of ours that a piece of code names by `crate::`.
fn used(code: &str) -> BTreeSet<String> {
    let mut used = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        if let Some(group) = rest.strip_prefix('{') {
            let group = group.split('}').next().unwrap_or_default();
            used.extend(group.split(',').map(|name| {
                name.trim()
                    .split("::")
                    .next()
                    .unwrap_or_default()
                    .to_owned()
            }));
        } else {
            let name: String = rest
                .chars()
                .take_while(|char| char.is_alphanumeric() || *char == '_')
                .collect();
            used.insert(name);
        }
    }
    used.remove("");
    used
}

#[test]
fn arrows_point_one_way() {
    let allowed: BTreeMap<&str, &[&str]> = ARROWS.iter().copied().collect();
    let mut wrong = Vec::new();
    for (module, place, code) in sources() {
        if is_test_file(&place) {
            continue;
        }
        let arrows = allowed.get(module.as_str());
        let arrows = arrows.unwrap_or_else(|| panic!("{place}: a module without a row in ARROWS"));
        for other in used(&code) {
            let fine = other == module
                || arrows.contains(&"*")
                || arrows.contains(&other.as_str())
                || !allowed.contains_key(other.as_str());
            if !fine {
                wrong.push(format!("{place} uses {other}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn crates_stay_behind_their_fences() {
    let mut wrong = Vec::new();
    for (module, place, code) in sources() {
        for (name, homes) in FENCES {
            let named = code.match_indices(&format!("{name}::")).any(|(start, _)| {
                let before = code[..start].chars().next_back();
                !before.is_some_and(|char| char.is_alphanumeric() || char == '_' || char == ':')
            });
            if named && !homes.contains(&module.as_str()) {
                wrong.push(format!("{place} names {name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_module_says_what_belongs_in_it() {
    let src = root().join("src");
    let mut paths = Vec::new();
    files(&src, "rs", &mut paths);
    let silent: Vec<_> = paths
        .into_iter()
        .filter(|path| !fs::read_to_string(path).unwrap().starts_with("//!"))
        .collect();
    assert!(silent.is_empty(), "{silent:#?}");
}

#[test]
fn who_acts_for_the_platform_is_listed() {
    let mut found = BTreeSet::new();
    for (_, place, code) in sources() {
        for rest in code.split("Scope::System(").skip(1) {
            let argument = rest.trim_start();
            if let Some(reason) = argument.strip_prefix('"') {
                let reason = reason.split('"').next().unwrap();
                found.insert(format!("{place}: {reason}"));
            }
        }
    }
    let listed: BTreeSet<String> = SYSTEM_CALLERS
        .lines()
        .filter(|line| !line.is_empty())
        .map(str::to_owned)
        .collect();
    let new: Vec<_> = found.difference(&listed).collect();
    let gone: Vec<_> = listed.difference(&found).collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "tests/it/system_callers.txt differs; new: {new:#?}, gone: {gone:#?}"
    );
}

#[test]
fn staff_act_with_the_rights_of_their_membership() {
    let own = sources().into_iter().filter(|(place, _, code)| {
        place.starts_with("app/") && code.contains("Scope::Association(actor")
    });
    let found: Vec<String> = own.map(|(place, _, _)| place).collect();
    assert_eq!(found, Vec::<String>::new(), "take `actor.scope()`");
}

#[test]
fn nothing_is_left_to_do_without_a_number() {
    let wrong: Vec<String> = sources()
        .into_iter()
        .filter(|(_, _, code)| code.contains("TODO") || code.contains("FIXME"))
        .map(|(_, place, _)| place)
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn no_macro_of_ours_and_no_drawer_for_everything() {
    for (_, place, code) in sources() {
        assert!(!code.contains("macro_rules!"), "{place}");
        for part in place.trim_end_matches(".rs").split('/') {
            let drawer = [
                "utils", "util", "helpers", "common", "misc", "manager", "service",
            ];
            assert!(
                !drawer.contains(&part) || place == "web/service.rs",
                "{place}"
            );
        }
    }
}

/// utoipa keeps one shape of each name and forgets the others without a word.
#[test]
fn no_two_shapes_of_the_api_have_one_name() {
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    let mut shapes = 0;
    for (place, _, code) in sources() {
        let mut is_shape = false;
        for line in code.lines().map(str::trim) {
            if line.starts_with("#[derive(") {
                is_shape = line.contains("ToSchema");
            }
            let words: Vec<&str> = line.split([' ', '<', '(', '{', ';']).collect();
            let named = words
                .iter()
                .position(|word| matches!(*word, "struct" | "enum"));
            let Some(named) = named.filter(|_| is_shape && !line.starts_with(['#', '/'])) else {
                continue;
            };
            is_shape = false;
            shapes += 1;
            let before = known.insert(words[named + 1].to_owned(), place.clone());
            assert_eq!(before, None, "{} is in {place} too", words[named + 1]);
        }
    }
    assert!(shapes > 200, "{shapes}");
}

#[test]
fn the_docs_name_files_that_exist() {
    for doc in ["README.md", "docs/ARCHITECTURE.md", "docs/CONTRIBUTING.md"] {
        let text = fs::read_to_string(root().join(doc)).unwrap();
        for quoted in text.split('`').skip(1).step_by(2) {
            let is_path = quoted.contains('/')
                && quoted
                    .chars()
                    .all(|char| char.is_alphanumeric() || "/_-.".contains(char))
                && [
                    "src/",
                    "tests/",
                    "docs/",
                    "deploy/",
                    "assets/",
                    "migrations/",
                ]
                .iter()
                .any(|start| quoted.starts_with(start));
            assert!(
                !is_path || root().join(quoted).exists(),
                "{doc} names {quoted}"
            );
        }
    }
}

#[test]
fn the_map_is_short() {
    let map = fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
    assert!(map.lines().count() <= 150);
}

/// What partners are told hangs on it: a state is written nowhere without `partner_event::stage` (decision 33).
#[test]
fn whoever_writes_a_claimants_state_tells_the_partner() {
    let mut writers = 0;
    for (module, place, code) in sources() {
        if module != "db" {
            continue;
        }
        for function in code.split("\npub async fn ").skip(1) {
            let writes = function.contains("claimants::state.eq(") && function.contains(".set(");
            let raw = function
                .split("UPDATE claimants SET ")
                .skip(1)
                .any(|set| set.starts_with("state ") || set.contains(", state ="));
            let name = function.split('(').next().unwrap_or_default();
            if writes || raw {
                // that of unconfirmed sign-ups that are deleted touches the state and leaves it
                if name == "lock_unconfirmed" {
                    continue;
                }
                writers += 1;
                assert!(
                    function.contains("partner_event::stage("),
                    "{place}: {name} writes a state and tells no partner"
                );
            }
        }
    }
    assert!(writers >= 5, "{writers}");
}

/// Reads that some action does too: what is only read may be cut.
const READ_IN_ACTIONS: &[&str] = &["deficiency::of", "document::take", "work_queue::standing"];

/// Handlers of write operations without `to_end` in their file: what they call instead.
const ENDED_ELSEWHERE: &[(&str, &str)] = &[
    ("CONSOLE_CONFLICT_DECISION", "decided("),
    ("CONSOLE_CONFLICT_APPROVAL", "approved("),
    ("EMBED_FORM", "join::take("),
    // writes nothing
    ("VERIFY_FORM", "check_here("),
];

/// What stands in the `async move` blocks of a piece of code, and the rest.
fn parted(code: &str) -> (String, String) {
    let (mut inside, mut outside) = (String::new(), String::new());
    let mut rest = code;
    while let Some(start) = rest.find("async move {") {
        let mut depth = 0;
        let length = rest[start..].find(|char| {
            depth += match char {
                '{' => 1,
                '}' => -1,
                _ => 0,
            };
            char == '}' && depth == 0
        });
        let end = start + length.unwrap();
        outside.push_str(&rest[..start]);
        inside.push_str(&rest[start..end]);
        rest = &rest[end..];
    }
    outside.push_str(rest);
    (inside, outside)
}

/// The code on one line, each call together with its first argument.
fn on_one_line(code: &str) -> String {
    let words: Vec<&str> = code.split_whitespace().collect();
    words.join(" ").replace("( ", "(")
}

/// Functions of a file, each with what follows until the next.
fn functions(code: &str) -> BTreeMap<String, String> {
    let mut functions: BTreeMap<String, String> = BTreeMap::new();
    let mut name = String::new();
    for line in code.lines() {
        let begun = line.split_once("fn ").filter(|(before, _)| {
            let before = before.trim();
            ["", "async", "const"].contains(&before) || before.starts_with("pub")
        });
        if let Some((_, signature)) = begun {
            let end = signature.find(['(', '<']).unwrap_or(signature.len());
            signature[..end].clone_into(&mut name);
        }
        let body = functions.entry(name.clone()).or_default();
        body.push_str(line);
        body.push('\n');
    }
    functions
}

/// The actions, `module::function`, that a piece of code gives a `&ctx` of its own.
fn actions(code: &str) -> BTreeSet<String> {
    let code = on_one_line(code);
    let mut actions = BTreeSet::new();
    for (end, _) in code.match_indices("(&ctx") {
        let start = code[..end]
            .rfind(|char: char| !(char.is_alphanumeric() || char == '_' || char == ':'))
            .map_or(0, |before| before + 1);
        let path: Vec<&str> = code[start..end].rsplit("::").take(2).collect();
        if let [function, module] = path[..] {
            actions.insert(format!("{module}::{function}"));
        }
    }
    actions
}

/// Whoever hangs up drops the handler's future: only what `to_end` runs ends all the same (invariant 2).
#[test]
fn what_the_web_begins_it_runs_to_the_end() {
    let web: Vec<(String, String)> = sources()
        .into_iter()
        .filter(|(module, place, _)| module == "web" && !place.starts_with("web/extract/"))
        .map(|(_, place, code)| (place, code))
        .collect();
    let mut begun = BTreeSet::new();
    for (place, code) in &web {
        // what is read of the request before an action has such blocks of its own
        let blocks = code
            .lines()
            .filter(|line| line.contains("async move") && !line.contains(".await.map(Self::"));
        assert_eq!(
            blocks.count(),
            code.matches(".to_end(").count(),
            "{place}: each `async move` is an action, each action is run by `to_end`"
        );
        begun.extend(actions(&parted(code).0));
    }
    assert!(begun.len() > 140, "{}", begun.len());
    for read in READ_IN_ACTIONS {
        assert!(begun.remove(*read), "{read} is in no action any more");
    }
    for (place, code) in &web {
        let outside = on_one_line(&parted(code).1);
        for action in &begun {
            let bare = outside.match_indices(&format!("{action}(")).any(|(at, _)| {
                let before = outside[..at].chars().next_back();
                !before.is_some_and(|char| char.is_alphanumeric() || char == '_')
            });
            assert!(!bare, "{place} awaits {action} without `to_end`");
        }
    }
}

#[test]
fn every_handler_of_a_write_runs_it_to_the_end() {
    let sources = sources();
    let web: BTreeMap<&str, BTreeMap<String, String>> = sources
        .iter()
        .filter(|(module, _, _)| module == "web")
        .map(|(_, place, code)| (place.as_str(), functions(code)))
        .collect();
    let elsewhere: BTreeMap<&str, &str> = ENDED_ELSEWHERE.iter().copied().collect();
    let mut writes: BTreeSet<String> = operation::ALL
        .iter()
        .filter(|operation| operation.method != Method::Get)
        .map(|operation| operation.name.to_uppercase())
        .collect();
    for (_, place, code) in sources.iter().filter(|(module, _, _)| module == "web") {
        for route in on_one_line(code).split("Route::new(&").skip(1) {
            let (name, handler) = route.split_once(", web::to(").unwrap();
            let name = name.rsplit("::").next().unwrap();
            if !writes.remove(name) {
                continue;
            }
            let handler = handler.split(')').next().unwrap();
            let (file, function) = handler.rsplit_once("::").unwrap();
            let folder = place.rsplit_once('/').unwrap().0;
            let file = format!("{folder}/{}.rs", file.replace("::", "/"));
            let own = &web[file.as_str()];
            let body = &own[function];
            let ends = |body: &str| body.contains("to_end(");
            let helped = own.iter().any(|(name, helper)| {
                name != function && ends(helper) && body.contains(&format!("{name}("))
            });
            let left = elsewhere.get(name).is_some_and(|call| body.contains(call));
            assert!(
                ends(body) || helped || left,
                "{file}: {function} does {name} without `to_end`"
            );
        }
    }
    assert!(writes.is_empty(), "no route was found for {writes:#?}");
}
