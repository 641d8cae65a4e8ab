//! What is to be done, decided before anything is: pure, values in, values out.

pub mod listing;
