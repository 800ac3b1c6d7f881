//! The instruction set, and loads and stores in it.

use pulp::{Arch, Simd, WithSimd};

/// The instructions that the vector kernels use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstructionSet {
    /// No vectors: one value at a time, on any processor.
    Scalar,
    /// AVX2 with fused multiply-adds: 8 values of f32, x86-64 from 2013 on.
    Avx2,
    /// The same with dot products of bytes: x86-64 without AVX-512, from 2021 on.
    AvxVnni,
    /// AVX-512: 16 values of f32, x86-64 servers.
    Avx512,
    /// The same with dot products of bytes: from 2019 on.
    Avx512Vnni,
    /// NEON: 4 values of f32, on every 64-bit Arm processor.
    Neon,
    /// The same with dot products of bytes: most from 2018 on.
    Dotprod,
}

impl InstructionSet {
    const ALL: [Self; 7] = [
        Self::Scalar,
        Self::Avx2,
        Self::AvxVnni,
        Self::Avx512,
        Self::Avx512Vnni,
        Self::Neon,
        Self::Dotprod,
    ];

    /// The best that this processor has.
    pub fn best() -> Self {
        match cfg!(target_arch = "aarch64") {
            true => Self::Dotprod.or_less(),
            false => Self::Avx512Vnni.or_less(),
        }
    }

    /// The one called `scalar`, `avx2`, `avxvnni`, `avx512`, `avx512vnni`, `neon` or `dotprod`, or a
    /// lesser one where this processor lacks it; nothing for other names, and for those of another
    /// kind of processor.
    pub fn named(name: &str) -> Option<Self> {
        let wanted = Self::ALL.into_iter().find(|set| set.name() == name)?;
        let other_kind = match wanted {
            Self::Scalar => false,
            Self::Neon | Self::Dotprod => cfg!(not(target_arch = "aarch64")),
            _ => cfg!(not(target_arch = "x86_64")),
        };
        (!other_kind).then(|| wanted.or_less())
    }

    /// As [`Self::named`] knows it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Avx2 => "avx2",
            Self::AvxVnni => "avxvnni",
            Self::Avx512 => "avx512",
            Self::Avx512Vnni => "avx512vnni",
            Self::Neon => "neon",
            Self::Dotprod => "dotprod",
        }
    }

    /// For code that is generic in the vectors of f32: `arch().dispatch(..)` runs it with these, or
    /// with lesser ones where this processor lacks them.
    pub fn arch(self) -> Arch {
        match self.or_less() {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 | Self::Avx512Vnni => {
                pulp::x86::V4::try_new().map_or(Arch::Scalar, Arch::V4)
            }
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 | Self::AvxVnni => pulp::x86::V3::try_new().map_or(Arch::Scalar, Arch::V3),
            #[cfg(target_arch = "aarch64")]
            Self::Neon | Self::Dotprod => Arch::new(),
            _ => Arch::Scalar,
        }
    }

    /// The best of these and less that this processor has.
    fn or_less(self) -> Self {
        if self.is_there() {
            return self;
        }
        match self {
            Self::Avx512Vnni => Self::Avx512.or_less(),
            Self::Avx512 => Self::AvxVnni.or_less(),
            Self::AvxVnni => Self::Avx2.or_less(),
            Self::Dotprod => Self::Neon.or_less(),
            Self::Avx2 | Self::Neon | Self::Scalar => Self::Scalar,
        }
    }

    /// Whether this processor has it.
    fn is_there(self) -> bool {
        match self {
            Self::Scalar => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => pulp::x86::V3::is_available(),
            #[cfg(target_arch = "x86_64")]
            Self::AvxVnni => Self::Avx2.is_there() && is_x86_feature_detected!("avxvnni"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => pulp::x86::V4::is_available(),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512Vnni => Self::Avx512.is_there() && is_x86_feature_detected!("avx512vnni"),
            #[cfg(target_arch = "aarch64")]
            Self::Neon => true,
            #[cfg(target_arch = "aarch64")]
            Self::Dotprod => std::arch::is_aarch64_feature_detected!("dotprod"),
            #[allow(unreachable_patterns)]
            _ => false,
        }
    }
}

