//! The key pairs: what they are called in the token, and what they must be.

use crate::error::Fault;
use crate::link::Live;
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle};
use cryptoki::session::SessionState;
use cryptoki::types::Ulong;
use hsm::HsmError;
use model::{IntentId, KeyHandle, KeyPurpose, RsaPublicKey};

/// `CKA_ID`: the intent (16 bytes) and a byte for the purpose, so a pair is found again after a crash.
pub(crate) fn id_of(purpose: KeyPurpose, intent: IntentId) -> Vec<u8> {
    let purpose = match purpose {
        KeyPurpose::Device => 1,
        KeyPurpose::Transport => 2,
        KeyPurpose::Intune => 3,
        KeyPurpose::Offline => 4,
    };
    [intent.guid().as_bytes().as_slice(), &[purpose]].concat()
}

/// The public half of the pair of purpose and intent: of the one that is there, else of a new one.
///
/// Half a pair is what a crash leaves; no handle can have been given out for it, so it is made anew.
pub(crate) fn take_or_make(
    live: &Live,
    purpose: KeyPurpose,
    intent: IntentId,
) -> Result<RsaPublicKey, Fault> {
    let found = halves(live, &id_of(purpose, intent))?;
    match (found.private.as_slice(), found.public.as_slice()) {
        ([private], [public]) => existing(live, purpose, *private, *public),
        ([], []) => make(live, purpose, intent),
        ([_], []) | ([], [_]) => {
            remove(live, &found)?;
            make(live, purpose, intent)
        }
        (private, public) => Err(strange(&format!(
            "it holds {} private and {} public halves for one {} key",
            private.len(),
            public.len(),
            purpose.as_str()
        ))),
    }
}

/// The private half that the handle names.
///
/// [`HsmError::KeyGone`] when it is not there or is another key by now.
pub(crate) fn private_of(live: &Live, key: &KeyHandle) -> Result<ObjectHandle, Fault> {
    let found = of_class(live, ObjectClass::PRIVATE_KEY, &id_of(key.purpose, key.intent))?;
    let gone = |why: &str| HsmError::KeyGone(format!("the {} key {why}", key.purpose.as_str()));
    let [private] = found.as_slice() else {
        return Err(
            gone(if found.is_empty() { "is not in the token" } else { "is there more than once" }).into()
        );
    };
    let attributes = live.session.get_attributes(*private, &[AttributeType::Modulus])?;
    match modulus(&attributes) {
        Some(modulus) if modulus == key.public.modulus => Ok(*private),
        _ => Err(gone("was replaced by another").into()),
    }
}

/// What the token has under one `CKA_ID`.
pub(crate) struct Halves {
    private: Vec<ObjectHandle>,
    public: Vec<ObjectHandle>,
}

impl Halves {
    pub(crate) fn is_empty(&self) -> bool {
        self.private.is_empty() && self.public.is_empty()
    }
}

pub(crate) fn halves(live: &Live, id: &[u8]) -> Result<Halves, Fault> {
    Ok(Halves {
        private: of_class(live, ObjectClass::PRIVATE_KEY, id)?,
        public: of_class(live, ObjectClass::PUBLIC_KEY, id)?,
    })
}

/// Removes them, the private half first: what a crash leaves of the pair is of no use.
pub(crate) fn remove(live: &Live, found: &Halves) -> Result<(), Fault> {
    let all = found.private.iter().chain(&found.public);
    all.copied().try_for_each(|object| live.session.destroy_object(object)).map_err(Fault::from)
}

/// The token's objects that match; an empty answer counts only while we are logged in.
pub(crate) fn find(live: &Live, template: &[Attribute]) -> Result<Vec<ObjectHandle>, Fault> {
    let found = live.session.find_objects(template)?;
    let blind = found.is_empty() && live.session.get_session_info()?.session_state() != SessionState::RwUser;
    if blind { Err(Fault::LoggedOut) } else { Ok(found) }
}

