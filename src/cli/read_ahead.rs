//! Reads standard input in advance, so that progress can show how many records there are.

use std::io::{self, Read};
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

use crate::sync::Progress;

/// The size of one read, in bytes.
const PIECE: usize = 16 << 10;
/// The most chunks that are buffered. Beyond this, progress only shows that there are more records.
const PIECES: usize = 4096;

/// Standard input, read on a separate thread.
pub struct ReadAhead {
    pieces: Receiver<io::Result<Vec<u8>>>,
    piece: io::Cursor<Vec<u8>>,
    /// Shows that the command waits for its input.
    progress: Progress,
}

impl ReadAhead {
    /// Starts reading, and reports the number of received lines to `progress`; to `waits`, that the reader waits for
    /// input. `None` if no thread can be started; the number of records is then unknown.
    pub fn begin(progress: &Progress, waits: &Progress) -> Option<ReadAhead> {
        let (sender, pieces) = sync_channel(PIECES);
        let reported = progress.clone();
        let read = move || {
            let mut input = io::stdin().lock();
            let mut is_cut = false;
            loop {
                let mut piece = vec![0; PIECE];
                let read = match input.read(&mut piece) {
                    Ok(0) => break,
                    Ok(read) => read,
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(error) => return drop(sender.send(Err(error))),
                };
                piece.truncate(read);
                is_cut = piece.last() != Some(&b'\n');
                reported.expect_more(piece.iter().filter(|byte| **byte == b'\n').count() as u64);
                if sender.send(Ok(piece)).is_err() {
                    return;
                }
            }
            // The last line may have no line end.
            reported.expect_more(u64::from(is_cut));
            reported.expect_no_more();
        };
        std::thread::Builder::new().name("input".into()).spawn(read).ok()?;
        Some(ReadAhead { pieces, piece: io::Cursor::default(), progress: waits.clone() })
    }

    fn next(&mut self) -> Option<io::Result<Vec<u8>>> {
        match self.pieces.try_recv() {
            Ok(piece) => Some(piece),
            Err(TryRecvError::Disconnected) => None,
            Err(TryRecvError::Empty) => {
                self.progress.needs_input(true);
                let piece = self.pieces.recv().ok();
                self.progress.needs_input(false);
                piece
            }
        }
    }
}

impl Read for ReadAhead {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.piece.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            match self.next() {
                Some(piece) => self.piece = io::Cursor::new(piece?),
                None => return Ok(0),
            }
        }
    }
}
