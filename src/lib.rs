//! garminsync
