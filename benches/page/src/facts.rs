//! What was measured on, and with which versions.

use std::{fs, process::Command};

/// The head of a page: its title, a note, and the machine.
pub fn head(title: &str, note: &str, effort: &str) -> String {
    format!(
        "# {title}\n\n{note}\n\n| | |\n|---|---|\n\
         | date | {} |\n| commit | {} |\n| processor | {} |\n| kernel | {} |\n| compiler | {}, release, fat LTO, default target-cpu |\n\
         | effort | {effort} |\n",
        output("date", &["-u", "+%Y-%m-%d"]),
        commit(),
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

/// The processor, as people call it.
pub fn processor() -> String {
    let info = cpu_info();
    let count = info.lines().filter(|line| line.starts_with("processor")).count();
    let (name, family, model) = (field(&info, "model name"), field(&info, "cpu family"), field(&info, "model\t"));
    format!("{name} (family {family}, model {model}), {count} cores")
}

/// The processor as the name of a file: vendor, family and model.
pub fn processor_slug() -> String {
    let info = cpu_info();
    let vendor = match field(&info, "vendor_id") {
        "AuthenticAMD" => "amd",
        "GenuineIntel" => "intel",
        other => other,
    };
    let slug = format!("{vendor}-{}-{}", field(&info, "cpu family"), field(&info, "model\t"));
    slug.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "x")
}

/// The commit that was measured, and whether the code differs from it.
fn commit() -> String {
    const CODE: [&str; 6] = ["Cargo.lock", "Cargo.toml", "src", "crates", "examples", ":(glob)benches/*/src/**"];
    let mut status = vec!["status", "--porcelain", "--untracked-files=no", "--"];
    status.extend(CODE);
    let changed = if output("git", &status).is_empty() { "" } else { ", changed" };
    format!("{}{changed}", output("git", &["rev-parse", "--short=10", "HEAD"]))
}

fn cpu_info() -> String {
    fs::read_to_string("/proc/cpuinfo").unwrap_or_default()
}

fn field<'a>(info: &'a str, name: &str) -> &'a str {
    let line = info.lines().find(|line| line.starts_with(name));
    line.and_then(|line| line.split_once(": ")).map_or("?", |(_, value)| value)
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or("?".to_owned(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
