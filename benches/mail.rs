//! `cargo bench --bench mail -- sink PORT`: a mail server that takes everything at once, but nothing
//! for `dead.example`; prints what it took whenever a line comes in on standard input.
//!
//! `cargo bench --bench mail -- loop PORT MAILS CONNECTIONS`: the yardstick, lettre alone over kept
//! connections with a mail of the usual size; prints mails a second.
//!
//! Both are driven by `benches/mail.py`.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a benchmark that fails shall stop"
)]

use std::io::{BufRead, Write, stdin, stdout};
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use lettre::Address;
use lettre::address::Envelope;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::extension::ClientId;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|word| word != "--bench")
        .collect();
    let number = |place: usize| arguments[place].parse::<u32>().expect("a number");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    match arguments.first().map(String::as_str) {
        Some("sink") => runtime.block_on(sink(u16::try_from(number(1)).expect("a port"))),
        Some("loop") => {
            let port = u16::try_from(number(1)).expect("a port");
            let rate = runtime.block_on(yardstick(port, number(2), number(3)));
            writeln!(stdout(), "{rate:.0}").expect("somebody reads");
        }
        _ => writeln!(stdout(), "see benches/mail.py").expect("somebody reads"),
    }
}

#[derive(Default)]
struct Counts {
    taken: AtomicUsize,
    refused: AtomicUsize,
    /// When each code was taken, in milliseconds since the epoch, with its recipient.
    codes: Mutex<Vec<(String, u128)>>,
}

async fn sink(port: u16) {
    let listener = TcpListener::bind(("127.0.0.1", port))
        .await
        .expect("the port is free");
    let counts = Arc::new(Counts::default());
    let shown = counts.clone();
    std::thread::spawn(move || {
        for _ in stdin().lock().lines() {
            let (taken, refused) = (&shown.taken, &shown.refused);
            let codes: Vec<String> = shown
                .codes
                .lock()
                .expect("not poisoned")
                .drain(..)
                .map(|(to, at)| format!("{to}={at}"))
                .collect();
            let (taken, refused) = (taken.load(Ordering::SeqCst), refused.load(Ordering::SeqCst));
            let mut out = stdout();
            writeln!(out, "{taken} {refused} {}", codes.join(",")).expect("somebody reads");
            out.flush().expect("somebody reads");
        }
        std::process::exit(0);
    });
    loop {
        let (stream, _) = listener.accept().await.expect("a connection");
        let counts = counts.clone();
        tokio::spawn(async move {
            let _ = speak(stream, &counts).await;
        });
    }
}

async fn speak(stream: TcpStream, counts: &Counts) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::with_capacity(65_536, read);
    let mut line = Vec::new();
    write.write_all(b"220 sink\r\n").await?;
    let (mut in_text, mut to) = (false, String::new());
    loop {
        line.clear();
        if lines.read_until(b'\n', &mut line).await? == 0 {
            return Ok(());
        }
        let answer: &[u8] = if in_text {
            if line != b".\r\n" {
                continue;
            }
            in_text = false;
            counts.taken.fetch_add(1, Ordering::SeqCst);
            if to.starts_with("code") {
                let now = std::time::SystemTime::now();
                let now = now
                    .duration_since(std::time::UNIX_EPOCH)
                    .unwrap_or_default();
                let mut codes = counts.codes.lock().expect("not poisoned");
                codes.push((to.clone(), now.as_millis()));
            }
            b"250 taken\r\n"
        } else if line.starts_with(b"RCPT") {
            let text = String::from_utf8_lossy(&line);
            text.split(['<', '>'])
                .nth(1)
                .unwrap_or_default()
                .clone_into(&mut to);
            if to.ends_with("@dead.example") {
                counts.refused.fetch_add(1, Ordering::SeqCst);
                b"451 4.4.1 no answer from host\r\n"
            } else {
                b"250 ok\r\n"
            }
        } else if line.starts_with(b"DATA") {
            in_text = true;
            b"354 go\r\n"
        } else if line.starts_with(b"QUIT") {
            return Ok(());
        } else {
            b"250 ok\r\n"
        };
        write.write_all(answer).await?;
    }
}

/// Mails a second.
async fn yardstick(port: u16, mails: u32, connections: u32) -> f64 {
    // as long as a confirmation: text and HTML, quoted-printable
    let text =
        "Una riga di testo come tante altre, lunga quanto una riga puo' essere.\r\n".repeat(90);
    let body = format!("From: a@example.org\r\nTo: b@example.org\r\nSubject: x\r\n\r\n{text}");
    let address = |text: &str| text.parse::<Address>().expect("an address");
    let from = address("a@example.org");
    let envelope = Envelope::new(Some(from), vec![address("b@example.org")]).expect("an envelope");
    let began = Instant::now();
    let each = mails / connections;
    let tasks = (0..connections).map(|_| {
        let (body, envelope) = (body.clone(), envelope.clone());
        tokio::spawn(async move {
            let stream = TcpStream::connect(("127.0.0.1", port))
                .await
                .expect("the sink");
            stream.set_nodelay(true).expect("a socket");
            let hello = ClientId::default();
            let mut connection =
                AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello)
                    .await
                    .expect("a greeting");
            for _ in 0..each {
                connection
                    .send(&envelope, body.as_bytes())
                    .await
                    .expect("taken");
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("a connection that ended well");
    }
    let took = began.elapsed().max(Duration::from_millis(1));
    f64::from(each * connections) / took.as_secs_f64()
}
