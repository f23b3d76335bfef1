//! What the paper and its successors publish. Percentages are of plain SWIM.
//!
//! The paper's counts are those of 4,320 runs: each point of the grid ten times.

/// How often the paper ran each point of the grid.
pub(super) const REPETITIONS: f64 = 10.0;

/// One line of the tables of false positives and of load.
pub(super) struct Line {
    /// The configuration.
    pub(super) name: &'static str,
    /// False positives, at all observers and at healthy ones.
    pub(super) fp: f64,
    pub(super) fp_healthy: f64,
    /// Messages, and their bytes, in per cent of SWIM.
    pub(super) messages: f64,
    pub(super) bytes: f64,
}

/// Tables of aggregate false positives and message load, α = 5, β = 6.
pub(super) const TABLE: [Line; 5] = [
    Line { name: "swim", fp: 339_002.0, fp_healthy: 1_326.0, messages: 100.0, bytes: 100.0 },
    Line { name: "lha-probe", fp: 229_574.0, fp_healthy: 436.0, messages: 98.46, bytes: 90.03 },
    Line { name: "lha-suspicion", fp: 10_174.0, fp_healthy: 89.0, messages: 111.31, bytes: 106.52 },
    Line { name: "buddy", fp: 318_935.0, fp_healthy: 591.0, messages: 100.07, bytes: 99.01 },
    Line { name: "lifeguard", fp: 5_193.0, fp_healthy: 25.0, messages: 110.59, bytes: 97.97 },
];

/// Figure 2: false positives by the number of members that are blocked at the same time, read off a logarithmic plot.
pub(super) const BY_MEMBERS: [(&str, [f64; 9]); 3] = [
    ("swim", [0.9e3, 6e3, 11e3, 23e3, 34e3, 45e3, 59e3, 77e3, 82e3]),
    ("lha-suspicion", [50.0, 310.0, 140.0, 580.0, 1.35e3, 1.1e3, 1.75e3, 2.9e3, 2.0e3]),
    ("lifeguard", [18.0, 140.0, 110.0, 220.0, 570.0, 750.0, 840.0, 1.33e3, 1.2e3]),
];

/// Median latency until all have found a crash and false positives, in per cent of SWIM at α = 5, for Lifeguard with this α and β = 6
/// (HashiCorp's chart of the tuning experiment).
pub(super) const TUNING: [(u32, f64, f64); 3] = [(5, 100.2, 2.0), (4, 84.5, 4.8), (2, 56.7, 13.7)];

/// Latency until the first has found a crash, in seconds: median, 99 % and 99.9 %. The paper's own table could not be had: these are derived
/// from its protocol (128 members; Monte Carlo of 40,000 draws), and agree with its median of about 12.4 s.
pub(super) const FIRST: [(&str, [f64; 3]); 4] = [
    ("swim", [12.23, 16.06, 18.24]),
    ("lifeguard", [12.23, 16.13, 18.26]),
    ("lifeguard-a4-b6", [10.14, 14.02, 16.20]),
    ("lifeguard-a2-b6", [6.21, 11.12, 13.23]),
];
