//! The identity of a client.

use std::{fmt, sync::Arc};

use serde_json::{Map, Value};

use crate::route::{Grant, GrantKind};

/// A verified client. Cloning it clones one `Arc`. See the [module docs](crate::identity).
#[derive(Clone, PartialEq)]
pub struct Identity(Arc<IdentityFields>);

#[derive(Clone, PartialEq)]
struct IdentityFields {
    sub: String,
    issuer: Option<String>,
    roles: Vec<String>,
    scopes: Vec<String>,
    permissions: Vec<String>,
    claims: Map<String, Value>,
}

impl Identity {
    /// Creates the identity of the client called `sub`, without grants. `sub` is unique per [`issuer`](Self::issuer).
    #[must_use]
    pub fn new(sub: impl Into<String>) -> Self {
        Self(Arc::new(IdentityFields {
            sub: sub.into(),
            issuer: None,
            roles: Vec::new(),
            scopes: Vec::new(),
            permissions: Vec::new(),
            claims: Map::new(),
        }))
    }

    /// Sets the issuer. The same `sub` from two issuers may be two clients.
    #[must_use]
    pub fn with_issuer(mut self, issuer: impl Into<String>) -> Self {
        self.fields().issuer = Some(issuer.into());
        self
    }

    /// Adds roles.
    #[must_use]
    pub fn with_roles<N: Into<String>>(mut self, roles: impl IntoIterator<Item = N>) -> Self {
        self.fields().roles.extend(roles.into_iter().map(Into::into));
        self
    }

    /// Adds scopes.
    #[must_use]
    pub fn with_scopes<N: Into<String>>(mut self, scopes: impl IntoIterator<Item = N>) -> Self {
        self.fields().scopes.extend(scopes.into_iter().map(Into::into));
        self
    }

    /// Adds permissions.
    #[must_use]
    pub fn with_permissions<N: Into<String>>(mut self, permissions: impl IntoIterator<Item = N>) -> Self {
        self.fields().permissions.extend(permissions.into_iter().map(Into::into));
        self
    }

    /// Adds a claim, or replaces the claim with that name.
    #[must_use]
    pub fn with_claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.fields().claims.insert(name.into(), value.into());
        self
    }

    /// Adds claims. They replace claims with the same name.
    #[must_use]
    pub fn with_claims(mut self, claims: Map<String, Value>) -> Self {
        let fields = self.fields();
        if fields.claims.is_empty() {
            fields.claims = claims;
        } else {
            fields.claims.extend(claims);
        }
        self
    }

    /// Returns the client's name, which is unique per issuer (`sub`, RFC 7519 §4.1.2).
    #[must_use]
    pub fn sub(&self) -> &str {
        &self.0.sub
    }

    /// Returns the issuer of the credentials (`iss`, RFC 7519 §4.1.1), if known.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.0.issuer.as_deref()
    }

    /// Returns the client's roles.
    #[must_use]
    pub fn roles(&self) -> &[String] {
        &self.0.roles
    }

    /// Returns the scopes that were granted to the client, for instance by a user (OAuth 2.0).
    #[must_use]
    pub fn scopes(&self) -> &[String] {
        &self.0.scopes
    }

    /// Returns the client's permissions.
    #[must_use]
    pub fn permissions(&self) -> &[String] {
        &self.0.permissions
    }

    /// Returns all claims of the credentials.
    #[must_use]
    pub fn claims(&self) -> &Map<String, Value> {
        &self.0.claims
    }

    /// Returns whether the client has this role.
    #[must_use]
    pub fn has_role(&self, role: &str) -> bool {
        self.0.roles.iter().any(|has| has == role)
    }

    /// Returns whether the client has this scope.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.0.scopes.iter().any(|has| has == scope)
    }

    /// Returns whether the client has this permission.
    #[must_use]
    pub fn has_permission(&self, permission: &str) -> bool {
        self.0.permissions.iter().any(|has| has == permission)
    }

    /// Returns whether the client has this grant.
    #[must_use]
    pub fn has(&self, grant: &Grant) -> bool {
        match grant.kind() {
            GrantKind::Role => self.has_role(grant.name()),
            GrantKind::Scope => self.has_scope(grant.name()),
            GrantKind::Permission => self.has_permission(grant.name()),
        }
    }

    fn fields(&mut self) -> &mut IdentityFields {
        Arc::make_mut(&mut self.0)
    }
}

impl fmt::Debug for Identity {
    /// Omits the values of claims, which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let IdentityFields { sub, issuer, roles, scopes, permissions, claims } = &*self.0;
        f.debug_struct("Identity")
            .field("sub", sub)
            .field("issuer", issuer)
            .field("roles", roles)
            .field("scopes", scopes)
            .field("permissions", permissions)
            .field("claims", &claims.keys().collect::<Vec<_>>())
            .finish()
    }
}
