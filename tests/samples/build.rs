//! Writes the programs of the README and the guides into files that `src/bin` includes: Rust blocks with a `main` that `cargo test`
//! compiles and does not run. Only the address is replaced, by that in the environment variable `ADDRESS`.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a build script may panic")]

use std::{env, fs, path::Path};

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut documents = vec![root.join("README.md")];
    documents.extend(fs::read_dir(root.join("src/guide")).unwrap().map(|entry| entry.unwrap().path()));
    documents.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    for document in documents {
        println!("cargo::rerun-if-changed={}", document.display());
        let name = document.file_stem().unwrap().to_str().unwrap().to_lowercase();
        let programs = programs(&fs::read_to_string(&document).unwrap());
        let has_binary = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("src/bin/sample_{name}.rs")).exists();
        match &programs[..] {
            [] if !has_binary => {}
            [program] if has_binary => {
                fs::write(Path::new(&env::var("OUT_DIR").unwrap()).join(format!("{name}.rs")), program).unwrap();
            }
            _ => panic!(
                "{} has {} programs that `cargo test` does not run: change tests/samples",
                document.display(),
                programs.len()
            ),
        }
    }
}

fn programs(text: &str) -> Vec<String> {
    let mut programs = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```") else { continue };
        let block: Vec<_> = lines.by_ref().take_while(|line| *line != "```").map(shown).collect();
        if language == "rust,no_run" && block.iter().any(|line| line.contains("fn main()")) {
            let program = block.join("\n") + "\n";
            let program = program.replace("\"127.0.0.1:9001\"", "std::env::var(\"ADDRESS\").unwrap_or_default()");
            programs.push(program.replace("blocking::connect(", "connect("));
        }
    }
    programs
}

/// rustdoc compiles lines that begin with `# `, and does not show them.
fn shown(line: &str) -> &str {
    if line == "#" { "" } else { line.strip_prefix("# ").unwrap_or(line) }
}
