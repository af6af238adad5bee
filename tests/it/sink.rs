//! A mail server that does as told: takes mails, refuses them, falls silent or hangs up, by domain.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use joinder::mailer::{Mailer, MxSettings, MxTls};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

/// How a mail is met. Replies are given whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Manner {
    /// It is taken.
    Take,
    /// Refused at RCPT.
    Refuse(&'static str),
    /// Refused after its end.
    RefuseContent(&'static str),
    /// The connection ends in the middle of the text.
    HangUpInText,
    /// The connection ends after the text, without an answer. The mail is kept.
    HangUpAfterEnd,
    /// It is taken after a while.
    TakeSlowly(Duration),
    /// No answer to RCPT, ever.
    Silence,
}

/// A mail as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) to: String,
    pub(crate) message_id: String,
    pub(crate) text: String,
}

/// The server; clones are the same one. It ends with the test's runtime.
#[derive(Clone)]
pub(crate) struct Sink {
    pub(crate) addr: SocketAddr,
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    greeting: Mutex<Option<&'static str>>,
    manners: Mutex<HashMap<String, VecDeque<Manner>>>,
    taken: Mutex<Vec<Taken>>,
    asked: Mutex<HashMap<String, usize>>,
    connections: AtomicUsize,
    open: AtomicUsize,
    most_open: AtomicUsize,
}

impl Sink {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sink = Self {
            addr: listener.local_addr().unwrap(),
            inner: Arc::default(),
        };
        let inner = sink.inner.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(stream, inner.clone()));
            }
        });
        sink
    }

    /// Mails to a domain (`*`: to all others) are met so, one after the other; the last stays.
    pub(crate) fn meet(&self, domain: &str, manners: &[Manner]) {
        let mut all = self.inner.manners.lock().unwrap();
        all.insert(domain.to_owned(), manners.iter().copied().collect());
    }

    /// The greeting of connections from now on.
    pub(crate) fn greet(&self, greeting: Option<&'static str>) {
        *self.inner.greeting.lock().unwrap() = greeting;
    }

    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.inner.taken.lock().unwrap().clone()
    }

    /// How often each mail came, by Message-ID.
    pub(crate) fn copies(&self) -> BTreeMap<String, Vec<Taken>> {
        let mut copies: BTreeMap<String, Vec<Taken>> = BTreeMap::new();
        for mail in self.taken() {
            copies
                .entry(mail.message_id.clone())
                .or_default()
                .push(mail);
        }
        copies
    }

    /// Attempts at mails to a domain: how often RCPT named it.
    pub(crate) fn asked(&self, domain: &str) -> usize {
        let asked = self.inner.asked.lock().unwrap();
        asked.get(domain).copied().unwrap_or(0)
    }

    pub(crate) fn forget(&self) {
        self.inner.taken.lock().unwrap().clear();
        self.inner.manners.lock().unwrap().clear();
        self.inner.asked.lock().unwrap().clear();
    }

    pub(crate) fn connections(&self) -> usize {
        self.inner.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn most_open(&self) -> usize {
        self.inner.most_open.load(Ordering::SeqCst)
    }
}

/// The two transports (issue 4), both to one sink.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Relay,
    Direct,
}

impl Way {
    pub(crate) const BOTH: [Self; 2] = [Self::Relay, Self::Direct];

    /// A mailer that gives up soon.
    pub(crate) fn mailer(self, sink: &Sink) -> Mailer {
        self.to(sink.addr, MxTls::None)
    }

    /// A mailer for a busy machine.
    pub(crate) fn patient(self, sink: &Sink) -> Mailer {
        self.within(sink.addr, MxTls::None, Duration::from_secs(3))
    }

    /// The same that wants STARTTLS.
    pub(crate) fn encrypting(self, sink: &Sink) -> Mailer {
        self.to(sink.addr, MxTls::Required)
    }

    pub(crate) fn to(self, addr: SocketAddr, tls: MxTls) -> Mailer {
        self.within(addr, tls, Duration::from_millis(400))
    }