fn of_class(live: &Live, class: ObjectClass, id: &[u8]) -> Result<Vec<ObjectHandle>, Fault> {
    find(live, &[Attribute::Class(class), Attribute::Token(true), Attribute::Id(id.to_vec())])
}

fn existing(
    live: &Live,
    purpose: KeyPurpose,
    private: ObjectHandle,
    public: ObjectHandle,
) -> Result<RsaPublicKey, Fault> {
    let attributes = live.session.get_attributes(private, &JUDGED)?;
    if let Some(wrong) = wrong_attribute(purpose, &attributes) {
        return Err(strange(&format!("the {} key that is there is {wrong}", purpose.as_str())));
    }
    let public = public_of(live, public)?;
    if modulus(&attributes).as_ref() != Some(&public.modulus) {
        return Err(strange("the halves of a pair that is there do not belong together"));
    }
    Ok(public)
}

fn make(live: &Live, purpose: KeyPurpose, intent: IntentId) -> Result<RsaPublicKey, Fault> {
    let decrypts = purpose == KeyPurpose::Transport;
    let named = [
        Attribute::Token(true),
        Attribute::Id(id_of(purpose, intent)),
        Attribute::Label(format!("firmament {} {intent}", purpose.as_str()).into_bytes()),
    ];
    let public = [
        Attribute::Private(false),
        Attribute::ModulusBits(Ulong::new(2048)),
        Attribute::PublicExponent(EXPONENT.to_vec()),
        Attribute::Verify(!decrypts),
        Attribute::Encrypt(decrypts),
        Attribute::Wrap(false),
    ];
    let private = [
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(false),
        Attribute::Sign(!decrypts),
        Attribute::Decrypt(decrypts),
        Attribute::Unwrap(false),
    ];
    let (public, private) = ([named.as_slice(), &public].concat(), [named.as_slice(), &private].concat());
    let (public, private) =
        live.session.generate_key_pair(&Mechanism::RsaPkcsKeyPairGen, &public, &private)?;
    existing(live, purpose, private, public)
}

/// What is wrong with a private half, if anything.
fn wrong_attribute(purpose: KeyPurpose, found: &[Attribute]) -> Option<&'static str> {
    let decrypts = purpose == KeyPurpose::Transport;
    let needed = [
        (Attribute::KeyType(KeyType::RSA), "not an RSA key"),
        (Attribute::Private(true), "not private"),
        (Attribute::Sensitive(true), "not sensitive"),
        (Attribute::Extractable(false), "extractable"),
        (Attribute::Sign(!decrypts), "for another use"),
        (Attribute::Decrypt(decrypts), "for another use"),
    ];
    // Not every module keeps these; one that does must say that the key was never elsewhere.
    let telling = [
        (Attribute::Local(false), "imported"),
        (Attribute::AlwaysSensitive(false), "one that was not sensitive before"),
        (Attribute::NeverExtractable(false), "one that was extractable before"),
    ];
    let missing = needed.into_iter().find(|(attribute, _)| !found.contains(attribute));
    let told = telling.into_iter().find(|(attribute, _)| found.contains(attribute));
    let short = modulus(found).is_none_or(|modulus| modulus.len() != 256);
    missing.or(told).map(|(_, wrong)| wrong).or(short.then_some("not of 2048 bits"))
}

fn public_of(live: &Live, public: ObjectHandle) -> Result<RsaPublicKey, Fault> {
    let wanted = [AttributeType::Modulus, AttributeType::PublicExponent];
    let found = live.session.get_attributes(public, &wanted)?;
    let exponent = found.iter().find_map(|attribute| match attribute {
        Attribute::PublicExponent(exponent) => Some(trimmed(exponent)),
        _ => None,
    });
    match (modulus(&found), exponent) {
        (Some(modulus), Some(exponent)) => Ok(RsaPublicKey { modulus, exponent }),
        _ => Err(strange("it does not show a public key")),
    }
}

