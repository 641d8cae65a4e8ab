//! Milliseconds in which rustyfit reads the .fit files of a folder: the quickest of many rounds.

use std::time::{Duration, Instant};

use rustyfit::{Decoder, StreamingIterator};

fn read(file: &[u8]) {
    let mut decoder = Decoder::new();
    let mut bytes = file;
    let mut stream = decoder.stream(&mut bytes);
    // A damaged file has no end of its own.
    while let Some(Ok(event)) = stream.next() {
        std::hint::black_box(&event);
    }
}

fn main() -> std::io::Result<()> {
    let dir = std::env::args().nth(1).unwrap_or_default();
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        files.push(std::fs::read(entry?.path())?);
    }
    let (began, mut best) = (Instant::now(), Duration::MAX);
    while began.elapsed() < Duration::from_secs(1) {
        let round = Instant::now();
        files.iter().for_each(|file| read(file));
        best = best.min(round.elapsed());
    }
    println!("{}", best.as_secs_f64() * 1e3);
    Ok(())
}