    fn within(self, addr: SocketAddr, tls: MxTls, timeout: Duration) -> Mailer {
        match self {
            Self::Relay => {
                let tls = if tls == MxTls::None {
                    "none"
                } else {
                    "required"
                };
                Mailer::smtp(&format!("smtp://{addr}?tls={tls}"), timeout).unwrap()
            }
            Self::Direct => Mailer::mx(MxSettings {
                tls,
                hello: Some("joinder.example".to_owned()),
                timeout,
                overrides: vec![("*".to_owned(), addr)],
            })
            .unwrap(),
        }
    }
}

async fn converse(stream: TcpStream, inner: Arc<Inner>) {
    let open = inner.open.fetch_add(1, Ordering::SeqCst) + 1;
    inner.most_open.fetch_max(open, Ordering::SeqCst);
    inner.connections.fetch_add(1, Ordering::SeqCst);
    let _ = speak(stream, &inner).await;
    inner.open.fetch_sub(1, Ordering::SeqCst);
}

async fn speak(stream: TcpStream, inner: &Inner) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let greeting = *inner.greeting.lock().unwrap();
    let greeting = greeting.unwrap_or("220 sink.example");
    write
        .write_all(format!("{greeting}\r\n").as_bytes())
        .await?;
    if !greeting.starts_with('2') {
        return Ok(());
    }
    let (mut to, mut manner) = (String::new(), Manner::Take);
    while let Some(line) = lines.next_line().await? {
        let answer: &str = match line.get(..4).unwrap_or_default() {
            "EHLO" | "HELO" => "250 sink.example",
            "RCPT" => {
                to = line.split(['<', '>']).nth(1).unwrap().to_owned();
                manner = inner.next_manner(to.rsplit_once('@').unwrap().1);
                match manner {
                    Manner::Refuse(reply) => reply,
                    Manner::Silence => {
                        sleep(Duration::from_secs(60)).await;
                        return Ok(());
                    }
                    _ => "250 ok",
                }
            }
            "DATA" => {
                write.write_all(b"354 go\r\n").await?;
                let Some(answer) = text(&mut lines, inner, &to, manner).await? else {
                    return Ok(());
                };
                answer
            }
            "QUIT" => return Ok(()),
            _ => "250 ok",
        };
        write.write_all(format!("{answer}\r\n").as_bytes()).await?;
        if answer.starts_with("421") {
            return Ok(());
        }
    }
    Ok(())
}

type Lines = tokio::io::Lines<BufReader<tokio::net::tcp::OwnedReadHalf>>;

/// Reads the text of a mail; the answer, or none: hang up.
async fn text(
    lines: &mut Lines,
    inner: &Inner,
    to: &str,
    manner: Manner,
) -> std::io::Result<Option<&'static str>> {
    let mut text = String::new();
    while let Some(line) = lines.next_line().await? {
        if manner == Manner::HangUpInText && text.len() > 200 {
            return Ok(None);
        }
        if line == "." {
            if let Manner::TakeSlowly(time) = manner {
                sleep(time).await;
            }
            if let Manner::RefuseContent(reply) = manner {
                return Ok(Some(reply));
            }
            inner.keep(to, text);
            return Ok((manner != Manner::HangUpAfterEnd).then_some("250 queued"));
        }
        text.push_str(&line);
        text.push_str("\r\n");
    }
    Ok(None)
}

impl Inner {
    fn next_manner(&self, domain: &str) -> Manner {
        let mut asked = self.asked.lock().unwrap();
        *asked.entry(domain.to_owned()).or_default() += 1;
        let mut manners = self.manners.lock().unwrap();
        let key = if manners.contains_key(domain) {
            domain
        } else {
            "*"
        };
        let Some(manners) = manners.get_mut(key) else {
            return Manner::Take;
        };
        if manners.len() > 1 {
            manners.pop_front().unwrap()
        } else {
            manners.front().copied().unwrap_or(Manner::Take)
        }
    }

    fn keep(&self, to: &str, text: String) {
        let id = text
            .lines()
            .find_map(|line| line.strip_prefix("Message-ID: "));
        let taken = Taken {
            to: to.to_owned(),
            message_id: id.unwrap().trim().to_owned(),
            text,
        };
        self.taken.lock().unwrap().push(taken);
    }
}
