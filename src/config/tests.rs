//! Defaults, refusals and secrets of the configuration.

use super::*;

fn user() -> Home {
    Home {
        is_root: false,
        xdg_state: None,
        folder: Some("/home/maria".into()),
        object_store: ObjectStoreVariables::default(),
    }
}

fn resolve(change: impl FnOnce(&mut Options)) -> Result<Config, ConfigError> {
    let mut options = Options::default();
    change(&mut options);
    Config::resolve_in(&options, &user())
}

#[expect(clippy::unnecessary_wraps, reason = "shorter callers")]
fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

#[test]
fn nothing_given_means_one_machine() {
    let config = resolve(|_| ()).unwrap();
    assert_eq!(
        config.data_dir,
        Path::new("/home/maria/.local/state/joinder")
    );
    assert_eq!(config.master_key_file, config.data_dir.join("master.key"));
    assert_eq!(
        config.blob_url,
        "file:///home/maria/.local/state/joinder/blobs"
    );
    assert_eq!(config.public_base_url, "http://127.0.0.1:8080");
    assert_eq!((config.pool_size, config.rate_limits), (16, RateLimits::On));
    assert!(config.database_url.is_none() && config.transport.is_none());
}

#[test]
fn roots_data_lie_where_postgres_can_reach_them() {
    let mut home = user();
    home.is_root = true;
    assert_eq!(home.state().unwrap(), Path::new("/var/lib/joinder"));
    home.is_root = false;
    home.xdg_state = Some("/state".into());
    assert_eq!(home.state().unwrap(), Path::new("/state/joinder"));
    home.xdg_state = Some("relative".into());
    assert_eq!(
        home.state().unwrap(),
        Path::new("/home/maria/.local/state/joinder")
    );
    home.folder = None;
    assert_eq!(home.state().unwrap_err(), ConfigError::NoHome);
}

#[test]
fn a_blank_value_counts_as_not_given() {
    let config = resolve(|options| {
        options.trusted_proxies = text("");
        options.database_url = text(" ");
        options.metrics_bind = text("");
    })
    .unwrap();
    assert!(config.trusted_proxies.is_empty() && config.database_url.is_none());
}

#[test]
fn wrong_values_name_their_variable() {
    let of = |change: fn(&mut Options)| match resolve(change).unwrap_err() {
        ConfigError::Value { variable, .. } => variable,
        other => panic!("{other}"),
    };
    assert_eq!(of(|o| o.bind = text("8080")), "BIND");
    assert_eq!(of(|o| o.pool_size = text("1")), "POOL_SIZE");
    assert_eq!(of(|o| o.rate_limits = text("no")), "RATE_LIMITS");
    assert_eq!(of(|o| o.trusted_proxies = text("proxy")), "TRUSTED_PROXIES");
    assert_eq!(of(|o| o.mail_from = text("somebody")), "MAIL_FROM");
    assert_eq!(of(|o| o.mail_from = text("A\r\nB <a@b.it>")), "MAIL_FROM");
    for url in [
        "ftp://a.it",
        "https://a.it/path",
        "https://u:p@a.it",
        "https://a.it?x",
        "a.it",
    ] {
        let refused = resolve(|options| options.public_base_url = text(url)).unwrap_err();
        assert!(refused.to_string().contains("PUBLIC_BASE_URL"), "{url}");
    }
}

#[test]
fn a_folder_for_mails_wins_over_a_relay() {
    let config = resolve(|options| {
        options.mail_dir = text("/mails");
        options.smtp_url = text("smtp://u:secret@relay");
    })
    .unwrap();
    assert_eq!(config.transport, Some(Transport::Folder("/mails".into())));
}

#[test]
fn the_sender_has_a_name_and_an_address() {
    let of = |from: Option<&str>| sender(from, "https://adesioni.example.org").unwrap();
    let pair = |name: &str, address: &str| (name.to_owned(), address.to_owned());
    assert_eq!(of(None), pair("joinder", "joinder@adesioni.example.org"));
    assert_eq!(of(Some("A B <a@b.it>")), pair("A B", "a@b.it"));
    assert_eq!(of(Some("a@b.it")), pair("joinder", "a@b.it"));
}

