//! DEFLATE by miniz, which is not what the crate has inside.

use miniz_oxide::{
    DataFormat, MZError, MZFlush, MZStatus,
    deflate::{core::CompressorOxide, stream::deflate},
    inflate::stream::{InflateState, inflate},
};

/// Compresses a stream that goes on from message to message.
pub(crate) struct Compressor(Box<CompressorOxide>);

impl Compressor {
    pub(crate) fn new(level: u8) -> Self {
        let mut compressor = Box::<CompressorOxide>::default();
        compressor.set_format_and_level(DataFormat::Raw, level);
        Self(compressor)
    }

    /// Compresses all of this, and appends what comes out by now.
    pub(crate) fn add(&mut self, mut data: &[u8], flush: MZFlush, compressed: &mut Vec<u8>) {
        // Large enough for the data, so that one call flushes them; not for what earlier calls have left inside.
        let mut out = vec![0; 1000 + data.len() + data.len() / 4];
        loop {
            let result = deflate(&mut self.0, data, &mut out, flush);
            assert!(matches!(result.status, Ok(MZStatus::Ok)), "{:?}", result.status);
            compressed.extend_from_slice(&out[..result.bytes_written]);
            data = &data[result.bytes_consumed..];
            if data.is_empty() && result.bytes_written < out.len() {
                return;
            }
        }
    }
}

/// Decompresses a stream that goes on from message to message.
pub(crate) struct Decompressor(Box<InflateState>);

impl Decompressor {
    pub(crate) fn new() -> Self {
        Self(InflateState::new_boxed(DataFormat::Raw))
    }

    /// All that these bytes come to. They must be valid, and flushed.
    pub(crate) fn all(&mut self, mut bytes: &[u8]) -> Vec<u8> {
        let (mut data, mut out) = (Vec::new(), [0; 4096]);
        loop {
            let result = inflate(&mut self.0, bytes, &mut out, MZFlush::Sync);
            // `Buf` says that there was nothing left to do.
            assert!(matches!(result.status, Ok(MZStatus::Ok) | Err(MZError::Buf)), "{:?}", result.status);
            data.extend_from_slice(&out[..result.bytes_written]);
            bytes = &bytes[result.bytes_consumed..];
            if bytes.is_empty() && result.bytes_written < out.len() {
                return data;
            }
        }
    }
}
