//! What was measured on, and with which versions.

use std::{fs, process::Command};

/// The head of a page: its title, a note, and the machine.
pub fn head(title: &str, note: &str, effort: &str) -> String {
    format!(
        "# {title}\n\n{note}\n\n| | |\n|---|---|\n\
         | date | {} |\n| processor | {} |\n| kernel | {} |\n| compiler | {}, release, fat LTO, default target-cpu |\n\
         | effort | {effort} |\n",
        output("date", &["-u", "+%Y-%m-%d"]),
        processor(),
        output("uname", &["-sr"]),
        output("rustc", &["-V"]),
    )
}

/// The version of a crate that a `Cargo.lock` names.
pub fn version<'a>(lock: &'a str, krate: &str) -> &'a str {
    let mut lines = lock.lines().skip_while(|line| *line != format!("name = \"{krate}\""));
    lines.nth(1).and_then(|line| line.strip_prefix("version = ")).map_or("?", |version| version.trim_matches('"'))
}

fn processor() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = info.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split_once(": ")).map_or("?", |(_, value)| value).to_owned()
    };
    let count = info.lines().filter(|line| line.starts_with("processor")).count();
    format!("{} (family {}, model {}), {count} cores", field("model name"), field("cpu family"), field("model\t"))
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or("?".to_owned(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
