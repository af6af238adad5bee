//! `cargo bench --bench log`: what the evidence log costs at a million entries, on one core.
//!
//! Prints the time to append, to make a proof from the tiles in a folder (as a receipt does), and to check
//! it. Goal: a proof in under 1 ms (issue 5, docs/PERFORMANCE.md).

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a benchmark that fails shall stop"
)]

use std::io::{Write, stdout};
use std::time::{Duration, Instant};

use joinder::app::log::proof;
use joinder::blob::Blobs;
use joinder::crypto::merkle::{Edge, Plan, leaf_hash, root_by_inclusion};

const ENTRIES: u64 = 1_000_000;
const PROOFS: u64 = 2_000;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(measure());
}

async fn measure() {
    let folder = tempfile::tempdir().expect("a folder");
    let blobs = Blobs::folder(folder.path()).expect("a blob store");
    let (mut edge, mut tiles) = (Edge::default(), Vec::new());
    let start = Instant::now();
    for number in 0..ENTRIES {
        edge.push(leaf_hash(&number.to_be_bytes()), &mut tiles);
    }
    let appended = start.elapsed();
    tiles.extend(edge.partial());
    let start = Instant::now();
    let count = tiles.len();
    for tile in tiles {
        let key = format!("log/bench/tile/{}", tile.id.path());
        blobs.put(&key, tile.bytes).await.expect("a tile");
    }
    let written = start.elapsed();
    let root = edge.root();
    let (mut made, mut checked) = (Vec::new(), Vec::new());
    for number in 0..PROOFS {
        let index = number.wrapping_mul(2_654_435_761) % ENTRIES;
        let start = Instant::now();
        let plan = Plan::inclusion(index, ENTRIES).expect("an entry of the tree");
        let hashes = proof::prove(&blobs, "bench", &plan).await.expect("a proof");
        made.push(start.elapsed());
        let start = Instant::now();
        let leaf = leaf_hash(&index.to_be_bytes());
        let proved = root_by_inclusion(index, ENTRIES, leaf, &hashes);
        checked.push(start.elapsed());
        assert_eq!(proved, Some(root), "the proof holds");
    }
    let [made, checked] = [made, checked].map(spread);
    writeln!(
        stdout(),
        "{ENTRIES} entries appended in {appended:.1?}, {count} tiles written in {written:.1?}\n\
         proof made: median {:.1?}, 99 of 100 within {:.1?}; checked: median {:.1?}",
        made.0,
        made.1,
        checked.0
    )
    .expect("standard output");
}

/// Median and 99th percentile.
fn spread(mut times: Vec<Duration>) -> (Duration, Duration) {
    times.sort_unstable();
    (times[times.len() / 2], times[times.len() * 99 / 100])
}
