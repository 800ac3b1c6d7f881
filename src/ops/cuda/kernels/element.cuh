// What every kernel shares: the element type, loads and stores of several elements, activations.
//
// Activations are stored as Element, which the build chooses, and computed with as float. Kernels
// carry the element's name, so that a profile tells them apart. Apart from this file's first lines
// nothing here is more than C++17: compiled by a plain C++ compiler against a stand-in for the
// CUDA headers, the kernels run on a processor.
#pragma once

#ifdef __CUDACC__
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#else
#include "emulated.h"
#endif

#if defined(ELEMENT_F16)
typedef __half Element;
#define NAMED(name) name##_f16
__device__ inline float widen(Element x) { return __half2float(x); }
__device__ inline void narrow(float x, Element &to) { to = __float2half_rn(x); }
#elif defined(ELEMENT_BF16)
typedef __nv_bfloat16 Element;
#define NAMED(name) name##_bf16
__device__ inline float widen(Element x) { return __bfloat162float(x); }
__device__ inline void narrow(float x, Element &to) { to = __float2bfloat16_rn(x); }
#else
typedef float Element;
#define NAMED(name) name##_f32
#endif
__device__ inline float widen(float x) { return x; }
__device__ inline void narrow(float x, float &to) { to = x; }

#ifdef __CUDACC__
// The hardware's approximation, 0 beyond 2^126.
__device__ inline float reciprocal(float x) {
    float result;
    asm("rcp.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
    return result;
}

// A kernel takes one structure, which has the same layout in Rust.
#define KERNEL(name, Arguments, ...)                                                               \
    extern "C" __global__ void __VA_ARGS__ NAMED(name)(const Arguments a)
#define DYNAMIC_SHARED(name) extern __shared__ __align__(16) float name[]
#endif

// The register as wide as N elements: 2 to 16 bytes.
template <int BYTES> struct Word;
template <> struct Word<2> { typedef unsigned short type; };
template <> struct Word<4> { typedef unsigned type; };
template <> struct Word<8> { typedef uint2 type; };
template <> struct Word<16> { typedef uint4 type; };

// N neighbouring values as they lie in memory.
template <typename T, int N> struct Packed {
    typename Word<N * sizeof(T)>::type word;

    __device__ void unpack(float (&values)[N]) const {
        T elements[N];
        memcpy(elements, &word, sizeof(word));
#pragma unroll
        for (int i = 0; i < N; ++i) values[i] = widen(elements[i]);
    }
};

// `from` is aligned to all N.
template <int N, typename T> __device__ inline Packed<T, N> fetch(const T *from) {
    return {*reinterpret_cast<const typename Word<N * sizeof(T)>::type *>(from)};
}

template <int N, typename T> __device__ inline void load(const T *from, float (&values)[N]) {
    fetch<N>(from).unpack(values);
}

template <int N, typename T> __device__ inline void store(T *to, const float (&values)[N]) {
    T elements[N];
#pragma unroll
    for (int i = 0; i < N; ++i) narrow(values[i], elements[i]);
    typename Word<N * sizeof(T)>::type word;
    memcpy(&word, elements, sizeof(word));
    *reinterpret_cast<typename Word<N * sizeof(T)>::type *>(to) = word;
}

// Elements in 16 bytes, the widest access there is.
constexpr int WIDE = 16 / sizeof(Element);

// As src/ops/cuda/mod.rs numbers them.
enum Activation { IDENTITY = 0, SILU = 1, SIGMOID = 2, RELU = 3, RELU6 = 4 };

// Both ends are right: exp overflows to infinity, whose reciprocal is 0, and NaN stays NaN.
__device__ inline float sigmoid(float x) { return reciprocal(1.0f + __expf(-x)); }

__device__ inline float activate(float x, int activation) {
    switch (activation) {
    case SILU: return x * sigmoid(x);
    case SIGMOID: return sigmoid(x);
    // NaN is not smaller than 0 and so goes through.
    case RELU: return x < 0.0f ? 0.0f : x;
    case RELU6: return x < 0.0f ? 0.0f : x > 6.0f ? 6.0f : x;
    default: return x;
    }
}

// Adds up what the threads of a block have for the same channels: those whose numbers leave the same
// rest by `lanes`. In their order: no atomics, the same sum every time. `shares` is shared memory for
// the whole block; the first `lanes` threads get the total, times `scale`.
template <int V>
__device__ inline void add_up(const float (&sum)[V], float *shares, int lanes, float scale,
                              float (&total)[V]) {
#pragma unroll
    for (int v = 0; v < V; ++v) {
        shares[threadIdx.x * V + v] = sum[v];
        total[v] = 0.0f;
    }
    __syncthreads();
    if (threadIdx.x >= unsigned(lanes)) return;
    for (int other = threadIdx.x; other < int(blockDim.x); other += lanes)
#pragma unroll
        for (int v = 0; v < V; ++v) total[v] += shares[other * V + v];
#pragma unroll
    for (int v = 0; v < V; ++v) total[v] *= scale;
}
