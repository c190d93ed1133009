//! The functions that glibc calls (nss(5), "The Interface of the Function in NSS Modules" of its manual), and all
//! that is unsafe.
//!
//! Strings come from C, answers are written where C says, and nothing unwinds out of here.

#![expect(unsafe_code, reason = "glibc calls these functions by name and hands them pointers")]

use crate::lookup::{Caller, NoAnswer, Places, group, group_by_gid, groups_of, person, person_by_uid};
use crate::room::{Room, TooSmall};
use libc::{ERANGE, c_char, c_int, c_long, gid_t, group as CGroup, passwd, size_t, spwd, uid_t};
use names::{Account, Group};
use std::ffi::CStr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Once;

/// `enum nss_status`.
const TRY_AGAIN: c_int = -2;
const UNAVAILABLE: c_int = -1;
const NOT_FOUND: c_int = 0;
const SUCCESS: c_int = 1;

fn places() -> Places<'static> {
    Places {
        root: 0,
        names: Path::new("/var/cache/firmament/names"),
        local_groups: Path::new("/etc/firmament/local-groups"),
        passwd: Path::new("/etc/passwd"),
        group: Path::new("/etc/group"),
    }
}

/// What stands in the way of an answer.
enum Stop {
    NoAnswer(NoAnswer),
    TooSmall,
}

impl From<NoAnswer> for Stop {
    fn from(why: NoAnswer) -> Stop {
        Stop::NoAnswer(why)
    }
}

impl From<TooSmall> for Stop {
    fn from(_: TooSmall) -> Stop {
        Stop::TooSmall
    }
}

/// Runs a question; a panic is an answer that is not there, and says nothing on the standard error of a stranger.
fn answered(errno: *mut c_int, question: impl FnOnce() -> Result<(), Stop>) -> c_int {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| std::panic::set_hook(Box::new(|_| {})));
    let (status, error) = match catch_unwind(AssertUnwindSafe(question)) {
        Ok(Ok(())) => (SUCCESS, None),
        Ok(Err(Stop::TooSmall)) => (TRY_AGAIN, Some(ERANGE)),
        Ok(Err(Stop::NoAnswer(NoAnswer::NotFound))) => (NOT_FOUND, Some(libc::ENOENT)),
        Ok(Err(Stop::NoAnswer(NoAnswer::Unavailable))) | Err(_) => (UNAVAILABLE, Some(libc::EIO)),
    };
    if let (Some(error), false) = (error, errno.is_null()) {
        // SAFETY: glibc hands the address of its caller's errno.
        unsafe { *errno = error };
    }
    status
}

/// A name from C; one that is not UTF-8 is nobody's.
fn text<'t>(name: *const c_char) -> Result<&'t str, Stop> {
    if name.is_null() {
        return Err(NoAnswer::NotFound.into());
    }
    // SAFETY: glibc hands a string that ends with a zero and lives as long as the call.
    let name = unsafe { CStr::from_ptr(name) };
    name.to_str().map_err(|_| NoAnswer::NotFound.into())
}

/// The caller's buffer.
fn room<'b>(buffer: *mut c_char, length: size_t) -> Result<Room<'b>, Stop> {
    if buffer.is_null() {
        return Err(Stop::TooSmall);
    }
    // SAFETY: glibc hands a buffer of this length that nobody else uses during the call.
    Ok(Room::new(unsafe { std::slice::from_raw_parts_mut(buffer.cast(), length) }))
}

/// Root, with no more rights than whoever started the program.
fn caller() -> Caller {
    // SAFETY: both only read what the kernel says of this process.
    let (raised, real) = unsafe { (libc::getauxval(libc::AT_SECURE) != 0, libc::getuid()) };
    let root = !raised && real == 0 && rustix::process::geteuid().is_root();
    if root { Caller::Root } else { Caller::Other }
}

fn write_person(account: &Account, mut room: Room<'_>, to: *mut passwd) -> Result<(), Stop> {
    let person = passwd {
        pw_name: room.text(&account.name)?,
        pw_passwd: room.text("x")?,
        pw_uid: account.uid,
        pw_gid: account.gid,
        pw_gecos: room.text(&account.gecos)?,
        pw_dir: room.text(&account.home)?,
        pw_shell: room.text(&account.shell)?,
    };
    // SAFETY: glibc hands the address of a structure that it will read.
    unsafe { to.write(person) };
    Ok(())
}

fn write_group(group: &Group, mut room: Room<'_>, to: *mut CGroup) -> Result<(), Stop> {
    let group = CGroup {
        gr_name: room.text(&group.name)?,
        gr_passwd: room.text("x")?,
        gr_gid: group.gid,
        gr_mem: room.texts(&group.members)?,
    };
    // SAFETY: glibc hands the address of a structure that it will read.
    unsafe { to.write(group) };
    Ok(())
}

