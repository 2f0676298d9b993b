//! An endpoint that misbehaves in every way we could think of. None of it takes longer than the deadline, and no key gets out.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use striatum_core::{MAX_VIEWS, StampNanos, ViewMask};
use striatum_frames::{Frame, FrameSet, Image, SetVerdict, content_hash};

use super::*;

/// Longest that a teacher of these tests may take.
const DEADLINE: Duration = Duration::from_secs(2);

/// What an endpoint does with a connection whose request it has read.
type Answer = Box<dyn Fn(&mut TcpStream) + Send>;

/// What a request was: its head and its body.
type Heard = Arc<Mutex<Vec<(String, String)>>>;

/// Answers each connection by its place in the order; the last answer is given for ever.
fn stub(answers: Vec<Answer>) -> (String, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let heard = Heard::default();
    let ours = Arc::clone(&heard);
    let serve = move || {
        for (at, stream) in listener.incoming().enumerate() {
            let Ok(mut stream) = stream else { continue };
            let Some(request) = request(&mut stream) else { continue };
            ours.lock().unwrap().push(request);
            answers[at.min(answers.len() - 1)](&mut stream);
        }
    };
    std::thread::Builder::new().name("stub".into()).spawn(serve).unwrap();
    (url, heard)
}

fn request(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 || line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        head.push_str(&line);
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some((head, String::from_utf8(body).unwrap()))
}

fn status(code: &'static str, more: &'static str, body: Vec<u8>) -> Answer {
    Box::new(move |stream| {
        let head = format!("HTTP/1.1 {code}\r\ncontent-length: {}\r\nconnection: close\r\n{more}\r\n", body.len());
        // Who has hung up does not want it.
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body));
    })
}

fn completion(text: &str) -> Answer {
    status("200 OK", "", json!({ "choices": [{ "message": { "content": text } }] }).to_string().into_bytes())
}

fn references() -> References {
    let picture = || Arc::new(Image::filled(16, 12, [90, 90, 90]));
    References {
        task: "clear the table".into(),
        views: vec!["left".into(), "right".into()],
        start: vec![picture(), picture()],
        goal: vec![picture(), picture()],
    }
}

fn prompt(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("prompt.txt");
    std::fs::write(&path, text).unwrap();
    path
}

fn config(url: String, folder: &Path) -> RemoteConfig {
    RemoteConfig {
        url,
        model: "grm".into(),
        key_variable: None,
        prompt: prompt(folder, "Task: {task} <image><image> before <image><image> after <image><image>."),
        answer: "<score>{percent}%</score>".into(),
        views: Vec::new(),
        max_tokens: 32,
        retries: 2,
    }
}

fn set() -> FrameSet {
    let mut frames = [const { None }; MAX_VIEWS];
    for (view, place) in frames.iter_mut().take(2).enumerate() {
        let image = Arc::new(Image::filled(16, 12, [10, 20, 30]));
        let (capture, content_hash) = (StampNanos(5), content_hash(&image));
        *place = Some(Frame { view, capture, received: capture, source_frame: 0, content_hash, image });
    }
    let (verdict, frozen) = (SetVerdict::Complete, ViewMask::EMPTY);
    FrameSet { frames, views: ViewMask::first(2), oldest: StampNanos(5), newest: StampNanos(5), verdict, frozen }
}

/// What a teacher at this stub says, and how many requests there were. It never takes longer than the deadline.
fn judged(answers: Vec<Answer>) -> (Result<Judgement>, usize) {
    let folder = tempfile::tempdir().unwrap();
    let (url, heard) = stub(answers);
    let deadline = u64::try_from(DEADLINE.as_nanos()).unwrap();
    let mut teacher = Remote::open(&config(url, folder.path()), deadline, &references()).unwrap();
    let start = Instant::now();
    let judged = teacher.judge(&set());
    assert!(start.elapsed() < DEADLINE + Duration::from_secs(1), "{:?}", start.elapsed());
    let count = heard.lock().unwrap().len();
    (judged, count)
}

