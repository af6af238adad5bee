//! The tree of an evidence log: hashes of RFC 6962, tiles of C2SP tlog-tiles, proofs. Pure over bytes.
//!
//! A tile holds up to 256 hashes of one level; level L has the roots of the full tiles of level L-1.
//! [`Edge`] is all that is needed to append: per level the hashes that are in no full tile yet.

use aws_lc_rs::digest;

/// A hash of the tree.
pub type Hash = [u8; 32];

/// Hashes of a full tile, entries of a full bundle.
pub const WIDTH: u64 = 256;

/// Levels of the tree that one level of tiles spans.
const SPAN: u32 = 8;

/// Bytes of a hash.
pub const HASH: usize = 32;

/// The hash of an entry (RFC 6962, 2.1).
pub fn leaf_hash(entry: &[u8]) -> Hash {
    hash(&[&[0], entry])
}

/// The hash of two subtrees (RFC 6962, 2.1).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    hash(&[&[1], left, right])
}

fn hash(parts: &[&[u8]]) -> Hash {
    let mut context = digest::Context::new(&digest::SHA256);
    for part in parts {
        context.update(part);
    }
    let mut out = [0; HASH];
    out.copy_from_slice(context.finish().as_ref());
    out
}

/// Which tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TileId {
    /// Level of tiles, from 0.
    pub level: u32,
    /// Place in its level, from 0.
    pub index: u64,
    /// Hashes in it, 1 to 256.
    pub width: u64,
}

impl TileId {
    /// Its path below `tile/`: `<L>/<N>[.p/<W>]`.
    pub fn path(&self) -> String {
        format!("{}/{}", self.level, place(self.index, self.width))
    }

    /// The tile of a tree of `size` that has the hashes at `index` of its level.
    fn of(level: u32, index: u64, size: u64) -> Self {
        let hashes = width_of(level, size);
        let width = hashes.saturating_sub(index * WIDTH).min(WIDTH);
        Self {
            level,
            index,
            width,
        }
    }
}

/// Hashes that the tree of `size` has on a level of tiles.
pub fn width_of(level: u32, size: u64) -> u64 {
    size.checked_shr(SPAN.saturating_mul(level)).unwrap_or(0)
}

/// Path of an entry bundle below `tile/`: `entries/<N>[.p/<W>]`.
pub fn bundle_path(index: u64, width: u64) -> String {
    format!("entries/{}", place(index, width))
}

/// `x001/x234/067`, and `.p/<W>` where it is not full.
fn place(index: u64, width: u64) -> String {
    let mut text = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        text = format!("x{:03}/{text}", rest % 1000);
        rest /= 1000;
    }
    if width < WIDTH {
        text = format!("{text}.p/{width}");
    }
    text
}

/// The right edge of a tree: what appending and the root need.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Edge {
    size: u64,
    levels: Vec<Vec<Hash>>,
}

/// A tile with its hashes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Which one.
    pub id: TileId,
    /// Its hashes, one after the other.
    pub bytes: Vec<u8>,
}

impl Edge {
    /// Reads [`Edge::to_bytes`] of a tree of `size`; `None` if they are of another.
    pub fn from_bytes(size: u64, bytes: &[u8]) -> Option<Self> {
        let mut hashes = bytes.chunks_exact(HASH);
        let mut levels = Vec::new();
        let mut left = size;
        while left > 0 {
            let mut level = Vec::new();
            for _ in 0..left % WIDTH {
                level.push(Hash::try_from(hashes.next()?).ok()?);
            }
            levels.push(level);
            left /= WIDTH;
        }
        let whole = hashes.next().is_none() && hashes.remainder().is_empty();
        whole.then_some(Self { size, levels })
    }

