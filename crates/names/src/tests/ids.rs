//! The vectors of login.md 4.3: what the incumbent gives, so that nobody's number changes with us.

use crate::{IdRange, sub_ids};

const OTHER: (u32, u32) = (1_000_000, 6_999_999);

fn other() -> IdRange {
    IdRange::new(OTHER.0, OTHER.1).unwrap()
}

/// The sixteen bytes of a hyphenated id.
fn object(text: &str) -> [u8; 16] {
    let digits: String = text.chars().filter(|it| *it != '-').collect();
    std::array::from_fn(|at| u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).unwrap())
}

#[test]
fn names_have_the_numbers_of_the_incumbent() {
    for (name, uid, in_other, first_sub_id) in [
        ("alex@contoso.com", 1_285_143_078, Some(1_943_078), 3_330_635_008),
        ("Alex@Contoso.COM", 1_285_143_078, Some(1_943_078), 3_330_635_008),
        ("adele@contoso.com", 1_363_599_686, Some(4_399_687), 2_505_798_912),
        ("sam@fabrikam.com", 74_685_180, Some(1_485_182), 3_769_464_064),
        ("kim@fabrikam.net", 1_324_404_122, Some(5_204_122), 3_879_105_792),
        ("o'brien@contoso.com", 1_989_283_679, Some(4_083_679), 3_047_257_344),
        ("tux@contoso.onmicrosoft.com", 1_912_749_799, None, 4_151_342_336),
        ("", 233_362_409, None, 3_249_566_976),
    ] {
        assert_eq!(IdRange::DEFAULT.by_name(name), Some(uid), "{name}");
        assert!(in_other.is_none_or(|id| other().by_name(name) == Some(id)), "{name}");
        assert_eq!(sub_ids(IdRange::SUB_IDS, name), Some(first_sub_id), "{name}");
    }
}

/// The incumbent folds a full-width letter; a user principal name never has one, so that no table of Unicode is
/// loaded into every process.
#[test]
fn a_name_that_is_not_ascii_has_no_number() {
    let folded = IdRange::DEFAULT.by_name("Alice@contoso.onmicrosoft.com");
    assert_eq!(folded, Some(245_350_431));
    for name in ["\u{ff21}lice@contoso.onmicrosoft.com", "käse@contoso.com"] {
        assert_eq!((IdRange::DEFAULT.by_name(name), sub_ids(IdRange::SUB_IDS, name)), (None, None), "{name}");
    }
}

#[test]
fn objects_have_the_numbers_of_the_incumbent() {
    for (id, uid, in_other, as_group) in [
        ("aaaabbbb-cccc-dddd-eeee-ffff00001111", 286_526_784, Some(5_326_831), Some(237_125_615)),
        ("5c2fba5d-d82f-4bb9-ad1f-2ad17858fa2c", 754_804_152, Some(5_604_277), Some(1_832_853_677)),
        ("00000000-0000-0000-0000-000000000000", 200_000, None, None),
        ("ffffffff-ffff-ffff-ffff-ffffffffffff", 295_167_295, None, None),
    ] {
        assert_eq!(IdRange::DEFAULT.by_object(object(id)), Some(uid), "{id}");
        assert!(in_other.is_none_or(|number| other().by_object(object(id)) == Some(number)), "{id}");
        assert!(as_group.is_none_or(|gid| IdRange::DEFAULT.by_name(id) == Some(gid)), "{id}");
    }
}

#[test]
fn a_range_of_one_number_gives_it_to_names_and_refuses_objects() {
    let one = IdRange::new(5_000, 5_000).unwrap();
    assert_eq!(one.by_name("alex@contoso.com"), Some(5_000));
    assert_eq!(one.by_object([7; 16]), None);
    assert_eq!(sub_ids(one, "alex@contoso.com"), None);
}

#[test]
fn ranges_are_in_order_and_know_each_other() {
    assert!(IdRange::new(2, 1).unwrap_err().to_string().contains("2-1"));
    let range = |min, max| IdRange::new(min, max).unwrap();
    for (one, two, touches) in [
        (range(1, 5), range(5, 9), true),
        (range(1, 5), range(6, 9), false),
        (range(1, 9), range(3, 4), true),
        (range(0, u32::MAX), range(7, 7), true),
    ] {
        assert_eq!((one.touches(two), two.touches(one)), (touches, touches));
    }
    assert!(range(1, 5).holds(5) && !range(1, 5).holds(6));
    assert!(range(0, u32::MAX).by_name("x").is_some());
}