#[test]
fn forward_and_backward_are_asked_with_every_picture_in_its_slot() {
    let folder = tempfile::tempdir().unwrap();
    let (url, heard) = stub(vec![completion("<score>+30%</score>"), completion("<score>-60%</score>")]);
    let mut teacher = Remote::open(&config(url, folder.path()), 2_000_000_000, &references()).unwrap();
    let judged = teacher.judge(&set()).unwrap();
    assert_eq!((judged.scores.hops.forward, judged.scores.hops.backward), (Some(0.3), Some(-0.6)));
    assert!(judged.scores.std.is_nan(), "without log-probabilities nothing is known of its spread");
    let heard = heard.lock().unwrap();
    assert_eq!(heard.len(), 2);
    let bodies: Vec<Value> = heard.iter().map(|(_, body)| serde_json::from_str(body).unwrap()).collect();
    for body in &bodies {
        assert_eq!((body["model"].as_str(), body["temperature"].as_f64()), (Some("grm"), Some(0.0)));
        let content = body["messages"][0]["content"].as_array().unwrap();
        let urls: Vec<&str> = content.iter().filter_map(|part| part["image_url"]["url"].as_str()).collect();
        assert!(urls.len() == 6 && urls.iter().all(|url| url.starts_with("data:image/jpeg;base64,/9j/")));
        assert_eq!(content[0]["text"], "Task: clear the table ");
        // Start, goal and BEFORE are of the references; AFTER is what is seen now.
        assert!(urls[..4].iter().all(|url| *url == urls[0]) && urls[4] == urls[5] && urls[4] != urls[0]);
    }
    assert!(
        heard.iter().all(|(head, _)| head.starts_with("POST /v1/chat/completions ") && !head.contains("uthorization"))
    );
}

#[test]
fn a_text_that_is_no_answer_is_no_vote_and_no_failure() {
    let (judged, count) = judged(vec![completion("I cannot tell."), completion("<score>-25%</score>")]);
    let judged = judged.unwrap();
    assert!(judged.scores.hops.forward.unwrap().is_nan() && judged.scores.hops.backward == Some(-0.25));
    assert_eq!((judged.detail["forward"]["no_vote"].as_str(), count), (Some("text"), 2));
}

#[test]
fn what_may_pass_is_sent_again() {
    let busy = || status("429 Too Many Requests", "retry-after: 0\r\n", b"slow down".to_vec());
    let broken = || status("503 Service Unavailable", "", Vec::new());
    let hangs_up: Answer = Box::new(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"choi");
    });
    let (judged, count) =
        judged(vec![busy(), broken(), completion("<score>+10%</score>"), hangs_up, completion("<score>-90%</score>")]);
    let hops = judged.unwrap().scores.hops;
    assert_eq!((hops.forward, hops.backward, count), (Some(0.1), Some(-0.9), 5));
}

#[test]
fn what_will_not_pass_is_given_up_in_one_line() {
    let slow: Answer = Box::new(|_| std::thread::sleep(2 * DEADLINE));
    let trickle: Answer = Box::new(|stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n");
        while stream.write_all(b"{").is_ok() {
            std::thread::sleep(Duration::from_millis(50));
        }
    });
    let garbage: Answer = Box::new(|stream| {
        let _ = stream.write_all(&[0xff; 64]);
    });
    let closes: Answer = Box::new(|_| {});
    let huge = status("200 OK", "", vec![b' '; 6 << 20]);
    let redirect = status("302 Found", "location: http://127.0.0.1:9/v1\r\n", Vec::new());
    let patient = status("429 Too Many Requests", "retry-after: 86400\r\n", Vec::new());
    for (what, answer, wanted, tries) in [
        ("slow", slow, "no reply in time", 1..=1),
        ("trickles", trickle, "no reply in time", 1..=1),
        ("garbage", garbage, "", 1..=3),
        ("closes early", closes, "", 3..=3),
        ("huge", huge, "longer than", 1..=1),
        ("wrong JSON", status("200 OK", "", b"{\"choices\": 7}".to_vec()), "no chat completion", 1..=1),
        ("not JSON", status("200 OK", "", b"<html>".to_vec()), "no chat completion", 1..=1),
        (
            "500",
            status("500 Internal Server Error", "", b"secret-of-the-server".to_vec()),
            "status 500 (3 tries)",
            3..=3,
        ),
        ("429 for a day", patient, "status 429", 1..=1),
        ("401", status("401 Unauthorized", "", b"bad key sk-123".to_vec()), "status 401", 1..=1),
        ("redirects", redirect, "status 302", 1..=1),
    ] {
        let (judged, count) = judged(vec![answer]);
        let error = judged.expect_err(what).to_string();
        assert!(error.contains(wanted) && !error.contains('\n'), "{what}: {error}");
        assert!(!error.contains("sk-123") && !error.contains("secret-of-the-server"), "{what}: {error}");
        assert!(tries.contains(&count), "{what}: {count} requests");
    }
}

