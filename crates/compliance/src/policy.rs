use facts::{PolicyId, Value};

/// A policy as the service delivers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its id.
    pub id: PolicyId,
    /// Its settings in the order received.
    pub settings: Vec<Setting>,
    /// The rules for the output of its script.
    pub rules: Rules,
}

/// One setting of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its id in the catalogue (`settingDefinitionItemId`), as received.
    pub definition: String,
    /// What an answer names; a setting without it cannot be answered.
    pub rule: Option<RuleId>,
    /// Where it stands in the tree of settings (`cspPath`); empty where the service does not say.
    pub path: String,
    /// What is wanted, as received; none where there is no value.
    pub value: Option<String>,
}

/// Names what a setting of a policy is answered under.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub String);

/// What a policy says about the output of its script.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Rules {
    /// Nothing: the service applies them.
    #[default]
    NotDelivered,
    /// Rules that this machine applies, in their order.
    Delivered(Vec<CustomRule>),
    /// Something that is no file of rules.
    Unreadable,
}

/// One rule for the output of a script (compliance.md 2.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomRule {
    /// The member of the output; case counts.
    pub setting_name: String,
    /// How the two are compared: the member on the left, the operand on the right.
    pub operator: Operator,
    /// As what they are compared.
    pub data_type: DataType,
    /// What the member is compared with.
    pub operand: Value,
}

/// How a rule compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `IsEquals`.
    IsEquals,
    /// `NotEquals`.
    NotEquals,
    /// `GreaterThan`.
    GreaterThan,
    /// `GreaterEquals`.
    GreaterEquals,
    /// `LessThan`.
    LessThan,
    /// `LessEquals`.
    LessEquals,
    /// A word that is none of these.
    Unknown,
}

/// As what a rule compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DataType {
    /// `Boolean`.
    Boolean,
    /// `Int64`.
    Int64,
    /// `Double`.
    Double,
    /// `String`.
    String,
    /// `DateTime`.
    DateTime,
    /// `Version`.
    Version,
    /// A word that is none of these.
    Unknown,
}