    /// The hashes, lowest level first.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.levels.iter().flatten().flatten().copied().collect()
    }

    /// Entries of the tree.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Hashes of the entries that are in no full tile yet.
    pub fn leaves(&self) -> &[Hash] {
        self.levels.first().map_or(&[], Vec::as_slice)
    }

    /// Appends the hash of an entry; tiles that became full go to `full`.
    pub fn push(&mut self, leaf: Hash, full: &mut Vec<Tile>) {
        self.size += 1;
        let mut rising = Some(leaf);
        let mut level = 0;
        let mut count = self.size;
        while let Some(hash) = rising.take() {
            let place = usize::try_from(level).unwrap_or(usize::MAX);
            if self.levels.len() <= place {
                self.levels.push(Vec::new());
            }
            let Some(hashes) = self.levels.get_mut(place) else {
                return;
            };
            hashes.push(hash);
            if count.is_multiple_of(WIDTH) {
                count /= WIDTH;
                let id = TileId {
                    level,
                    index: count - 1,
                    width: WIDTH,
                };
                full.push(Tile {
                    id,
                    bytes: hashes.iter().flatten().copied().collect(),
                });
                rising = root_of(hashes);
                hashes.clear();
                level += 1;
            }
        }
    }

    /// The tiles that are not full.
    pub fn partial(&self) -> Vec<Tile> {
        let levels = (0_u32..).zip(&self.levels);
        let filled = levels.filter(|(_, hashes)| !hashes.is_empty());
        filled
            .map(|(level, hashes)| Tile {
                id: TileId {
                    level,
                    index: self.size.checked_shr(SPAN * (level + 1)).unwrap_or(0),
                    width: u64::try_from(hashes.len()).unwrap_or(0),
                },
                bytes: hashes.iter().flatten().copied().collect(),
            })
            .collect()
    }

    /// The root of the tree; of an empty one the hash of nothing.
    pub fn root(&self) -> Hash {
        let mut blocks = Vec::new();
        for hashes in self.levels.iter().rev() {
            let mut rest = hashes.as_slice();
            while let Some(bits) = rest.len().checked_ilog2() {
                let (block, after) = rest.split_at(1 << bits);
                blocks.extend(root_of(block));
                rest = after;
            }
        }
        fold(blocks).unwrap_or_else(|| hash(&[]))
    }
}

/// The root of a full subtree: a power of two of hashes.
fn root_of(hashes: &[Hash]) -> Option<Hash> {
    let mut row = hashes.to_vec();
    while row.len() > 1 {
        let pairs = row.chunks_exact(2);
        row = pairs
            .filter_map(|pair| match pair {
                [left, right] => Some(node_hash(left, right)),
                _ => None,
            })
            .collect();
    }
    row.first().copied()
}

/// Full subtrees, left to right and each smaller than the one before, as one hash.
fn fold(blocks: Vec<Hash>) -> Option<Hash> {
    let joined = blocks.into_iter().rev();
    joined.reduce(|right, left| node_hash(&left, &right))
}

/// What a proof is made of: ranges of entries, one hash each, and the tiles that have them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    size: u64,
    ranges: Vec<(u64, u64)>,
}

impl Plan {
    /// The proof that the tree of `size` has the entry at `index`; `None` if it cannot (RFC 6962, 2.1.1).
    pub fn inclusion(index: u64, size: u64) -> Option<Self> {
        if index >= size {
            return None;
        }
        let (mut from, mut to) = (0, size);
        let mut ranges = Vec::new();
        while to - from > 1 {
            let middle = from + half(to - from);
            if index < middle {
                ranges.push((middle, to));
                to = middle;
            } else {
                ranges.push((from, middle));
                from = middle;
            }
        }
        ranges.reverse();
        Some(Self { size, ranges })
    }

    /// The proof that the tree of `size` goes on where the one of `old` ended (RFC 6962, 2.1.2).
    pub fn consistency(old: u64, size: u64) -> Option<Self> {
        if old > size {
            return None;
        }
        let (mut from, mut to) = (0, size);
        let mut ranges = Vec::new();
        while old > 0 && old < size && old != to {
            let middle = from + half(to - from);
            if old <= middle {
                ranges.push((middle, to));
                to = middle;
            } else {
                ranges.push((from, middle));
                from = middle;
            }
        }
        if from > 0 {
            ranges.push((from, to));
        }
        ranges.reverse();
        Some(Self { size, ranges })
    }

    /// The root of the tree of `old`, from the tiles of the one of `size`; `None` if that is smaller, or
    /// `old` has none.
    pub fn root(old: u64, size: u64) -> Option<Self> {
        (1..=size).contains(&old).then(|| Self {
            size,
            ranges: vec![(0, old)],
        })
    }

    /// The tiles it needs, each once.
    pub fn tiles(&self) -> Vec<TileId> {
        let ranges = self.ranges.iter();
        let nodes = ranges.flat_map(|(from, to)| subtrees(*from, *to));
        let mut tiles: Vec<TileId> = nodes.map(|node| node.tile(self.size)).collect();
        tiles.sort_unstable();
        tiles.dedup();
        tiles
    }

