//! Cameras in this process: publish drawn frames, or any bytes, under the views' keys.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use striatum_core::StampNanos;
use striatum_wire::{ImageMessage, Keys, Name, PixelEncoding, RawImage, encoding};
use zenoh::qos::CongestionControl;
use zenoh::{Session, Wait};

use super::network::{join, wait_for};
use crate::drawn::{DrawOptions, Drawn, View};

/// Side of the pictures that are sent.
const WIDTH: u32 = 160;
const HEIGHT: u32 = 120;

/// Three cameras.
pub struct Cameras {
    session: Session,
    keys: Keys,
    drawn: Drawn,
}

/// Cameras that send by themselves until they are dropped.
pub struct Rolling {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Cameras {
    /// Connects to the runtime at `endpoint`.
    pub fn connect(endpoint: &str) -> Self {
        let options =
            DrawOptions { seed: 5, frames: 60, width: WIDTH, height: HEIGHT, blocks: 2, ..DrawOptions::default() };
        let drawn = Drawn::new(options).expect("options in range");
        Self { session: join(endpoint), keys: Keys::new("robot").expect("a robot's name"), drawn }
    }

    /// Waits until somebody hears every view: what is published before is lost.
    pub fn wait_until_heard(&self) {
        for view in View::ALL {
            let key = self.keys.frames(&Name::view(view.name()).expect("a view's name"));
            let publisher = self.session.declare_publisher(key.as_str().to_owned()).wait().expect("zenoh declares");
            let heard = || publisher.matching_status().wait().expect("zenoh knows").matching().then_some(());
            wait_for(heard, "nobody hears the cameras");
        }
    }

    /// Publishes frame `frame` of every view, captured at `stamp_nanos`.
    pub fn send(&self, frame: u32, stamp_nanos: u64) {
        for view in View::ALL {
            self.send_view(view, frame, stamp_nanos);
        }
    }

    /// Publishes frame `frame` of one view.
    pub fn send_view(&self, view: View, frame: u32, stamp_nanos: u64) {
        let image = self.drawn.image(view, frame % self.drawn.options().frames);
        let message = ImageMessage::Raw(RawImage {
            stamp_nanos: StampNanos(stamp_nanos),
            frame_id: view.name(),
            height: image.height(),
            width: image.width(),
            encoding: PixelEncoding::Rgb8,
            step: image.width() * 3,
            data: image.as_raw(),
        });
        let mut bytes = vec![0; message.encoded_len()];
        message.encode(&mut bytes).expect("the buffer fits");
        self.send_bytes(view.name(), encoding::IMAGE, &bytes);
    }

    /// Publishes any bytes under any view's key.
    pub fn send_bytes(&self, view: &str, encoding: &str, bytes: &[u8]) {
        let key = self.keys.frames(&Name::view(view).expect("a view's name"));
        let put = self.session.put(key.as_str(), bytes).encoding(encoding);
        // A busy machine is not what is tested: no frame is dropped on the way.
        put.congestion_control(CongestionControl::Block).wait().expect("zenoh puts");
    }

    /// Sends a frame set now and every `period`, until the result is dropped.
    pub fn roll(self, period: Duration) -> Rolling {
        let stop = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("cameras".to_owned())
            .spawn(move || {
                for frame in 0.. {
                    if theirs.load(Ordering::Relaxed) {
                        break;
                    }
                    self.send(frame, super::now_nanos());
                    std::thread::sleep(period);
                }
            })
            .expect("a thread");
        Rolling { stop, thread: Some(thread) }
    }
}

impl Drop for Rolling {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // A panic in it has been printed already.
            let _ = thread.join();
        }
    }
}