fn modulus(found: &[Attribute]) -> Option<Vec<u8>> {
    found.iter().find_map(|attribute| match attribute {
        Attribute::Modulus(modulus) => Some(trimmed(modulus)),
        _ => None,
    })
}

fn trimmed(number: &[u8]) -> Vec<u8> {
    number.iter().copied().skip_while(|byte| *byte == 0).collect()
}

fn strange(what: &str) -> Fault {
    HsmError::Backend(format!("the token is not as it should be: {what}")).into()
}

const EXPONENT: [u8; 3] = [1, 0, 1];
/// What is asked of a private half before it is taken over.
const JUDGED: [AttributeType; 10] = [
    AttributeType::KeyType,
    AttributeType::Private,
    AttributeType::Sensitive,
    AttributeType::Extractable,
    AttributeType::Sign,
    AttributeType::Decrypt,
    AttributeType::Local,
    AttributeType::AlwaysSensitive,
    AttributeType::NeverExtractable,
    AttributeType::Modulus,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn intent() -> IntentId {
        "00112233-4455-6677-8899-aabbccddeeff".parse().unwrap()
    }

    #[test]
    fn an_id_is_the_intent_and_the_purpose() {
        let id = id_of(KeyPurpose::Transport, intent());
        let text = model::hex(&id);
        assert_eq!(text, "00112233445566778899aabbccddeeff02");
        assert_ne!(id, id_of(KeyPurpose::Device, intent()));
        assert_ne!(id, id_of(KeyPurpose::Intune, intent()));
    }

    fn good(purpose: KeyPurpose) -> Vec<Attribute> {
        let decrypts = purpose == KeyPurpose::Transport;
        vec![
            Attribute::KeyType(KeyType::RSA),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(!decrypts),
            Attribute::Decrypt(decrypts),
            Attribute::Modulus(vec![0xff; 256]),
        ]
    }

    #[test]
    fn a_key_with_one_wrong_attribute_is_not_taken_over() {
        assert_eq!(wrong_attribute(KeyPurpose::Device, &good(KeyPurpose::Device)), None);
        assert_eq!(wrong_attribute(KeyPurpose::Transport, &good(KeyPurpose::Transport)), None);
        assert_eq!(
            wrong_attribute(KeyPurpose::Device, &good(KeyPurpose::Transport)),
            Some("for another use")
        );
        for (at, instead, wrong) in [
            (0, Attribute::KeyType(KeyType::EC), "not an RSA key"),
            (1, Attribute::Private(false), "not private"),
            (2, Attribute::Sensitive(false), "not sensitive"),
            (3, Attribute::Extractable(true), "extractable"),
            (6, Attribute::Modulus(vec![0xff; 128]), "not of 2048 bits"),
        ] {
            let mut bent = good(KeyPurpose::Device);
            bent[at] = instead;
            assert_eq!(wrong_attribute(KeyPurpose::Device, &bent), Some(wrong));
            bent.remove(at);
            assert!(wrong_attribute(KeyPurpose::Device, &bent).is_some(), "{wrong}: not said");
        }
    }

    #[test]
    fn a_key_that_came_from_elsewhere_is_not_taken_over() {
        for (history, wrong) in [
            (Attribute::Local(false), "imported"),
            (Attribute::AlwaysSensitive(false), "one that was not sensitive before"),
            (Attribute::NeverExtractable(false), "one that was extractable before"),
        ] {
            let attributes = [good(KeyPurpose::Device), vec![history]].concat();
            assert_eq!(wrong_attribute(KeyPurpose::Device, &attributes), Some(wrong));
        }
        let attributes = [good(KeyPurpose::Device), vec![Attribute::Local(true)]].concat();
        assert_eq!(wrong_attribute(KeyPurpose::Device, &attributes), None);
    }

    #[test]
    fn numbers_lose_their_leading_zeros() {
        assert_eq!(trimmed(&[0, 0, 1, 0]), [1, 0]);
        assert_eq!(trimmed(&[]), Vec::<u8>::new());
    }
}
