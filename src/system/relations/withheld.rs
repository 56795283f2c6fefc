//! Relations that PostgreSQL has and shows to superusers alone: they tell of passwords, of the machine, or of values.
//!
//! Invariant: their names and OIDs resolve, because clients name them in casts (`classoid = 'pg_authid'::regclass`); nothing
//! can be selected from them and nobody has a privilege on them. They are in no listing.

/// Name and OID, all of `pg_catalog`.
const WITHHELD: &[(&str, u32)] = &[
    ("pg_authid", 1260),
    ("pg_backend_memory_contexts", 12_138),
    ("pg_config", 12_130),
    ("pg_file_settings", 12_110),
    ("pg_hba_file_rules", 12_114),
    ("pg_ident_file_mappings", 12_118),
    ("pg_largeobject", 2613),
    ("pg_shadow", 12_005),
    ("pg_shmem_allocations", 12_134),
    ("pg_statistic", 2619),
    ("pg_statistic_ext_data", 3429),
];

/// The OID of a withheld relation.
pub(crate) fn oid_of(schema: &str, name: &str) -> Option<u32> {
    WITHHELD.iter().find(|(known, _)| schema == "pg_catalog" && *known == name).map(|(_, oid)| *oid)
}

/// The name of a withheld relation.
pub(crate) fn name_of(oid: u32) -> Option<&'static str> {
    WITHHELD.iter().find(|(_, known)| *known == oid).map(|(name, _)| *name)
}
