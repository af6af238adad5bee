//! A mail server that does as told: takes mails, refuses them, falls silent or hangs up, by domain; with
//! STARTTLS, if it has a certificate. It keeps every byte as it came.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use joinder::mailer::{Mailer, MxSettings, MxTls};
use rustls::ServerConfig;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;
use tokio_rustls::TlsAcceptor;

use crate::certificate;

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
    /// Whether it came encrypted.
    pub(crate) is_encrypted: bool,
}

/// The server; clones are the same one. It ends with the test's runtime.
#[derive(Clone)]
pub(crate) struct Sink {
    pub(crate) addr: SocketAddr,
    inner: Arc<Inner>,
}

#[derive(Default)]
struct Inner {
    tls: Option<TlsAcceptor>,
    greeting: Mutex<Option<&'static str>>,
    commands: Mutex<Vec<Vec<u8>>>,
    manners: Mutex<HashMap<String, VecDeque<Manner>>>,
    taken: Mutex<Vec<Taken>>,
    asked: Mutex<HashMap<String, usize>>,
    connections: AtomicUsize,
    open: AtomicUsize,
    most_open: AtomicUsize,
}

impl Sink {
    pub(crate) async fn start() -> Self {
        Self::start_with(None).await
    }

    /// A server that offers STARTTLS with a certificate it made itself.
    pub(crate) async fn encrypted() -> Self {
        let config: ServerConfig = certificate::self_made("sink.example");
        Self::start_with(Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    async fn start_with(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let sink = Self {
            addr: listener.local_addr().unwrap(),
            inner: Arc::new(Inner {
                tls,
                ..Inner::default()
            }),
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

    /// All that was said but the mails themselves, line by line, with what ended the line.
    pub(crate) fn commands(&self) -> Vec<Vec<u8>> {
        self.inner.commands.lock().unwrap().clone()
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

/// What a conversation is held over.
trait Wire: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Wire for T {}

struct Talk {
    wire: BufReader<Box<dyn Wire>>,
    is_encrypted: bool,
}

impl Talk {
    /// The next line with what ends it; none: the other side hung up.
    async fn line(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        let length = self.wire.read_until(b'\n', &mut line).await?;
        Ok((length > 0).then_some(line))
    }

    async fn say(&mut self, text: &str) -> std::io::Result<()> {
        self.wire
            .write_all(format!("{text}\r\n").as_bytes())
            .await?;
        self.wire.flush().await
    }

    async fn encrypt(self, tls: &TlsAcceptor) -> std::io::Result<Self> {
        let wire = tls.accept(self.wire.into_inner()).await?;
        Ok(Self {
            wire: BufReader::new(Box::new(wire)),
            is_encrypted: true,
        })
    }
}

async fn speak(stream: TcpStream, inner: &Inner) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut talk = Talk {
        wire: BufReader::new(Box::new(stream)),
        is_encrypted: false,
    };
    let greeting = *inner.greeting.lock().unwrap();
    let greeting = greeting.unwrap_or("220 sink.example");
    talk.say(greeting).await?;
    if !greeting.starts_with('2') {
        return Ok(());
    }
    let (mut to, mut manner) = (String::new(), Manner::Take);
    while let Some(line) = talk.line().await? {
        inner.commands.lock().unwrap().push(line.clone());
        let line = String::from_utf8_lossy(&line).into_owned();
        let answer: &str = match line.get(..4).unwrap_or_default() {
            "EHLO" if inner.tls.is_some() && !talk.is_encrypted => {
                "250-sink.example\r\n250 STARTTLS"
            }
            "EHLO" | "HELO" => "250 sink.example",
            "STAR" => {
                let Some(tls) = inner.tls.as_ref() else {
                    return Ok(());
                };
                talk.say("220 go").await?;
                talk = talk.encrypt(tls).await?;
                continue;
            }
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
                talk.say("354 go").await?;
                let Some(answer) = text(&mut talk, inner, &to, manner).await? else {
                    return Ok(());
                };
                answer
            }
            "QUIT" => return Ok(()),
            _ => "250 ok",
        };
        talk.say(answer).await?;
        if answer.starts_with("421") {
            return Ok(());
        }
    }
    Ok(())
}

/// Reads the text of a mail; the answer, or none: hang up.
async fn text(
    talk: &mut Talk,
    inner: &Inner,
    to: &str,
    manner: Manner,
) -> std::io::Result<Option<&'static str>> {
    let mut text = Vec::new();
    while let Some(line) = talk.line().await? {
        if manner == Manner::HangUpInText && text.len() > 200 {
            return Ok(None);
        }
        if line == b".\r\n" {
            if let Manner::TakeSlowly(time) = manner {
                sleep(time).await;
            }
            if let Manner::RefuseContent(reply) = manner {
                return Ok(Some(reply));
            }
            inner.keep(to, text, talk.is_encrypted);
            return Ok((manner != Manner::HangUpAfterEnd).then_some("250 queued"));
        }
        // RFC 5321, 4.5.2: the dot that the other side put there
        text.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
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

    fn keep(&self, to: &str, text: Vec<u8>, is_encrypted: bool) {
        let text = String::from_utf8(text).unwrap();
        let id = text
            .lines()
            .find_map(|line| line.strip_prefix("Message-ID: "));
        let taken = Taken {
            to: to.to_owned(),
            message_id: id.unwrap().trim().to_owned(),
            text,
            is_encrypted,
        };
        self.taken.lock().unwrap().push(taken);
    }
}
