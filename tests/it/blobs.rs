//! What the document store promises, of a folder and of an object store alike.

use joinder::blob::{BlobError, Blobs};
use joinder::domain::ids::ClaimantId;

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_keeps_its_promises() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("file://{}", folder.path().join("blobs").display());
    keeps_its_promises(&Blobs::open(&url, &[]).unwrap()).await;
}

/// `BLOB_URL=s3://bucket/empty-folder AWS_...=... cargo test --test it an_object_store -- --ignored`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs an object store of its own, named in the environment"]
async fn an_object_store_keeps_its_promises() {
    let url = std::env::var("BLOB_URL").unwrap();
    let variables: Vec<(String, String)> = std::env::vars()
        .filter(|(name, _)| name.starts_with("AWS_"))
        .collect();
    keeps_its_promises(&Blobs::open(&url, &variables).unwrap()).await;
}

#[test]
fn only_folders_and_object_stores_are_stores() {
    for url in [
        "",
        "s3://",
        "s3:///folder",
        "https://example.org",
        "/folder",
    ] {
        let refused = Blobs::open(url, &[]);
        assert!(matches!(refused, Err(BlobError::Scheme)), "{url}");
    }
}

async fn keeps_its_promises(blobs: &Blobs) {
    blobs.try_out().await.unwrap();
    assert_eq!(blobs.list().await.unwrap(), Vec::<String>::new());

    // over one of the same key, in folders that begin alike
    let large = vec![7; 5 << 20];
    blobs.put("one/a", b"old".to_vec()).await.unwrap();
    blobs.put("one/a", large.clone()).await.unwrap();
    blobs.put("one/b/c", Vec::new()).await.unwrap();
    blobs.put("one-more/a", b"x".to_vec()).await.unwrap();
    assert_eq!(blobs.get("one/a").await.unwrap(), large);
    assert_eq!(blobs.find("one/b/c").await.unwrap(), Some(Vec::new()));
    assert_eq!(blobs.find("one/none").await.unwrap(), None);
    assert!(blobs.get("one/none").await.is_err());
    let mut found = blobs.list_folder("one").await.unwrap();
    found.sort();
    assert_eq!(found, ["one/a", "one/b/c"]);
    for _ in 0..2 {
        blobs.delete_folder("one").await.unwrap();
        assert_eq!(blobs.list().await.unwrap(), ["one-more/a"]);
    }

    let claimant = ClaimantId::new(uuid::Uuid::from_u128(7));
    for _ in 0..2 {
        blobs.put_erasing(claimant).await.unwrap();
        assert_eq!(blobs.list_erasing().await.unwrap(), [claimant]);
        assert_eq!(blobs.list().await.unwrap(), ["one-more/a"]);
    }
    for _ in 0..2 {
        blobs.put_erased(claimant).await.unwrap();
        assert_eq!(blobs.list_erased().await.unwrap(), [claimant]);
        assert_eq!(blobs.list_erasing().await.unwrap(), []);
    }
    blobs.delete_folder("one-more").await.unwrap();
    blobs.delete_folder("erased").await.unwrap();
    assert_eq!(blobs.list().await.unwrap(), Vec::<String>::new());
}
