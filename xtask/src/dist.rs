//! The Debian packages.

use crate::run::{cargo_program, root, target};
use crate::{tools, tpm};
use clap::Args;
use packages::{Build, Workshop};

/// What is done besides building the packages.
#[derive(Debug, Default, Args)]
pub(crate) struct Options {
    /// Build everything a second time in another directory, and compare the packages.
    #[arg(long)]
    twice: bool,
    /// Build no release: pack the programs of the tests, and install, upgrade, remove and purge them in an overlay.
    #[arg(long = "try", conflicts_with = "twice")]
    try_out: bool,
    /// Install the packages in a new Debian 13, as root, and compare what they need with what Ubuntu 24.04 has.
    #[arg(long, conflicts_with_all = ["twice", "try_out"])]
    elsewhere: bool,
}

pub(crate) fn run(options: &Options) -> Result<(), String> {
    if options.try_out {
        return try_out();
    }
    let (shop, build) = (workshop()?, Build::release(target()));
    let first = packages::make(&shop, &build)?;
    packages::measure(&build, &first)?.iter().for_each(|it| println!("dist: {it}"));
    if options.elsewhere {
        packages::elsewhere(&target().join("debian-13"), &first)?
            .iter()
            .for_each(|it| println!("dist: {it}"));
    }
    if options.twice {
        let second = packages::make(&shop, &Build::release(target().join("dist-again")))?;
        packages::compare(&first, &second)?;
        println!("dist: built twice, and the packages are equal");
    }
    Ok(())
}

/// Packs the programs of the tests and tries them; part of CI.
pub(crate) fn try_out() -> Result<(), String> {
    let (build, folder) = (Build::of_tests(target()), target().join("overlay"));
    println!("dist: {}", packages::try_here(&workshop()?, &build, &folder)?);
    Ok(())
}

/// Checks the systemd units that the package has.
pub(crate) fn check_units() -> Result<(), String> {
    let exposure = packages::check_units(&root(), &target().join("units"))?;
    println!("units: systemd understands them, and the exposure is at most {exposure} tenths");
    Ok(())
}

fn workshop() -> Result<Workshop, String> {
    Ok(Workshop { root: root(), cargo: cargo_program(), deb: tools::cargo_deb()?, tpm: tpm::in_programs() })
}
