//! The page as a browser renders it: headless Chromium, which runs what it is given to run.

use std::process::Command;

use serde_json::json;

use crate::device::{Device, REGISTRATION, by_password};
use crate::harness::Simulator;

#[tokio::test]
async fn a_browser_shows_devices_owners_compliance_and_the_last_request() {
    if !has_browser() {
        return;
    }
    let simulator = Simulator::start();
    let token = |tokens: serde_json::Value| tokens["access_token"].as_str().unwrap().to_owned();
    let alex = token(by_password(&simulator, "alex@contoso.com", PASSWORD, REGISTRATION).await);
    let adele = token(by_password(&simulator, "adele@contoso.com", PASSWORD, REGISTRATION).await);
    let device = Device::join(&simulator, &alex, "lap-0042").await;
    Device::join(&simulator, &adele, HOSTILE).await;
    let devices = simulator.ask(&["devices"]);
    let of = |owner: &str| devices.as_array().unwrap().iter().find(|row| row["owner"] == owner).unwrap();
    assert_eq!(of("adele@contoso.com")["name"], HOSTILE);
    let id = of("alex@contoso.com")["id"].as_str().unwrap();
    simulator.ask(&["device", id, "comply"]);
    by_password(&simulator, "alex@contoso.com", "Wrong-Horse-2", REGISTRATION).await;

    let page = dom(&simulator);
    let rows = rows(&page, "devices");
    let row = rows.iter().find(|row| row.contains(id)).unwrap_or_else(|| panic!("no {id} in {rows:?}"));
    for word in
        ["lap-0042", "alex@contoso.com", "AzureAd", "enabled", ">compliant<", &device.thumbprint()[..8]]
    {
        assert!(row.contains(word), "no {word} in {row}");
    }
    let other = rows.iter().find(|row| row.contains("adele@contoso.com")).unwrap();
    assert!(other.contains("not compliant"), "{other}");
    let last = &requests(&page)[0];
    for word in ["token.password", "refused", "AADSTS50126", "400", "&lt;13 characters&gt;"] {
        assert!(last.contains(word), "no {word} in {last}");
    }
    assert!(requests(&page)[1].contains("join"), "{page}");
}

#[tokio::test]
async fn a_browser_shows_a_hostile_name_as_text_and_does_not_run_it() {
    if !has_browser() {
        return;
    }
    let simulator = Simulator::start();
    let tokens = by_password(&simulator, "alex@contoso.com", PASSWORD, REGISTRATION).await;
    Device::join(&simulator, tokens["access_token"].as_str().unwrap(), HOSTILE).await;
    let page = dom(&simulator);
    assert!(page.contains("<title>entra-simulator</title>"), "{page}");
    // The browser writes what it has parsed: an element would be one here.
    assert!(
        !page.contains("<img") && !page.contains("<script") && !page.contains("<b id=\"mine\""),
        "{page}"
    );
    let row = &rows(&page, "devices")[0];
    assert!(row.contains("&lt;img src=x onerror=") && row.contains("&lt;b id=\"mine\"&gt;"), "{row}");
}

#[tokio::test]
async fn a_browser_draws_it_in_a_wide_and_in_a_narrow_window() {
    if !has_browser() {
        return;
    }
    let simulator = Simulator::start();
    simulator.turn(&json!({ "faults": [{ "request": "metadata", "action": "bad_types" }] }));
    simulator.metadata().await.unwrap();
    for size in ["1280,900", "480,900"] {
        let picture = simulator.dir.path().join("page.png");
        browse(
            &simulator,
            &[&format!("--window-size={size}"), &format!("--screenshot={}", picture.display())],
        );
        let drawn = std::fs::read(&picture).unwrap();
        let width = u32::from_be_bytes(drawn[16..20].try_into().unwrap()).to_string();
        assert!(drawn.starts_with(b"\x89PNG") && size.starts_with(&width), "{size}: {width}");
    }
}

/// The document after parsing and running whatever runs.
fn dom(simulator: &Simulator) -> String {
    browse(simulator, &["--dump-dom"])
}

fn requests(page: &str) -> Vec<String> {
    rows(page, "requests")
}

/// The rows of the table in a section.
fn rows(page: &str, section: &str) -> Vec<String> {
    let (_, rest) =
        page.split_once(&format!("<section id=\"{section}\">")).unwrap_or_else(|| panic!("{page}"));
    let section = rest.split("</section>").next().unwrap();
    let (_, body) = section.split_once("<tbody>").unwrap_or_else(|| panic!("no rows in {section}"));
    body.split("</tr>").filter(|row| row.contains("<td")).map(str::to_owned).collect()
}

/// Loads the page and nothing else: no other name resolves, and the profile is new.
fn browse(simulator: &Simulator, manner: &[&str]) -> String {
    let profile = tempfile::tempdir().unwrap();
    let output = Command::new("timeout")
        .args(["60", "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"])
        .args(["--no-first-run", "--disable-background-networking", "--disable-component-update"])
        .args(["--disable-sync", "--disable-dev-shm-usage", "--no-proxy-server", "--hide-scrollbars"])
        .arg("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(manner)
        .arg(format!("http://{}/", simulator.admin))
        .env("HOME", profile.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Chromium is optional; the reason is printed where it is missing.
fn has_browser() -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let has = std::env::split_paths(&path).any(|dir| dir.join("chromium").is_file());
    if !has {
        println!("skipped: Chromium is missing, and cargo xtask setup installs or names it");
    }
    has
}

const PASSWORD: &str = "Correct-Horse-1";
const HOSTILE: &str =
    "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script><b id=\"mine\">";
