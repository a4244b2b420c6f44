//! Descriptions as JSON, for snapshots and tools.

use serde::ser::{Serialize, SerializeStruct, Serializer};

use super::description::{Description, Input, NeedKind, Output, Payload};

impl Payload {
    fn serialize_fields<S: SerializeStruct>(&self, out: &mut S) -> Result<(), S::Error> {
        if !self.type_name.is_empty() {
            out.serialize_field("type", self.type_name)?;
        }
        #[cfg(feature = "schema")]
        if let Some(schema) = self.schema {
            let mut generator = schemars::SchemaGenerator::default();
            let mut schema = schema(&mut generator);
            let definitions = generator.take_definitions(true);
            if !definitions.is_empty() {
                schema.insert("$defs".to_owned(), definitions.into());
            }
            out.serialize_field("schema", &schema)?;
        }
        Ok(())
    }
}

impl Serialize for Description {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let needs = self.needs.iter().filter(|need| need.kind != NeedKind::Identity);
        let needs: Vec<&str> = needs.map(|need| need.type_name).collect();
        let mut out = serializer.serialize_struct("Description", 3)?;
        out.serialize_field("inputs", &self.inputs)?;
        out.serialize_field("outputs", &self.outputs)?;
        out.serialize_field("needs", &needs)?;
        out.end()
    }
}

impl Serialize for Input {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Input", 7)?;
        out.serialize_field("name", self.name)?;
        out.serialize_field("source", self.source.as_str())?;
        out.serialize_field("required", &self.required)?;
        if let Some(media_type) = self.media_type {
            out.serialize_field("mediaType", media_type)?;
        }
        self.payload.serialize_fields(&mut out)?;
        if !self.statuses.is_empty() {
            out.serialize_field("statuses", &self.statuses)?;
        }
        out.end()
    }
}

impl Serialize for Output {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("Output", 6)?;
        out.serialize_field(
            "kind",
            if self.opaque {
                "opaque"
            } else if self.failure {
                "failure"
            } else {
                "success"
            },
        )?;
        if let Some(status) = self.status {
            out.serialize_field("status", &status)?;
        }
        if let Some(media_type) = self.media_type {
            out.serialize_field("mediaType", media_type)?;
        }
        self.payload.serialize_fields(&mut out)?;
        out.end()
    }
}