/// getpwnam_r(3).
///
/// # Safety
/// The pointers are as glibc hands them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _nss_firmament_getpwnam_r(
    name: *const c_char,
    to: *mut passwd,
    buffer: *mut c_char,
    length: size_t,
    errno: *mut c_int,
) -> c_int {
    answered(errno, || {
        let account = person(places(), text(name)?, caller())?;
        write_person(&account, room(buffer, length)?, to)
    })
}

/// getpwuid_r(3).
///
/// # Safety
/// The pointers are as glibc hands them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _nss_firmament_getpwuid_r(
    uid: uid_t,
    to: *mut passwd,
    buffer: *mut c_char,
    length: size_t,
    errno: *mut c_int,
) -> c_int {
    answered(errno, || write_person(&person_by_uid(places(), uid)?, room(buffer, length)?, to))
}

/// getgrnam_r(3).
///
/// # Safety
/// The pointers are as glibc hands them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _nss_firmament_getgrnam_r(
    name: *const c_char,
    to: *mut CGroup,
    buffer: *mut c_char,
    length: size_t,
    errno: *mut c_int,
) -> c_int {
    answered(errno, || {
        let group = group(places(), text(name)?, caller())?;
        write_group(&group, room(buffer, length)?, to)
    })
}

/// getgrgid_r(3).
///
/// # Safety
/// The pointers are as glibc hands them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _nss_firmament_getgrgid_r(
    gid: gid_t,
    to: *mut CGroup,
    buffer: *mut c_char,
    length: size_t,
    errno: *mut c_int,
) -> c_int {
    answered(errno, || write_group(&group_by_gid(places(), gid)?, room(buffer, length)?, to))
}

/// getspnam_r(3), for root: no password of ours stands there, and `*` is no lock mark, which would hide the person.
///
/// # Safety
/// The pointers are as glibc hands them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _nss_firmament_getspnam_r(
    name: *const c_char,
    to: *mut spwd,
    buffer: *mut c_char,
    length: size_t,
    errno: *mut c_int,
) -> c_int {
    answered(errno, || {
        let name = text(name)?;
        if !rustix::process::geteuid().is_root() {
            return Err(NoAnswer::NotFound.into());
        }
        let account = person(places(), name, caller())?;
        let mut room = room(buffer, length)?;
        let shadow = spwd {
            sp_namp: room.text(&account.name)?,
            sp_pwdp: room.text("*")?,
            sp_lstchg: -1,
            sp_min: -1,
            sp_max: -1,
            sp_warn: -1,
            sp_inact: -1,
            sp_expire: -1,
            sp_flag: !0,
        };
        // SAFETY: glibc hands the address of a structure that it will read.
        unsafe { to.write(shadow) };
        Ok(())
    })
}

/// What getgrouplist(3) and initgroups(3) ask.
///
/// # Safety
/// The pointers are as glibc hands them: `groups` leads to an array of `size` numbers that `realloc` may move, of
/// which `start` are taken; `limit` is the most that are wanted, unless it is not above zero.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _nss_firmament_initgroups_dyn(
    name: *const c_char,
    primary: gid_t,
    start: *mut c_long,
    size: *mut c_long,
    groups: *mut *mut gid_t,
    limit: c_long,
    errno: *mut c_int,
) -> c_int {
    answered(errno, || {
        let found = groups_of(places(), text(name)?)?;
        for gid in found.into_iter().filter(|gid| *gid != primary) {
            // SAFETY: as the function demands of its caller.
            if !unsafe { push(gid, start, size, groups, limit) } {
                break;
            }
        }
        Ok(())
    })
}

/// Adds a number that is not there yet; false where no more are wanted or there is no memory.
///
/// # Safety
/// As for [`_nss_firmament_initgroups_dyn`].
unsafe fn push(
    gid: gid_t,
    start: *mut c_long,
    size: *mut c_long,
    groups: *mut *mut gid_t,
    limit: c_long,
) -> bool {
    // SAFETY: the four lead to what glibc owns during the call; the array has `size` numbers, `start` of them set,
    // and is moved by `realloc` alone.
    unsafe {
        let taken = usize::try_from(*start).unwrap_or(0);
        if std::slice::from_raw_parts(*groups, taken).contains(&gid) {
            return true;
        }
        if limit > 0 && *start >= limit {
            return false;
        }
        if *start >= *size {
            let wanted = if limit > 0 { (*size * 2).min(limit) } else { *size * 2 }.max(*start + 1);
            let Ok(bytes) = usize::try_from(wanted).map(|count| count * size_of::<gid_t>()) else {
                return false;
            };
            let larger = libc::realloc((*groups).cast(), bytes);
            if larger.is_null() {
                return false;
            }
            *groups = larger.cast();
            *size = wanted;
        }
        (*groups).add(taken).write(gid);
        *start += 1;
        true
    }
}