#[test]
fn secrets_are_not_shown() {
    let config = resolve(|options| {
        options.database_url = text("postgres://joinder:hunter2@db/joinder");
        options.smtp_url = text("smtps://joinder:hunter2@relay");
    })
    .unwrap();
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn production_refuses_what_is_unsafe() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap().to_owned();
    std::fs::write(folder.path().join("demo"), "").unwrap();
    let config = resolve(|options| {
        options.data_dir = Some(dir.clone());
        options.bind = text("0.0.0.0:80");
        options.rate_limits = text("off");
        options.public_base_url = text("http://adesioni.example.org");
    })
    .unwrap();
    assert_eq!(
        config.refuse_unsafe().unwrap_err(),
        [
            ConfigError::DemoData(folder.path().to_owned()),
            ConfigError::NoMasterKey(folder.path().join("master.key")),
            ConfigError::NoTransport,
            ConfigError::ClearBaseUrl("http://adesioni.example.org".to_owned()),
            ConfigError::NoLimits,
        ]
    );

    std::fs::remove_file(folder.path().join("demo")).unwrap();
    std::fs::write(folder.path().join("master.key"), "").unwrap();
    for base in [
        "https://adesioni.example.org",
        "http://localhost:8080",
        "http://[::1]",
    ] {
        let config = resolve(|options| {
            options.data_dir = Some(dir.clone());
            options.mail_dir = text("/mails");
            options.rate_limits = text("off");
            options.public_base_url = text(base);
        })
        .unwrap();
        assert_eq!(config.refuse_unsafe(), Ok(()), "{base}");
    }
}

#[test]
fn mails_come_back_to_the_domain_of_their_sender_unless_told_otherwise() {
    let from = |o: &mut Options| o.mail_from = text("Adesioni <adesioni@mail.example.org>");
    let config = resolve(from).unwrap();
    assert_eq!(config.bounce_address, "bounces@mail.example.org");
    let told = resolve(|o| {
        from(o);
        o.bounce_address = text("ritorni@bounce.example.org");
    });
    assert_eq!(told.unwrap().bounce_address, "ritorni@bounce.example.org");
    let long = format!("{}@b.it", "a".repeat(22));
    for address in ["x", "a+b@c.it", "a b@c.it", "a@b", "@b.it", &long] {
        let refused = resolve(|o| o.bounce_address = text(address)).unwrap_err();
        let ConfigError::Value { variable, .. } = refused else {
            panic!("{refused}");
        };
        assert_eq!(variable, "BOUNCE_ADDRESS", "{address}");
    }
}

#[test]
fn mails_are_signed_for_the_domain_of_their_sender_or_one_above_it() {
    let with = |domain: &str, selector: &str| {
        resolve(|o| {
            o.mail_from = text("Adesioni <adesioni@mail.example.org>");
            o.dkim_domain = text(domain);
            o.dkim_selector = text(selector);
            o.dkim_key_file = text("/etc/joinder/dkim.pem");
        })
    };
    let config = with("", "").unwrap();
    assert_eq!(
        (config.dkim.selector.as_str(), config.dkim.domain.as_str()),
        ("joinder", "mail.example.org")
    );
    let unsafe_here = config.refuse_unsafe().unwrap_err();
    let is_missing = |error: &ConfigError| matches!(error, ConfigError::NoDkimKey(_));
    assert!(unsafe_here.iter().any(is_missing), "{unsafe_here:?}");
    let above = with("Example.org", "s1.2026").unwrap().dkim;
    assert_eq!(
        (above.selector.as_str(), above.domain.as_str()),
        ("s1.2026", "example.org")
    );
    for (domain, selector, variable) in [
        ("org", "", "DKIM_DOMAIN"),
        ("ample.org", "", "DKIM_DOMAIN"),
        ("other.example.org", "", "DKIM_DOMAIN"),
        ("", "a b", "DKIM_SELECTOR"),
        ("", "a;b", "DKIM_SELECTOR"),
    ] {
        let refused = with(domain, selector).unwrap_err();
        let ConfigError::Value { variable: told, .. } = refused else {
            panic!("{refused}");
        };
        assert_eq!(told, variable, "{domain} {selector}");
    }
    assert_eq!(resolve(|_| {}).unwrap().dkim.key_file, None);
}

