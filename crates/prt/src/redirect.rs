//! Which redirect URIs are registered for which client (entra.md 2.4, 7.6).

use oauth::client::{BROKER, COMPANY_PORTAL};

/// The URI that requests of a client name: the first of the table, else the broker plug-in's of the client.
pub fn of(client: &str) -> String {
    match registered(client).first() {
        Some(uri) => (*uri).to_owned(),
        None => format!("ms-appx-web://Microsoft.AAD.BrokerPlugin/{client}"),
    }
}

/// Every known URI of a client, the one to use first; none for a client that is not in the table.
pub fn registered(client: &str) -> &'static [&'static str] {
    let line = TABLE.iter().find(|(known, _)| known.eq_ignore_ascii_case(client));
    line.map_or(&[], |(_, uris)| *uris)
}

const TABLE: [(&str, &[&str]); 2] = [
    (COMPANY_PORTAL, &["companyportal://com.microsoft.CompanyPortal"]),
    (
        BROKER,
        &[
            "msauth://Microsoft.AAD.BrokerPlugin",
            "ms-appx-web://Microsoft.AAD.BrokerPlugin",
            "ms-appx-web://Microsoft.AAD.BrokerPlugin/DRS",
            "ms-appx-web://Microsoft.AAD.BrokerPlugin/DRSFF",
            "ms-appx-web://Microsoft.AAD.BrokerPlugin/MDM",
            "ms-aadj-redir://auth/drs",
            "ms-aadj-redir://auth/mdm",
        ],
    ),
];
