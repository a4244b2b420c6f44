use serde::{Serialize, Serializer, ser::SerializeStruct};

use crate::base::setting::Origin;

/// One setting of one policy.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Step {
    /// The policy, by the name of its module.
    pub policy: &'static str,
    /// Whether the policy applies to every request, outside the router, or to this route.
    pub around_router: bool,
    /// The name of the setting.
    pub setting: &'static str,
    /// Its value.
    pub value: String,
    /// The origin of the value; `None` if it cannot be set.
    pub origin: Option<Origin>,
}

#[expect(clippy::needless_pass_by_value, reason = "most values are made for the call")]
impl Step {
    pub(super) fn router(policy: &'static str, setting: &'static str, value: impl ToString) -> Self {
        Self { policy, around_router: true, setting, value: value.to_string(), origin: None }
    }

    pub(super) fn endpoint(policy: &'static str, setting: &'static str, value: impl ToString) -> Self {
        Self { around_router: false, ..Self::router(policy, setting, value) }
    }

    pub(super) fn from(mut self, origin: &Origin) -> Self {
        self.origin = Some(origin.clone());
        self
    }
}

impl Serialize for Step {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("Step", 5)?;
        object.serialize_field("policy", self.policy)?;
        object.serialize_field("around", if self.around_router { "router" } else { "endpoint" })?;
        object.serialize_field("setting", self.setting)?;
        object.serialize_field("value", &self.value)?;
        object.serialize_field("origin", &self.origin.as_ref().map(ToString::to_string))?;
        object.end()
    }
}