    /// The proof, from the bytes of each tile; `None` if one is missing or too short.
    pub fn prove<'a>(&self, tile: impl Fn(&TileId) -> Option<&'a [u8]>) -> Option<Vec<Hash>> {
        let ranges = self.ranges.iter();
        ranges
            .map(|(from, to)| {
                let nodes = subtrees(*from, *to).into_iter();
                let hashes: Option<Vec<Hash>> = nodes
                    .map(|node| node.hash(tile(&node.tile(self.size))?))
                    .collect();
                fold(hashes?)
            })
            .collect()
    }
}

/// The largest power of two below `count`, which is 2 or more.
fn half(count: u64) -> u64 {
    1 << (count - 1).checked_ilog2().unwrap_or(0)
}

/// A full subtree: entries from `index << level`, `1 << level` of them.
#[derive(Clone, Copy)]
struct Node {
    level: u32,
    index: u64,
}

impl Node {
    fn tile(self, size: u64) -> TileId {
        let level = self.level / SPAN;
        let first = self.index << (self.level % SPAN);
        TileId::of(level, first / WIDTH, size)
    }

    /// Its hash, from the bytes of its tile.
    fn hash(self, tile: &[u8]) -> Option<Hash> {
        let within = self.level % SPAN;
        let first = usize::try_from((self.index << within) % WIDTH).ok()?;
        let bytes = tile.get(first * HASH..(first + (1 << within)) * HASH)?;
        let hashes: Option<Vec<Hash>> = bytes
            .chunks_exact(HASH)
            .map(|bytes| Hash::try_from(bytes).ok())
            .collect();
        root_of(&hashes?)
    }
}

/// The full subtrees of a range whose start is a multiple of the largest of them.
fn subtrees(mut from: u64, to: u64) -> Vec<Node> {
    let mut nodes = Vec::new();
    while let Some(level) = to.saturating_sub(from).checked_ilog2() {
        nodes.push(Node {
            level,
            index: from >> level,
        });
        from += 1 << level;
    }
    nodes
}

/// The root that an inclusion proof leads to; `None` if it has the wrong length.
///
/// *source*: RFC 9162, 2.1.3.2.
pub fn root_by_inclusion(index: u64, size: u64, leaf: Hash, proof: &[Hash]) -> Option<Hash> {
    if index >= size {
        return None;
    }
    let (mut node, mut last) = (index, size - 1);
    let mut root = leaf;
    for hash in proof {
        if last == 0 {
            return None;
        }
        if node % 2 == 1 || node == last {
            root = node_hash(hash, &root);
            while node.is_multiple_of(2) && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            root = node_hash(&root, hash);
        }
        node >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(root)
}

/// Whether the tree of `new` begins with the one of `old`.
///
/// *source*: RFC 9162, 2.1.4.2.
pub fn is_consistent(old: (u64, &Hash), new: (u64, &Hash), proof: &[Hash]) -> bool {
    let ((old_size, old_root), (new_size, new_root)) = (old, new);
    if old_size == new_size {
        return proof.is_empty() && old_root == new_root;
    }
    if old_size > new_size {
        return false;
    }
    if old_size == 0 {
        return proof.is_empty();
    }
    let (mut node, mut last) = (old_size - 1, new_size - 1);
    while node % 2 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let mut hashes = proof.iter();
    let first = if node == 0 {
        Some(old_root)
    } else {
        hashes.next()
    };
    let Some(first) = first else {
        return false;
    };
    let (mut of_old, mut of_new) = (*first, *first);
    for hash in hashes {
        if last == 0 {
            return false;
        }
        if node % 2 == 1 || node == last {
            of_old = node_hash(hash, &of_old);
            of_new = node_hash(hash, &of_new);
            while node.is_multiple_of(2) && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            of_new = node_hash(&of_new, hash);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && of_old == *old_root && of_new == *new_root
}

/// An entry bundle: each entry after its length in two bytes. `None` if an entry is longer than that.
pub fn bundle<'a>(entries: impl IntoIterator<Item = &'a [u8]>) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    for entry in entries {
        bytes.extend(u16::try_from(entry.len()).ok()?.to_be_bytes());
        bytes.extend(entry);
    }
    Some(bytes)
}

/// The entries of a bundle; `None` if it is cut.
pub fn unbundle(mut bytes: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut entries = Vec::new();
    while !bytes.is_empty() {
        let (length, rest) = bytes.split_first_chunk::<2>()?;
        let (entry, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        entries.push(entry.to_vec());
        bytes = rest;
    }
    Some(entries)
}

#[cfg(test)]
mod tests;
