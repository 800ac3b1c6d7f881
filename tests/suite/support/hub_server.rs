//! A stand-in for the Hub on a loopback address, which misbehaves on request.
//!
//! It answers what Python's client needs: HEAD with ETag, X-Repo-Commit and a size, GET with or
//! without Range, and, as the real one does for weights, a redirect to another host for the bytes.
//! A connection stays open for further requests as long as a client can tell where replies end.

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use sha2::{Digest, Sha256};

pub const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// A request of a client.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub headers: HashMap<String, String>,
    /// How many of this method came before.
    pub earlier: usize,
}

/// The reply to it.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Send only so many bytes of the body and close.
    pub cut: Option<usize>,
    /// Close the connection afterwards without having said so.
    pub hangs_up: bool,
    /// Stand still after the headers and the cut for so long.
    pub stall: Duration,
    /// Stand still before each tenth of the body for so long.
    pub pause: Duration,
}

impl Reply {
    pub fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            cut: None,
            hangs_up: false,
            stall: Duration::ZERO,
            pause: Duration::ZERO,
        }
    }

    pub fn header(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        self
    }

    pub fn body(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self.header("Content-Length", body.len())
    }

    pub fn cut(mut self, bytes: usize) -> Self {
        self.cut = Some(bytes);
        self
    }

    pub fn hang_up(mut self) -> Self {
        self.hangs_up = true;
        self
    }

    #[cfg_attr(not(unix), allow(dead_code))] // Only tests that kill a process ask for it.
    pub fn pause(mut self, duration: Duration) -> Self {
        self.pause = duration;
        self
    }

    pub fn stall(mut self, duration: Duration) -> Self {
        self.stall = duration;
        self
    }

    /// Whether the headers say where the reply ends, and it does end there.
    fn ends_as_said(&self, method: &str) -> bool {
        let lengths = self
            .headers
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case("Content-Length"));
        let is_said = lengths
            .map(|(_, length)| length)
            .eq([&self.body.len().to_string()]);
        method == "HEAD" || (is_said && self.cut.is_none())
    }
}

type Handler = dyn Fn(&Request, Reply) -> Reply + Send + Sync;

/// The server; it ends with the test's process.
pub struct StandIn {
    pub port: u16,
    requests: Arc<Mutex<Vec<Request>>>,
    connections: Arc<AtomicUsize>,
}

pub fn sha256(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl StandIn {
    /// Serves `files`, by `owner/name/file`.
    pub fn new(files: &[(&str, &[u8])]) -> Self {
        Self::with(files, |_, reply| reply)
    }

    /// Serves `files`, with each good reply changed by `fault`.
    pub fn with(
        files: &[(&str, &[u8])],
        fault: impl Fn(&Request, Reply) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a loopback port");
        let port = listener.local_addr().expect("an address").port();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let files: HashMap<String, Vec<u8>> = files
            .iter()
            .map(|(name, body)| ((*name).to_owned(), body.to_vec()))
            .collect();
        let (files, fault): (_, Arc<Handler>) = (Arc::new(files), Arc::new(fault));
        let seen = Arc::clone(&requests);
        let connections = Arc::new(AtomicUsize::new(0));
        let opened = Arc::clone(&connections);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                opened.fetch_add(1, Ordering::Relaxed);
                let (files, seen, fault) = (files.clone(), Arc::clone(&seen), Arc::clone(&fault));
                thread::spawn(move || serve(stream, &files, &seen, &*fault));
            }
        });
        Self {
            port,
            requests,
            connections,
        }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().expect("no poisoned lock").clone()
    }

    /// How many connections clients have opened.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    pub fn count(&self, method: &str) -> usize {
        self.requests()
            .iter()
            .filter(|r| r.method == method)
            .count()
    }
}

/// Answers the requests of one connection.
fn serve(
    stream: TcpStream,
    files: &HashMap<String, Vec<u8>>,
    seen: &Mutex<Vec<Request>>,
    fault: &Handler,
) -> Option<()> {
    // Else the kernel would hold back a body until the client has acknowledged the headers.
    stream.set_nodelay(true).ok()?;
    let mut reader = BufReader::new(stream);
    loop {
        let request = read(&mut reader, seen)?;
        let reply = fault(&request, good_reply(&request, files));
        let stays_open = reply.ends_as_said(&request.method);
        send(reader.get_mut(), &request, &reply, stays_open).ok()?;
        if !stays_open || reply.hangs_up {
            return Some(());
        }
    }
}

fn send(
    stream: &mut TcpStream,
    request: &Request,
    reply: &Reply,
    stays_open: bool,
) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {} Status\r\n", reply.status);
    if !stays_open {
        head.push_str("Connection: close\r\n");
    }
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes())?;
    if request.method != "HEAD" {
        let end = reply.cut.unwrap_or(reply.body.len());
        for part in reply.body[..end].chunks(reply.body.len().div_ceil(10).max(1)) {
            thread::sleep(reply.pause);
            stream.write_all(part)?;
        }
    }
    stream.flush()?;
    thread::sleep(reply.stall);
    Ok(())
}

fn read(reader: &mut BufReader<TcpStream>, seen: &Mutex<Vec<Request>>) -> Option<Request> {
    let mut lines = reader.lines().map_while(Result::ok);
    let first = lines.next()?;
    let mut words = first.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let headers = lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| {
            let (name, value) = line.split_once(':')?;
            Some((name.to_lowercase(), value.trim().to_owned()))
        })
        .collect();
    let mut seen = seen.lock().expect("no poisoned lock");
    let request = Request {
        earlier: seen
            .iter()
            .filter(|r: &&Request| r.method == method)
            .count(),
        method,
        path,
        headers,
    };
    seen.push(request.clone());
    Some(request)
}

/// `/owner/name/resolve/revision/file`, or `/cdn/owner/name/file`.
fn good_reply(request: &Request, files: &HashMap<String, Vec<u8>>) -> Reply {
    let path = request.path.trim_start_matches('/');
    let name = match path.strip_prefix("cdn/") {
        Some(name) => name.to_owned(),
        None => match path.split('/').collect::<Vec<_>>()[..] {
            [owner, name, "resolve", _, file] => format!("{owner}/{name}/{file}"),
            _ => String::new(),
        },
    };
    let Some(body) = files.get(&name) else {
        return Reply::new(404)
            .header("X-Error-Code", "EntryNotFound")
            .header("X-Repo-Commit", COMMIT)
            .body(b"");
    };
    let reply = Reply::new(200)
        .header("ETag", format!("\"{}\"", sha256(body)))
        .header("X-Repo-Commit", COMMIT);
    let range = request.headers.get("range");
    let start = range.and_then(|r| r.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok());
    match start {
        None | Some(0) => reply.body(body),
        Some(start) if start < body.len() => {
            let mut reply = reply.body(&body[start..]);
            reply.status = 206;
            let total = body.len();
            reply.header(
                "Content-Range",
                format!("bytes {start}-{}/{total}", total - 1),
            )
        }
        Some(_) => Reply::new(416).body(b""),
    }
}
