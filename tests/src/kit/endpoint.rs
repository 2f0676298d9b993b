//! A stand-in for an OpenAI-compatible endpoint that looks at pictures: it answers every request alike, as slowly as it is told.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

/// An endpoint on loopback. Dropped, nobody listens there any more.
pub struct Endpoint {
    address: SocketAddr,
    delay_millis: Arc<AtomicU64>,
    end: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Endpoint {
    /// Listens, and says by turns `forward` and `backward`.
    pub fn start(forward: &str, backward: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback");
        let address = listener.local_addr().expect("it is bound");
        let (delay_millis, end) = (Arc::<AtomicU64>::default(), Arc::<AtomicBool>::default());
        let (delay, ended) = (Arc::clone(&delay_millis), Arc::clone(&end));
        let texts = [forward.to_owned(), backward.to_owned()];
        let serve = move || {
            for stream in listener.incoming() {
                if ended.load(Ordering::Relaxed) {
                    break;
                }
                let Ok(mut stream) = stream else { continue };
                let Some(backward) = read(&mut stream) else { continue };
                std::thread::sleep(Duration::from_millis(delay.load(Ordering::Relaxed)));
                let text = &texts[usize::from(backward)];
                let body = serde_json::json!({ "choices": [{ "message": { "content": text } }] }).to_string();
                let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
                // Who has given up does not want it.
                let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes()));
            }
        };
        let thread = std::thread::Builder::new().name("endpoint".to_owned()).spawn(serve).expect("a thread");
        Self { address, delay_millis, end, thread: Some(thread) }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    /// From now on each request takes so long.
    pub fn delay(&self, delay: Duration) {
        self.delay_millis.store(u64::try_from(delay.as_millis()).expect("short"), Ordering::Relaxed);
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
        self.delay_millis.store(0, Ordering::Relaxed);
        // Wakes it, so that it sees the end.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            // A panic in it has been printed already.
            let _ = thread.join();
        }
    }
}

/// Reads a request; is BEFORE the goal, which makes it the backward question? Start and goal are the first two pictures, BEFORE of
/// the first view is the third.
fn read(stream: &mut TcpStream) -> Option<bool> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 || line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let body: serde_json::Value = serde_json::from_slice(&body).ok()?;
    let parts = body["messages"][0]["content"].as_array()?;
    let pictures: Vec<&str> = parts.iter().filter_map(|part| part["image_url"]["url"].as_str()).collect();
    Some(pictures.get(2)? == pictures.get(1)?)
}
