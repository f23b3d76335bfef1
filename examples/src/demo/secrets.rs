//! What the nodes of a cluster share and nobody else may have: the authority that signs their certificates, and a key.

use memberlist::{prelude::*, tls::ServerNames, tls::self_signed::Authority};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// The files in a directory of secrets.
const AUTHORITY: &str = "authority.pem";
const AUTHORITY_KEY: &str = "authority.key";
const KEY: &str = "cluster.key";

/// All certificates bear this name, so that addresses do not matter.
const CLUSTER: &str = "cluster.demo";

/// Nothing of it is ever shown but the name of the key.
pub(crate) struct Secrets {
    authority: Authority,
    key: SecretKey,
}

impl Secrets {
    /// New ones.
    pub(crate) fn generate(algorithm: EncryptionAlgorithm) -> Result<Self, String> {
        let authority = Authority::new().map_err(|error| error.to_string())?;
        let key = SecretKey::generate(algorithm).map_err(|error| error.to_string())?;
        Ok(Self { authority, key })
    }

    /// Those in a directory, which is made, for the owner alone, if there is none.
    pub(crate) fn in_directory(at: &Path, algorithm: Option<EncryptionAlgorithm>) -> Result<Self, String> {
        if !at.exists() {
            let new = Self::generate(algorithm.unwrap_or(EncryptionAlgorithm::Aes256Gcm))?;
            new.write(at).map_err(|error| format!("cannot make {}: {error}", at.display()))?;
        }
        let secrets = Self::read(at)?;
        match algorithm {
            Some(wanted) if wanted != secrets.key.algorithm() => {
                let has = secrets.key.algorithm();
                Err(format!("the key in {} is for {has}, not for {wanted}", at.display()))
            }
            _ => Ok(secrets),
        }
    }

    pub(crate) fn key(&self) -> &SecretKey {
        &self.key
    }

    /// A certificate for a node, and trust in all others of the same authority.
    pub(crate) fn tls(&self) -> Result<TlsOptions, String> {
        let tls = self.authority.identity(CLUSTER, &[]).and_then(|identity| identity.tls_options());
        let names = ServerNames::fixed(CLUSTER);
        tls.and_then(|tls| Ok(tls.with_server_name(names?))).map_err(|error| error.to_string())
    }

    /// Written beside its place and then moved there, so that of several processes that begin at once one wins, and the
    /// others read what it wrote.
    fn write(&self, at: &Path) -> io::Result<()> {
        let mut beside = at.as_os_str().to_owned();
        beside.push(format!(".{}", std::process::id()));
        let beside = PathBuf::from(beside);
        private_directory(&beside)?;
        let hex: String = self.key.expose().iter().map(|byte| format!("{byte:02x}")).collect();
        let key = format!("{} {hex}\n", self.key.algorithm());
        let files = [
            (AUTHORITY, self.authority.certificate_pem()),
            (AUTHORITY_KEY, self.authority.key_pem()),
            (KEY, key),
        ];
        for (name, text) in files {
            private_file(&beside.join(name), &text)?;
        }
        match fs::rename(&beside, at) {
            Err(_) if at.join(KEY).exists() => fs::remove_dir_all(&beside),
            moved => moved,
        }
    }

    fn read(at: &Path) -> Result<Self, String> {
        check_private(at)?;
        let text = |name: &str| {
            let file = at.join(name);
            fs::read_to_string(&file).map_err(|error| format!("cannot read {}: {error}", file.display()))
        };
        let authority = Authority::from_pem(&text(AUTHORITY)?, &text(AUTHORITY_KEY)?)
            .map_err(|error| format!("{}: {error}", at.display()))?;
        let key =
            parse_key(&text(KEY)?).ok_or_else(|| format!("there is no key in {}", at.join(KEY).display()))?;
        Ok(Self { authority, key })
    }
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secrets").field("key", &self.key).finish_non_exhaustive()
    }
}

/// The algorithm with this name.
pub(crate) fn algorithm(name: &str) -> Option<EncryptionAlgorithm> {
    EncryptionAlgorithm::ALL.iter().copied().find(|algorithm| algorithm.to_string() == name)
}

/// `aes-256-gcm 00ff...`
fn parse_key(text: &str) -> Option<SecretKey> {
    let (name, hex) = text.trim().split_once(' ')?;
    if hex.len() % 2 != 0 || !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok();
    let bytes: Vec<u8> = (0..hex.len()).step_by(2).map(byte).collect::<Option<_>>()?;
    SecretKey::new(algorithm(name)?, &bytes).ok()
}

#[cfg(unix)]
fn private_directory(at: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().mode(0o700).create(at)
}

#[cfg(not(unix))]
fn private_directory(at: &Path) -> io::Result<()> {
    fs::create_dir(at)
}

fn private_file(at: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    io::Write::write_all(&mut options.open(at)?, text.as_bytes())
}

/// Secrets that others can read are none.
fn check_private(at: &Path) -> Result<(), String> {
    let found = fs::metadata(at).map_err(|error| format!("cannot read {}: {error}", at.display()))?;
    if !found.is_dir() {
        return Err(format!("{} is no directory", at.display()));
    }
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&found.permissions()) & 0o077 != 0 {
        return Err(format!("others can look into {}: chmod 700 it first", at.display()));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
