// The depthwise convolution: the expansion's activation on load, the filter, bias, activation and
// the sums of the squeeze, in one pass over memory.
//
// A thread owns V neighbouring channels of a strip: STRIP output columns wide and one band of rows
// high. It walks down the input rows once. Each row adds to every output row that it meets, whose
// sums wait in registers, so that no value is loaded or activated twice but at the strip's sides
// and the band's ends. The next row is on its way while one is worked on.
//
// It is bound by the instructions that it issues, so that all decisions are taken once a row or
// by the compiler: tests/bench/sass.py counts what is left.
#pragma once
#include "element.cuh"

struct DepthwiseArguments {
    const Element *x;    // (batch, height, width, channels)
    const float *weight; // (K * K, channels)
    const float *bias;   // (channels)
    Element *y;          // (batch, out_height, out_width, channels)
    float *sums;         // (batch, blocks along y, channels)
    int channels, height, width, out_height, out_width;
    int top, left;     // zeros before the first row and column
    int strips, bands; // units of work: strips * bands
    int rows;          // output rows in a band
    int lanes;         // threads along the channels; the block's others are further units
    float scale;       // of the sums
    float low, high;   // bounds, where these are the activation
};

constexpr int STRIP = 4;
constexpr int DEPTHWISE_THREADS = 128;

// Both activations leave 0 as it is, which stands for what lies outside of the picture.
template <bool IS_SILU> __device__ inline float activated(float x, const DepthwiseArguments &a) {
    if (IS_SILU) return x * sigmoid(x);
    // NaN is neither and so goes through.
    return x < a.low ? a.low : x > a.high ? a.high : x;
}

// `offset` elements behind `base`, which all threads share: so the address is base and offset.
template <typename T> __device__ inline T *at(T *base, unsigned offset) {
    return (T *)((char *)base + size_t(offset * unsigned(sizeof(T))));
}

