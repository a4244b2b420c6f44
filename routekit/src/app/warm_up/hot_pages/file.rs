//! The file of hot pages: a URL in each line, hottest first.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Read, Write},
    path::Path,
};

const COMMENT: char = '#';
const FIRST_LINE: &str = "# The hottest cached pages, hottest first. routekit writes this file.";

/// The largest file that is read, in bytes. The app writes less.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Returns the lines of the file without comments; `None` if it does not exist.
pub(super) fn read(path: &Path) -> io::Result<Option<Vec<String>>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut text = String::new();
    file.take(MAX_BYTES + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(io::Error::other(format!("it has more than {MAX_BYTES} bytes")));
    }
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with(COMMENT));
    Ok(Some(lines.map(str::to_owned).collect()))
}

/// Replaces the file as a whole. Only the user of the process may read it.
pub(super) fn write(path: &Path, urls: &[String]) -> io::Result<()> {
    let name = path.file_name().ok_or_else(|| io::Error::other("it is not the path of a file"))?;
    let mut temporary = std::ffi::OsString::from(".");
    temporary.push(name);
    // Another process may write the same file.
    temporary.push(format!(".{}.{:x}", std::process::id(), fastrand::u64(..)));
    let temporary = path.with_file_name(temporary);
    let written = write_new(&temporary, urls).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn write_new(path: &Path, urls: &[String]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    // Not synchronised with the disk: a shutdown must not wait for it, and a lost list costs some misses.
    options.open(path)?.write_all(format!("{FIRST_LINE}\n{}\n", urls.join("\n")).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A new directory, which is removed when this is dropped.
    struct TestDir(std::path::PathBuf);

    impl TestDir {
        fn new() -> Self {
            let dir = std::env::temp_dir().join(format!("routekit-{:x}", fastrand::u64(..)));
            fs::create_dir(&dir).unwrap();
            Self(dir)
        }
    }

    impl Drop for TestDir {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn written_urls_are_read_in_their_order() {
        let dir = TestDir::new();
        let path = dir.0.join("hot-pages");
        assert_eq!(read(&path).unwrap(), None);
        for urls in [vec!["http://a/1".to_owned(), "http://b/?x=1".to_owned()], vec!["http://a/2".to_owned()]] {
            write(&path, &urls).unwrap();
            assert_eq!(read(&path).unwrap(), Some(urls));
        }
        let files: Vec<_> = fs::read_dir(&dir.0).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(files, ["hot-pages"], "no temporary file is left");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn unusable_files_are_errors() {
        let dir = TestDir::new();
        assert!(read(&dir.0).is_err(), "a directory");
        let path = dir.0.join("hot-pages");
        fs::write(&path, [0xff, 0xfe]).unwrap();
        assert_eq!(read(&path).unwrap_err().kind(), ErrorKind::InvalidData);
        fs::write(&path, vec![b'a'; 4 * 1024 * 1024 + 1]).unwrap();
        assert_eq!(read(&path).unwrap_err().to_string(), "it has more than 4194304 bytes");
        fs::write(&path, "# only a comment\n\n").unwrap();
        assert_eq!(read(&path).unwrap(), Some(Vec::new()));
        assert!(write(&dir.0.join("no/directory"), &["http://a/".to_owned()]).is_err());
    }
}