#[test]
fn a_seal_needs_its_key_and_its_certificate() {
    let with = |key: &str, certificate: &str| {
        resolve(|options| {
            options.seal_key_file = text(key);
            options.seal_certificate_file = text(certificate);
        })
    };
    assert_eq!(with("", "").unwrap().seal, None);
    let both = with("/seal.key", "/seal.pem").unwrap().seal.unwrap();
    assert_eq!(both.key, Path::new("/seal.key"));
    assert_eq!(both.certificate, Path::new("/seal.pem"));
    for (key, certificate, missing) in [
        ("/seal.key", "", "SEAL_CERTIFICATE_FILE"),
        ("", "/seal.pem", "SEAL_KEY_FILE"),
    ] {
        let refused = with(key, certificate).unwrap_err();
        let ConfigError::Value { variable, .. } = refused else {
            panic!("{refused}");
        };
        assert_eq!(variable, missing);
    }
}

#[test]
fn direct_delivery_is_read_strictly() {
    let direct = |tls: &str, overrides: &str| {
        resolve(|options| {
            options.smtp_url = text("mx:");
            options.smtp_tls = text(tls);
            options.mx_override = text(overrides);
        })
    };
    let config = direct("", "Own.Example=127.0.0.1:2525, *=[::1]:25").unwrap();
    let Some(Transport::Direct(found)) = &config.transport else {
        panic!("{:?}", config.transport)
    };
    assert_eq!(found.tls, DirectTls::Required);
    assert_eq!(found.overrides[0].0, "own.example");
    assert_eq!(found.overrides[1].1.port(), 25);
    for (tls, overrides) in [
        ("maybe", ""),
        ("", "own.example"),
        ("", "a=b"),
        ("", "=127.0.0.1:1"),
    ] {
        assert!(direct(tls, overrides).is_err(), "{tls} {overrides}");
    }
    let relay = resolve(|options| {
        options.smtp_url = text("smtp://relay.example");
        options.mx_override = text("*=127.0.0.1:25");
    });
    assert!(
        relay
            .unwrap_err()
            .to_string()
            .starts_with("MX_OVERRIDE is for SMTP_URL=mx:")
    );
}

#[test]
fn mails_are_diverted_and_sent_in_clear_on_this_machine_only() {
    let refused = |change: &dyn Fn(&mut Options)| {
        let config = resolve(|options| {
            options.smtp_url = text("mx:");
            change(options);
        });
        config.unwrap().refuse_unsafe_mail()
    };
    let here = |options: &mut Options| options.mx_override = text("*=127.0.0.1:2525");
    assert_eq!(refused(&|_| ()), Some(ConfigError::UnsignedMail));
    let signed = |options: &mut Options| options.dkim_key_file = Some("dkim.pem".into());
    assert_eq!(refused(&signed), None);
    assert_eq!(refused(&here), None);
    let diverted = Some(ConfigError::MailDiverted);
    assert_eq!(
        refused(&|options| options.mx_override = text("*=192.0.2.1:25")),
        diverted
    );
    let public = |options: &mut Options| {
        here(options);
        options.public_base_url = text("https://adesioni.example.org");
    };
    assert_eq!(refused(&public), diverted);
    let open = |options: &mut Options| {
        here(options);
        options.public_base_url = text("http://127.0.0.1:8080");
        options.bind = text("0.0.0.0:8080");
    };
    assert_eq!(refused(&open), diverted);
    let clear = |options: &mut Options| options.smtp_tls = text("none");
    assert_eq!(refused(&clear), Some(ConfigError::ClearMail));
    let clear_here = |options: &mut Options| {
        here(options);
        clear(options);
    };
    assert_eq!(refused(&clear_here), None);
}

#[test]
fn limits_of_a_relay_are_numbers_from_one() {
    let limits = |rate: &str, daily: &str| {
        resolve(|options| {
            options.smtp_rate = text(rate);
            options.smtp_daily = text(daily);
        })
    };
    let config = limits("50", "100000").unwrap();
    let expected = MailLimits {
        per_second: Some(50),
        per_day: Some(100_000),
    };
    assert_eq!(config.mail_limits, expected);
    assert_eq!(limits("", "").unwrap().mail_limits, MailLimits::default());
    for bad in ["0", "-1", "many", "1.5"] {
        assert!(
            limits(bad, "").is_err() && limits("", bad).is_err(),
            "{bad}"
        );
    }
}
