//! Similar pictures, and copies.