/// The vector registers that weights are laid out for. Whatever reads the weights runs through
/// [`Self::dispatch`], so that both know the same number of lanes.
#[derive(Clone, Copy)]
pub(super) struct Vectors {
    arch: Arch,
    /// One that this processor has.
    instruction_set: InstructionSet,
    /// Values of f32 in one register.
    pub lanes: usize,
}

impl Vectors {
    pub fn new(instruction_set: InstructionSet) -> Self {
        struct Lanes;
        impl WithSimd for Lanes {
            type Output = usize;
            #[inline(always)]
            fn with_simd<S: Simd>(self, _: S) -> usize {
                S::F32_LANES
            }
        }
        let instruction_set = instruction_set.or_less();
        let arch = instruction_set.arch();
        Self {
            arch,
            instruction_set,
            lanes: arch.dispatch(Lanes),
        }
    }

    /// The instructions, with the vectors of f32 that go with them.
    pub fn instructions(self) -> (Arch, InstructionSet) {
        (self.arch, self.instruction_set)
    }

    /// Runs `work` with the instructions of these registers.
    pub fn dispatch<W: WithSimd>(self, work: W) -> W::Output {
        self.arch.dispatch(work)
    }
}

/// On the border of a cache line, so that no vector in it lies in two lines.
#[repr(align(64))]
pub(super) struct Aligned<T>(pub T);

/// Runs `work` as a function of its own, as the compiler takes longer over one large function than over
/// its parts.
#[inline(never)]
pub(super) fn apart<S: Simd, W: WithSimd>(simd: S, work: W) -> W::Output {
    simd.vectorize(work)
}

/// Reads one vector.
///
/// # Safety
/// `from` must be valid for reading `S::F32_LANES` values; any alignment will do.
#[inline(always)]
pub(super) unsafe fn load<S: Simd>(from: *const f32) -> S::f32s {
    // SAFETY: the caller vouches for the range, and the vector type is plain data.
    unsafe { from.cast::<S::f32s>().read_unaligned() }
}

/// Writes one vector.
///
/// # Safety
/// `to` must be valid for writing `S::F32_LANES` values; any alignment will do.
#[inline(always)]
pub(super) unsafe fn store<S: Simd>(to: *mut f32, values: S::f32s) {
    // SAFETY: the caller vouches for the range.
    unsafe { to.cast::<S::f32s>().write_unaligned(values) }
}

/// Asks for the cache line at `place`, which need not be valid memory.
#[inline(always)]
pub(super) fn prefetch(place: *const f32) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: SSE is part of the architecture, and a prefetch never faults.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(place.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = place;
}

/// Writes the first `valid` lanes.
///
/// # Safety
/// `to` must be valid for writing them.
#[inline(always)]
pub(super) unsafe fn store_part<S: Simd>(simd: S, to: *mut f32, values: S::f32s, valid: usize) {
    // SAFETY: the caller vouches for the range.
    unsafe {
        if valid == S::F32_LANES {
            store::<S>(to, values);
        } else {
            simd.partial_store_f32s(std::slice::from_raw_parts_mut(to, valid), values);
        }
    }
}

/// A pointer that tasks share, each writing a range of its own.
#[derive(Clone, Copy)]
pub(super) struct Shared(pub *mut f32);

// SAFETY: every user hands disjoint ranges to different tasks.
unsafe impl Send for Shared {}
// SAFETY: every user hands disjoint ranges to different tasks.
unsafe impl Sync for Shared {}

impl Shared {
    /// Taking `self` makes a closure capture the wrapper and not the bare pointer inside it.
    pub fn pointer(self) -> *mut f32 {
        self.0
    }
}
