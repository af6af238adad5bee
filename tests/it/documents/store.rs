//! The file store: what is kept comes back, or is refused.

use joinder::app::file_store::{self, StoredFile};
use joinder::app::spool::Spool;
use joinder::app::vault::Vault;
use joinder::db::Scope;
use joinder::domain::ids::{ClaimantId, FileId};

use super::maria;
use crate::app::TestApp;

const SEALED_CHUNK: usize = 1024 * 1024 + 28;

async fn vault(app: &TestApp, claimant: ClaimantId) -> Vault {
    let scope = Scope::System("test");
    let mut tx = app.ctx.pools.begin(scope).await.unwrap();
    let vault = Vault::open(&app.ctx, &mut tx, scope, claimant).await;
    tx.commit().await.unwrap();
    vault.unwrap()
}

async fn kept(app: &TestApp, claimant: ClaimantId, bytes: &[u8]) -> StoredFile {
    let mut spool = Spool::new(&app.ctx);
    for piece in bytes.chunks(100_003) {
        spool.push(piece).await.unwrap();
    }
    let vault = vault(app, claimant).await;
    let mut received = spool.finish();
    assert_eq!(received.bytes().await.unwrap(), bytes);
    file_store::put(&app.ctx, &vault, &mut received)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_every_length_come_back() {
    let app = TestApp::seeded().await;
    let claimant = ClaimantId::new(maria(&app).await.id);
    let mib = 1024 * 1024;
    for length in [
        1,
        262_143,
        262_144,
        262_145,
        mib - 1,
        mib,
        mib + 1,
        2 * mib,
        3 * mib + 5,
    ] {
        let bytes: Vec<u8> = (0..length)
            .map(|place| (place % 251).to_le_bytes()[0])
            .collect();
        let file = kept(&app, claimant, &bytes).await;
        let vault = vault(&app, claimant).await;
        let read = file_store::read(&app.ctx, vault, &file).await.unwrap();
        assert!(read == bytes, "{length}");
    }
    // nothing is left of what was received
    let spool = std::fs::read_dir(&app.ctx.settings.spool_dir).unwrap();
    assert_eq!(spool.count(), 0);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_was_touched_is_refused() {
    let app = TestApp::seeded().await;
    let claimant = ClaimantId::new(maria(&app).await.id);
    let bytes: Vec<u8> = (0..3_000_000_u32)
        .map(|place| place.to_le_bytes()[1])
        .collect();
    let file = kept(&app, claimant, &bytes).await;
    let other = kept(&app, claimant, &bytes).await;
    let key = file.key(claimant);
    let sealed = app.ctx.blobs.get(&key).await.unwrap();
    let chunk = |place: usize| {
        sealed[place * SEALED_CHUNK..]
            .iter()
            .take(SEALED_CHUNK)
            .copied()
    };
    let read = async |bytes: Vec<u8>| {
        app.ctx.blobs.put(&key, bytes).await.unwrap();
        let vault = vault(&app, claimant).await;
        file_store::read(&app.ctx, vault, &file).await
    };
    assert!(read(sealed.clone()).await.is_ok());

    let swapped: Vec<u8> = chunk(1).chain(chunk(0)).chain(chunk(2)).collect();
    let repeated: Vec<u8> = chunk(0).chain(chunk(0)).chain(chunk(2)).collect();
    let dropped: Vec<u8> = chunk(0).chain(chunk(2)).collect();
    let cut: Vec<u8> = chunk(0).chain(chunk(1)).collect();
    let shorter = sealed[..sealed.len() - 1].to_vec();
    let longer = [sealed.clone(), vec![0]].concat();
    let mut changed = sealed.clone();
    changed[SEALED_CHUNK + 100] ^= 1;
    let of_another = app.ctx.blobs.get(&other.key(claimant)).await.unwrap();
    for (what, bytes) in [
        ("swapped", swapped),
        ("repeated", repeated),
        ("dropped", dropped),
        ("cut", cut),
        ("shorter", shorter),
        ("longer", longer),
        ("changed", changed),
        ("of another file", of_another),
        ("nothing", Vec::new()),
    ] {
        assert!(read(bytes).await.is_err(), "{what}");
    }
    app.ctx.blobs.put(&key, sealed).await.unwrap();
    let shorter = StoredFile {
        size: 1024 * 1024,
        ..file.clone()
    };
    let of_other_id = StoredFile {
        id: FileId::new(uuid::Uuid::nil()),
        ..file.clone()
    };
    let other_digest = StoredFile {
        sha256: vec![0; 32],
        ..file.clone()
    };
    for wrong in [shorter, of_other_id, other_digest] {
        let vault = vault(&app, claimant).await;
        assert!(file_store::read(&app.ctx, vault, &wrong).await.is_err());
    }
    app.stop().await;
}
