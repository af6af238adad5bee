//! Making the cluster: by `initdb`, or for tests as a copy of a ready-made one.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;

use crate::crypto::token::random_bytes;

use super::binaries::Binaries;
use super::folder::{Folder, set_mode};
use super::{Durability, EmbeddedError, EmbeddedOptions, OWNER};

/// Length of the owner's password: random bytes, written as hex.
const PASSWORD_BYTES: usize = 32;

/// Makes the cluster where there is none, and returns the owner's password.
///
/// A new cluster is built aside and moved into place, so that a crash leaves either none or a whole one.
pub(super) fn ensure(
    folder: &Folder,
    binaries: &Binaries,
    options: &EmbeddedOptions,
) -> Result<String, EmbeddedError> {
    let password_file = folder.password_file();
    if folder.major()?.is_some() {
        return read_password(&password_file);
    }
    let staging = folder.root.join("postgres.new");
    remove(&staging)?;
    let template_dir = options
        .template_dir
        .as_ref()
        .filter(|_| options.durability == Durability::Throwaway);
    if let Some(dir) = template_dir {
        let template = ensure_template(dir, folder, binaries)?;
        let password = read_password(&template.join("password"))?;
        remove(&password_file)?;
        folder.write_private(&password_file, &password)?;
        copy_dir(&template.join("cluster"), &staging, folder)?;
    } else {
        if !password_file.exists() {
            folder.write_private(&password_file, &new_password())?;
        }
        initdb(
            &staging,
            &password_file,
            options.durability,
            folder,
            binaries,
        )?;
    }
    let cluster = folder.cluster();
    fs::rename(&staging, &cluster)
        .map_err(EmbeddedError::io("move the new cluster to", &cluster))?;
    read_password(&password_file)
}

fn initdb(
    target: &Path,
    password_file: &Path,
    durability: Durability,
    folder: &Folder,
    binaries: &Binaries,
) -> Result<(), EmbeddedError> {
    folder.make_private_dir(target)?;
    let mut command = folder.command(&binaries.program("initdb"));
    command.arg("-D").arg(target).arg("-U").arg(OWNER);
    command.args([
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "--auth=scram-sha-256",
        "--no-instructions",
    ]);
    let mut pwfile = std::ffi::OsString::from("--pwfile=");
    pwfile.push(password_file);
    command.arg(pwfile);
    if durability == Durability::Throwaway {
        command.arg("--no-sync");
    }
    let program = binaries.program("initdb");
    let output = command
        .output()
        .map_err(EmbeddedError::io("run", program))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = said.lines().rev().take(5).collect();
    Err(EmbeddedError::Initdb {
        output: lines.into_iter().rev().collect::<Vec<_>>().join("; "),
    })
}

/// The folder of the template for this version and account (`cluster/` and `password`), made under a lock where missing.
fn ensure_template(
    dir: &Path,
    folder: &Folder,
    binaries: &Binaries,
) -> Result<PathBuf, EmbeddedError> {
    fs::create_dir_all(dir).map_err(EmbeddedError::io("make the folder", dir))?;
    let name = format!("{}-{}", binaries.major, folder.uid());
    let lock_file = dir.join(format!("{name}.lock"));
    let lock = File::create(&lock_file).map_err(EmbeddedError::io("open", &lock_file))?;
    lock.lock().map_err(EmbeddedError::io("lock", &lock_file))?;
    let template = dir.join(&name);
    if !template.exists() {
        let building = dir.join(format!("{name}.new"));
        remove(&building)?;
        folder.make_private_dir(&building)?;
        let password_file = building.join("password");
        folder.write_private(&password_file, &new_password())?;
        initdb(
            &building.join("cluster"),
            &password_file,
            Durability::Throwaway,
            folder,
            binaries,
        )?;
        fs::rename(&building, &template)
            .map_err(EmbeddedError::io("move the template to", &template))?;
    }
    Ok(template)
}

/// Copies a folder of files and folders, handed over to the account.
fn copy_dir(from: &Path, to: &Path, folder: &Folder) -> Result<(), EmbeddedError> {
    folder.make_private_dir(to)?;
    for entry in fs::read_dir(from).map_err(EmbeddedError::io("read", from))? {
        let entry = entry.map_err(EmbeddedError::io("read", from))?;
        let kind = entry
            .file_type()
            .map_err(EmbeddedError::io("look at", entry.path()))?;
        let target = to.join(entry.file_name());
        if kind.is_dir() {
            copy_dir(&entry.path(), &target, folder)?;
        } else {
            fs::copy(entry.path(), &target).map_err(EmbeddedError::io("copy to", &target))?;
            set_mode(&target, 0o600)?;
            folder.hand_over(&target)?;
        }
    }
    Ok(())
}

fn new_password() -> String {
    HEXLOWER.encode(&random_bytes::<PASSWORD_BYTES>())
}

fn read_password(file: &Path) -> Result<String, EmbeddedError> {
    match fs::read_to_string(file) {
        Ok(text) => Ok(text.trim_end().to_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(EmbeddedError::PasswordMissing {
                path: file.to_owned(),
            })
        }
        Err(error) => Err(EmbeddedError::io("read", file)(error)),
    }
}

fn remove(path: &Path) -> Result<(), EmbeddedError> {
    let removed = if path.is_dir() {
        fs::remove_dir_all(path)
    } else {
        fs::remove_file(path)
    };
    match removed {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(EmbeddedError::io("remove", path)(error))
        }
        _ => Ok(()),
    }
}