template <int K, int S, int V, bool IS_SILU, bool EXPANDED>
__device__ inline void depthwise(const DepthwiseArguments &a) {
    constexpr int COLUMNS = (STRIP - 1) * S + K; // of the input that a strip meets
    constexpr int MET = (K + S - 1) / S;         // output rows that S input rows meet

    const int lane = threadIdx.x % a.lanes;
    const int place = threadIdx.x / a.lanes;
    const int places = blockDim.x / a.lanes;
    const int channel = (blockIdx.x * a.lanes + lane) * V;
    const int unit = blockIdx.y * places + place;
    const int picture = blockIdx.z;
    const bool active = channel < a.channels && unit < a.strips * a.bands;

    float sum[V] = {};
    if (active) {
        const int first_column = unit % a.strips * STRIP;
        const int first_row = unit / a.strips * a.rows;
        const int rows = min(a.rows, a.out_height - first_row);
        const int input_column = first_column * S - a.left;
        const int input_row = first_row * S - a.top;
        const int input_rows = (rows - 1) * S + K;
        // Within a picture offsets have 32 bits, which saves half of the arithmetic.
        const Element *x = a.x + size_t(picture) * a.height * a.width * a.channels;
        Element *y = a.y + size_t(picture) * a.out_height * a.out_width * a.channels;
        unsigned to = (first_row * a.out_width + first_column) * a.channels + channel;

        float weight[K * K][V], bias[V];
#pragma unroll
        for (int tap = 0; tap < K * K; ++tap) load(a.weight + tap * a.channels + channel, weight[tap]);
        load(a.bias + channel, bias);

        // Whether the strip's row `row` of inputs lies in the picture, and which of its columns do.
        auto row_inside = [&](int row) {
            return row < input_rows && unsigned(input_row + row) < unsigned(a.height);
        };
        bool column_inside[COLUMNS];
#pragma unroll
        for (int i = 0; i < COLUMNS; ++i)
            column_inside[i] = unsigned(input_column + i) < unsigned(a.width);
        // May lie outside, and is not followed then.
        unsigned ahead = (input_row * a.width + input_column) * a.channels + channel;
        Packed<Element, V> next[COLUMNS] = {};
#pragma unroll
        for (int i = 0; i < COLUMNS; ++i)
            if (row_inside(0) && column_inside[i]) next[i] = fetch<V>(at(x, ahead + i * a.channels));

        // Output rows that still wait for input: a row's sums stay where they are until it is done,
        // and the next that begins takes their place.
        float sums[MET][STRIP][V] = {};

        // Step by step S input rows; an output row begins with each, one is done MET - 1 later. MET
        // of them are a round, after which the slots' ages are what they were.
        const int steps = rows + MET - 1;
        for (int round = 0; round < steps; round += MET) {
#pragma unroll
            for (int turn = 0; turn < MET; ++turn) {
                const int step = round + turn;
                if (step >= steps) break;
#pragma unroll
                for (int phase = 0; phase < S; ++phase) {
                    const int row = step * S + phase;
                    const bool here = row_inside(row), more = row_inside(row + 1);
                    ahead += a.width * a.channels;
                    float value[COLUMNS][V];
#pragma unroll
                    for (int i = 0; i < COLUMNS; ++i) {
                        next[i].unpack(value[i]);
                        if (more && column_inside[i]) next[i] = fetch<V>(at(x, ahead + i * a.channels));
                    }
                    if (!here) {
                        if (phase > 0) continue;
#pragma unroll
                        for (int t = 0; t < STRIP; ++t)
#pragma unroll
                            for (int v = 0; v < V; ++v) sums[turn][t][v] = bias[v];
                        continue;
                    }
#pragma unroll
                    for (int i = 0; i < COLUMNS; ++i) {
#pragma unroll
                        for (int v = 0; v < V; ++v)
                            if (EXPANDED) value[i][v] = activated<IS_SILU>(value[i][v], a);
#pragma unroll
                        for (int age = 0; age < MET; ++age)
#pragma unroll
                            for (int t = 0; t < STRIP; ++t) {
                                const int ky = age * S + phase, kx = i - t * S;
                                if (ky >= K || kx < 0 || kx >= K) continue;
                                const int slot = (turn + MET - age) % MET;
#pragma unroll
                                for (int v = 0; v < V; ++v) {
                                    // The bias comes with the first tap.
                                    const float before = ky + kx == 0 ? bias[v] : sums[slot][t][v];
                                    sums[slot][t][v] = before + weight[ky * K + kx][v] * value[i][v];
                                }
                            }
                    }
                }
                const int oldest = (turn + 1) % MET;
                if (step >= MET - 1) {
#pragma unroll
                    for (int t = 0; t < STRIP; ++t) {
                        if (first_column + t >= a.out_width) break;
                        float out[V];
#pragma unroll
                        for (int v = 0; v < V; ++v) {
                            out[v] = activated<IS_SILU>(sums[oldest][t][v], a);
                            sum[v] += out[v];
                        }
                        store(at(y, to + t * a.channels), out);
                    }
                    to += a.out_width * a.channels;
                }
            }
        }
    }

    __shared__ float shares[DEPTHWISE_THREADS * V];
    float total[V];
    add_up(sum, shares, a.lanes, a.scale, total);
    if (place == 0 && channel < a.channels) {
        store(a.sums + (size_t(picture) * gridDim.y + blockIdx.y) * a.channels + channel, total);
    }
}

#define DEPTHWISE(NAME, K, S, V, MIN_BLOCKS, ...)                                                  \
    KERNEL(NAME##_##K##_##S##_##V, DepthwiseArguments,                                             \
           __launch_bounds__(DEPTHWISE_THREADS, MIN_BLOCKS)) {                                     \
        depthwise<K, S, V, __VA_ARGS__>(a);                                                        \
    }
// The blocks that a multiprocessor must hold, the last number, bound a thread's registers: to as many
// as it needs, so that nothing is spilled to memory.
#define DEPTHWISE_OF_WINDOWS(NAME, V, ...)                                                         \
    DEPTHWISE(NAME, 3, 1, V, 4, __VA_ARGS__)                                                       \
    DEPTHWISE(NAME, 3, 2, V, 4, __VA_ARGS__)                                                       \
    DEPTHWISE(NAME, 5, 1, V, 3, __VA_ARGS__)                                                       \
    DEPTHWISE(NAME, 5, 2, V, 3, __VA_ARGS__)
#define DEPTHWISE_OF_VECTORS(NAME, ...)                                                            \
    DEPTHWISE_OF_WINDOWS(NAME, 2, __VA_ARGS__)                                                     \
    DEPTHWISE_OF_WINDOWS(NAME, 1, __VA_ARGS__)

// Whether the activation is SiLU, and whether x lacks it.
DEPTHWISE_OF_VECTORS(depthwise_silu, true, false)
DEPTHWISE_OF_VECTORS(depthwise_bounded, false, false)
DEPTHWISE_OF_VECTORS(depthwise_expanded_silu, true, true)
DEPTHWISE_OF_VECTORS(depthwise_expanded_bounded, false, true)