#[test]
fn nobody_there_is_one_line_too() {
    let folder = tempfile::tempdir().unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = config(format!("http://127.0.0.1:{port}/v1"), folder.path());
    let error = Remote::open(&config, 2_000_000_000, &references()).unwrap().judge(&set()).unwrap_err().to_string();
    assert!(error.contains(&port.to_string()) && !error.contains('\n'), "{error}");
}

#[test]
fn the_key_is_in_the_request_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (url, heard) = stub(vec![completion("<score>+30%</score>")]);
    let config = config(url, folder.path());
    let header = client::header(Some("sk-secret")).unwrap();
    let mut teacher = Remote::with_key(&config, Some(header), 2_000_000_000, &references()).unwrap();
    let judged = teacher.judge(&set()).unwrap();
    let head = heard.lock().unwrap()[0].0.clone();
    assert!(head.to_ascii_lowercase().contains("authorization: bearer sk-secret\r\n"), "one key, whole");
    assert!(!judged.detail.to_string().contains("sk-secret") && !heard.lock().unwrap()[0].1.contains("sk-secret"));
}

#[test]
fn a_variable_without_a_key_is_refused_and_neither_its_name_nor_its_text_is_said() {
    for held in ["", "sk secret", "sk-secret\n", "sk-sécret"] {
        let error = client::header(Some(held)).unwrap_err().to_string();
        assert!(error.contains("key_variable names holds no key") && !error.contains('\n'), "{error}");
        assert!(!error.contains("cret"), "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let base = config("http://127.0.0.1:9/v1".into(), folder.path());
    let absent = RemoteConfig { key_variable: Some("STRIATUM_NO_SUCH_KEY".into()), ..base };
    for error in [key(&absent).unwrap_err(), Remote::open(&absent, 1, &references()).err().unwrap()] {
        let error = error.to_string();
        assert!(error.contains("teacher.remote.key_variable names is not set in this environment"), "{error}");
        assert!(!error.contains("NO_SUCH_KEY"), "{error}");
    }
}

#[test]
fn a_prompt_or_a_view_that_does_not_fit_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let base = config("http://127.0.0.1:9/v1".into(), folder.path());
    let refused =
        |config: &RemoteConfig, references: &References| Remote::open(config, 1, references).err().unwrap().to_string();
    let one = RemoteConfig { views: vec!["left".into()], ..base.clone() };
    assert!(refused(&one, &references()).contains("has 6 `<image>`, 1 views need 4"));
    let unknown = RemoteConfig { views: vec!["up".into()], ..base.clone() };
    assert!(refused(&unknown, &references()).contains("wants to see `up`"));
    let slotted = References { task: "put <image> away".into(), ..references() };
    assert!(refused(&base, &slotted).contains("holds a slot"));
    let gone = RemoteConfig { prompt: folder.path().join("none.txt"), ..base };
    assert!(refused(&gone, &references()).contains("none.txt"));
}
