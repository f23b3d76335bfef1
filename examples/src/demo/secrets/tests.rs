use super::*;

/// A path that nobody else has, removed in the end.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("memberlist-secrets-{name}-{}", std::process::id())))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_directory_is_made_once_and_read_by_all_others() {
    let place = Place::new("once");
    let first = Secrets::in_directory(&place.0, Some(EncryptionAlgorithm::ChaCha20Poly1305)).unwrap();
    let second = Secrets::in_directory(&place.0, None).unwrap();
    assert_eq!(first.key().id(), second.key().id());
    assert_eq!(second.key().algorithm(), EncryptionAlgorithm::ChaCha20Poly1305);
    assert_eq!(first.authority.certificate(), second.authority.certificate());
    second.tls().unwrap();
    let sentence = Secrets::in_directory(&place.0, Some(EncryptionAlgorithm::Aes128Gcm)).unwrap_err();
    assert!(sentence.ends_with("is for chacha20-poly1305, not for aes-128-gcm"), "{sentence}");
}

#[test]
fn who_comes_second_takes_what_the_first_wrote() {
    let place = Place::new("second");
    let [first, second] = [(); 2].map(|()| Secrets::generate(EncryptionAlgorithm::Aes256Gcm).unwrap());
    first.write(&place.0).unwrap();
    second.write(&place.0).unwrap();
    assert_eq!(Secrets::read(&place.0).unwrap().key().id(), first.key().id());
    let beside = place.0.with_extension(std::process::id().to_string());
    assert!(!beside.exists(), "{} is left over", beside.display());
}

#[cfg(unix)]
#[test]
fn secrets_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new("owner");
    Secrets::in_directory(&place.0, None).unwrap();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&place.0), 0o700);
    for file in [AUTHORITY, AUTHORITY_KEY, KEY] {
        assert_eq!(mode(&place.0.join(file)), 0o600, "{file}");
    }
    fs::set_permissions(&place.0, fs::Permissions::from_mode(0o750)).unwrap();
    let sentence = Secrets::in_directory(&place.0, None).unwrap_err();
    assert!(sentence.contains("chmod 700"), "{sentence}");
}

#[test]
fn a_key_file_of_anything_else_is_refused() {
    let hex = "00".repeat(32);
    assert!(parse_key(&format!("aes-256-gcm {hex}\n")).is_some());
    for text in
        ["", "aes-256-gcm", &hex, &format!("aes-128-gcm {hex}"), &format!("rot13 {hex}"), "aes-256-gcm ää"]
    {
        assert!(parse_key(text).is_none(), "{text}");
    }
    assert!(parse_key(&format!("aes-256-gcm {}", "+1".repeat(32))).is_none());
}

#[test]
fn nothing_secret_is_shown() {
    let secrets = Secrets::generate(EncryptionAlgorithm::Aes256Gcm).unwrap();
    let shown = format!("{secrets:?}");
    let first: String = secrets.key().expose().iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    assert!(!shown.contains(&first) && !shown.contains("PRIVATE"), "{shown}");
    assert!(shown.contains(&secrets.key().id().to_string()));
}
