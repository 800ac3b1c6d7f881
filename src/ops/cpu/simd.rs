//! The instruction set, and loads and stores in it.

use pulp::{Arch, Simd, WithSimd};

/// The instructions that the vector kernels use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InstructionSet {
    /// No vectors: one value at a time, on any processor.
    Scalar,
    /// AVX2 with fused multiply-adds: 8 values of f32, x86-64 from 2013 on.
    Avx2,
    /// AVX-512: 16 values of f32, x86-64 servers.
    Avx512,
    /// NEON: 4 values of f32, on every 64-bit Arm processor.
    Neon,
}

impl InstructionSet {
    /// The widest that this processor has.
    pub fn best() -> Self {
        Self::of(Arch::new())
    }

    /// The one called `scalar`, `avx2`, `avx512` or `neon`, or a narrower one where this processor
    /// lacks it; nothing for other names, and for those of another kind of processor.
    pub fn named(name: &str) -> Option<Self> {
        let wanted = match name {
            "scalar" => Self::Scalar,
            #[cfg(target_arch = "x86_64")]
            "avx2" => Self::Avx2,
            #[cfg(target_arch = "x86_64")]
            "avx512" => Self::Avx512,
            #[cfg(target_arch = "aarch64")]
            "neon" => Self::Neon,
            _ => return None,
        };
        Some(Self::of(wanted.arch()))
    }

    /// As [`Self::named`] knows it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Scalar => "scalar",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
            Self::Neon => "neon",
        }
    }

    /// For code that is generic in the instructions: `arch().dispatch(..)` runs it with these, or
    /// with narrower ones where this processor lacks them.
    pub fn arch(self) -> Arch {
        match self {
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => match pulp::x86::V4::try_new() {
                Some(avx512) => Arch::V4(avx512),
                None => Self::Avx2.arch(),
            },
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => pulp::x86::V3::try_new().map_or(Arch::Scalar, Arch::V3),
            #[cfg(target_arch = "aarch64")]
            Self::Neon => Arch::new(),
            _ => Arch::Scalar,
        }
    }

    fn of(arch: Arch) -> Self {
        match arch {
            Arch::Scalar => Self::Scalar,
            #[cfg(target_arch = "x86_64")]
            Arch::V3(_) => Self::Avx2,
            #[cfg(target_arch = "x86_64")]
            Arch::V4(_) => Self::Avx512,
            #[allow(unreachable_patterns)]
            _ => Self::Neon,
        }
    }
}

/// The vector registers that weights are laid out for. Whatever reads the weights runs through
/// [`Self::dispatch`], so that both know the same number of lanes.
#[derive(Clone, Copy)]
pub(super) struct Vectors {
    arch: Arch,
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
        let arch = instruction_set.arch();
        Self {
            arch,
            lanes: arch.dispatch(Lanes),
        }
    }

    /// Runs `work` with the instructions of these registers.
    pub fn dispatch<W: WithSimd>(self, work: W) -> W::Output {
        self.arch.dispatch(work)
    }
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
