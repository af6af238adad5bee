//! The tree against the vectors of RFC 6962 and of tlog-tiles, and against its own definition.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;
use proptest::prelude::*;

use super::*;

/// The entries of the vectors of RFC 6962's first implementations.
fn known() -> Vec<Vec<u8>> {
    [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
    .iter()
    .map(|text| HEXLOWER.decode(text.as_bytes()).unwrap())
    .collect()
}

/// The root by the definition of RFC 6962, 2.1.
fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => hash(&[]),
        [one] => *one,
        more => {
            let (left, right) =
                more.split_at(usize::try_from(half(more.len().try_into().unwrap())).unwrap());
            node_hash(&root(left), &root(right))
        }
    }
}

fn leaves(count: u64) -> Vec<Hash> {
    (0..count)
        .map(|number| leaf_hash(&number.to_be_bytes()))
        .collect()
}

/// A tree grown one by one, and all tiles that a log of that size would serve.
fn grown(leaves: &[Hash]) -> (Edge, BTreeMap<TileId, Vec<u8>>) {
    let (mut edge, mut full) = (Edge::default(), Vec::new());
    for leaf in leaves {
        edge.push(*leaf, &mut full);
    }
    full.extend(edge.partial());
    let tiles = full.into_iter().map(|tile| (tile.id, tile.bytes)).collect();
    (edge, tiles)
}

#[test]
fn roots_are_those_of_the_known_vectors() {
    let expected = [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut edge = Edge::default();
    assert_eq!(HEXLOWER.encode(&edge.root()), expected[0]);
    for (entry, expected) in known().iter().zip(&expected[1..]) {
        edge.push(leaf_hash(entry), &mut Vec::new());
        assert_eq!(HEXLOWER.encode(&edge.root()), *expected);
    }
}

#[test]
fn tiles_of_a_tree_of_70000_are_those_of_the_specification() {
    let (edge, tiles) = grown(&leaves(70_000));
    let count = |level, width: &dyn Fn(u64) -> bool| {
        let ids = tiles
            .keys()
            .filter(|id| id.level == level && width(id.width));
        ids.count()
    };
    assert_eq!(count(0, &|width| width == 256), 273);
    assert_eq!(count(0, &|width| width == 112), 1);
    assert_eq!(count(1, &|width| width == 256), 1);
    assert_eq!(count(1, &|width| width == 17), 1);
    assert_eq!(count(2, &|width| width == 1), 1);
    assert_eq!(tiles.len(), 277);
    assert_eq!(edge.root(), root(&leaves(70_000)));
}

#[test]
fn paths_are_those_of_the_specification() {
    let tile = |index, width| {
        TileId {
            level: 0,
            index,
            width,
        }
        .path()
    };
    assert_eq!(tile(1_234_067, 256), "0/x001/x234/067");
    assert_eq!(tile(0, 5), "0/000.p/5");
    assert_eq!(bundle_path(1_000, 256), "entries/x001/000");
}

#[test]
fn every_entry_of_every_small_tree_is_proved() {
    let all = leaves(600);
    for size in [1_u64, 2, 3, 4, 7, 8, 255, 256, 257, 300, 511, 512, 513, 600] {
        let part = &all[..usize::try_from(size).unwrap()];
        let (edge, tiles) = grown(part);
        assert_eq!(edge.root(), root(part), "{size}");
        for index in 0..size {
            let plan = Plan::inclusion(index, size).unwrap();
            assert!(
                plan.tiles().iter().all(|id| tiles.contains_key(id)),
                "{index} of {size}"
            );
            let proof = plan.prove(|id| tiles.get(id).map(Vec::as_slice)).unwrap();
            let leaf = part[usize::try_from(index).unwrap()];
            assert_eq!(
                root_by_inclusion(index, size, leaf, &proof),
                Some(edge.root())
            );
        }
    }
    assert_eq!(Plan::inclusion(3, 3), None);
}

#[test]
fn every_tree_goes_on_where_a_smaller_one_ended() {
    let all = leaves(300);
    let (edge, tiles) = grown(&all);
    for old in 0..=300_u64 {
        let old_root = root(&all[..usize::try_from(old).unwrap()]);
        let plan = Plan::consistency(old, 300).unwrap();
        let proof = plan.prove(|id| tiles.get(id).map(Vec::as_slice)).unwrap();
        assert!(
            is_consistent((old, &old_root), (300, &edge.root()), &proof),
            "{old}"
        );
        let other = leaf_hash(b"another tree");
        if old > 0 {
            assert!(
                !is_consistent((old, &other), (300, &edge.root()), &proof),
                "{old}"
            );
            assert!(
                !is_consistent((old, &old_root), (300, &other), &proof),
                "{old}"
            );
        }
    }
    assert_eq!(Plan::consistency(301, 300), None);
}

#[test]
fn an_edge_is_read_back_and_one_of_another_size_is_not() {
    let (edge, _) = grown(&leaves(66_000));
    let bytes = edge.to_bytes();
    assert_eq!(Edge::from_bytes(66_000, &bytes), Some(edge));
    assert_eq!(Edge::from_bytes(66_001, &bytes), None);
    assert_eq!(Edge::from_bytes(65_999, &bytes), None);
    assert_eq!(Edge::from_bytes(66_000, &bytes[1..]), None);
    assert_eq!(Edge::from_bytes(0, &[]), Some(Edge::default()));
}

#[test]
fn a_cut_bundle_is_not_read() {
    let entries = [b"one".as_slice(), b"", b"three"];
    let bytes = bundle(entries).unwrap();
    assert_eq!(unbundle(&bytes).unwrap(), entries);
    assert_eq!(unbundle(&bytes[..bytes.len() - 1]), None);
    assert_eq!(bundle([vec![0; 65_536].as_slice()]), None);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_proof_with_a_changed_reordered_dropped_or_added_hash_fails(
        size in 2_u64..600, pick in any::<u64>(), byte in any::<prop::sample::Index>(), bit in 0_u8..8,
    ) {
        let index = pick % size;
        let all = leaves(size);
        let (edge, tiles) = grown(&all);
        let leaf = all[usize::try_from(index).unwrap()];
        let plan = Plan::inclusion(index, size).unwrap();
        let proof = plan.prove(|id| tiles.get(id).map(Vec::as_slice)).unwrap();
        let holds = |proof: &[Hash]| root_by_inclusion(index, size, leaf, proof) == Some(edge.root());
        prop_assert!(holds(&proof));
        let mut changed = proof.clone();
        let place = byte.index(proof.len() * HASH);
        changed[place / HASH][place % HASH] ^= 1 << bit;
        prop_assert!(!holds(&changed));
        prop_assert!(!holds(&proof[1..]));
        prop_assert!(!holds(&[proof.clone(), vec![leaf]].concat()));
        if proof.len() > 1 {
            let mut swapped = proof.clone();
            swapped.swap(0, 1);
            prop_assert!(!holds(&swapped));
        }
        let other = (index + 1) % size;
        prop_assert_ne!(root_by_inclusion(other, size, leaf, &proof), Some(edge.root()));
    }
}
