//! Security identifiers of directory objects.

use uuid::Uuid;

/// `S-1-12-1-a-b-c-d` (entra.md 5.5, vector 12.6).
pub fn sid(object: Uuid) -> String {
    let words = object.to_bytes_le();
    let parts: Vec<String> = words
        .chunks_exact(4)
        .map(|four| u32::from_le_bytes(four.try_into().unwrap_or_default()).to_string())
        .collect();
    format!("S-1-12-1-{}", parts.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sid_is_that_of_the_vector() {
        let object = "aaaabbbb-cccc-dddd-eeee-ffff00001111".parse().unwrap();
        assert_eq!(sid(object), "S-1-12-1-2863315899-3722300620-4294962926-286326784");
    }
}
