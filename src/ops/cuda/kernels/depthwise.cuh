// The depthwise convolution: what the expansion left undone on load (bias and activation), the
// filter, bias, activation and the sums of the squeeze, in one pass over memory.
//
// A thread owns V neighbouring channels of a strip: STRIP output columns wide and one band of rows
// high. It walks down the input rows once. Each row adds to every output row that it meets, whose
// sums wait in registers, so that no value is loaded or activated twice but at the strip's sides
// and the band's ends. The next row is on its way while one is worked on.
#pragma once
#include "element.cuh"

struct DepthwiseArguments {
    const Element *x;         // (batch, height, width, channels)
    const float *expand_bias; // (channels), or null where x is activated already
    const float *weight;      // (K * K, channels)
    const float *bias;        // (channels)
    Element *y;               // (batch, out_height, out_width, channels)
    float *sums;              // (batch, blocks along y, channels)
    int channels, height, width, out_height, out_width;
    int top, left;     // zeros before the first row and column
    int strips, bands; // units of work: strips * bands
    int rows;          // output rows in a band
    int lanes;         // threads along the channels; the block's others are further units
    int activation;
    float scale; // of the sums
};

constexpr int STRIP = 4;
constexpr int DEPTHWISE_THREADS = 128;

template <int K, int S, int V, bool PLAIN_SILU>
__device__ inline void depthwise(const DepthwiseArguments &a) {
    constexpr int COLUMNS = (STRIP - 1) * S + K; // of the input that a strip meets
    constexpr int MET = (K + S - 1) / S;         // output rows that S input rows meet
    const int activation = PLAIN_SILU ? int(SILU) : a.activation;

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
        const size_t input_pixels = size_t(picture) * a.height * a.width;
        const size_t output_pixels = size_t(picture) * a.out_height * a.out_width;
        const Element *x = a.x + input_pixels * a.channels + channel;
        Element *y = a.y + output_pixels * a.channels + channel;

        float weight[K * K][V], bias[V], expand_bias[V] = {};
#pragma unroll
        for (int tap = 0; tap < K * K; ++tap) load(a.weight + tap * a.channels + channel, weight[tap]);
        load(a.bias + channel, bias);
        const bool expanded = a.expand_bias != nullptr;
        if (expanded) load(a.expand_bias + channel, expand_bias);

        // Whether the strip's row `row` and column `column` of inputs lie in the picture.
        auto row_inside = [&](int row) {
            return row < input_rows && unsigned(input_row + row) < unsigned(a.height);
        };
        auto column_inside = [&](int column) {
            return unsigned(input_column + column) < unsigned(a.width);
        };
        // May point outside, and is not followed then.
        const Element *ahead =
            x + (ptrdiff_t(input_row) * a.width + input_column) * a.channels;
        Packed<Element, V> next[COLUMNS] = {};
#pragma unroll
        for (int i = 0; i < COLUMNS; ++i)
            if (row_inside(0) && column_inside(i)) next[i] = fetch<V>(ahead + i * a.channels);

        float sums[MET][STRIP][V]; // [age]: output rows that still wait for input, youngest first
#pragma unroll
        for (int age = 0; age < MET; ++age)
#pragma unroll
            for (int t = 0; t < STRIP; ++t)
#pragma unroll
                for (int v = 0; v < V; ++v) sums[age][t][v] = bias[v];

        // Step by step S input rows; an output row begins with each, one is done MET - 1 later.
        for (int step = 0; step < rows + MET - 1; ++step) {
#pragma unroll
            for (int phase = 0; phase < S; ++phase) {
                const int row = step * S + phase;
                const bool here = row_inside(row), more = row_inside(row + 1);
                ahead += a.width * a.channels;
#pragma unroll
                for (int i = 0; i < COLUMNS; ++i) {
                    float value[V];
                    next[i].unpack(value);
                    if (more && column_inside(i)) next[i] = fetch<V>(ahead + i * a.channels);
                    if (!here) continue;
                    if (expanded) {
#pragma unroll
                        for (int v = 0; v < V; ++v) {
                            const float activated = activate(value[v] + expand_bias[v], activation);
                            value[v] = column_inside(i) ? activated : 0.0f;
                        }
                    }
#pragma unroll
                    for (int age = 0; age < MET; ++age)
#pragma unroll
                        for (int t = 0; t < STRIP; ++t) {
                            const int ky = age * S + phase, kx = i - t * S;
                            if (ky >= K || kx < 0 || kx >= K) continue;
#pragma unroll
                            for (int v = 0; v < V; ++v)
                                sums[age][t][v] += weight[ky * K + kx][v] * value[v];
                        }
                }
            }
            if (step >= MET - 1) {
                const size_t row = first_row + step - (MET - 1);
#pragma unroll
                for (int t = 0; t < STRIP; ++t) {
                    if (first_column + t >= a.out_width) break;
                    float out[V];
#pragma unroll
                    for (int v = 0; v < V; ++v) {
                        out[v] = activate(sums[MET - 1][t][v], activation);
                        sum[v] += out[v];
                    }
                    store(y + (row * a.out_width + first_column + t) * a.channels, out);
                }
            }
#pragma unroll
            for (int age = MET - 1; age >= 0; --age)
#pragma unroll
                for (int t = 0; t < STRIP; ++t)
#pragma unroll
                    for (int v = 0; v < V; ++v)
                        sums[age][t][v] = age > 0 ? sums[age - 1][t][v] : bias[v];
        }
    }

    __shared__ float shares[DEPTHWISE_THREADS * V];
    float total[V];
    add_up(sum, shares, a.lanes, a.scale, total);
    if (place == 0 && channel < a.channels) {
        store(a.sums + (size_t(picture) * gridDim.y + blockIdx.y) * a.channels + channel, total);
    }
}

#define DEPTHWISE(K, S, V, MIN_BLOCKS)                                                             \
    KERNEL(depthwise_silu_##K##_##S##_##V, DepthwiseArguments,                                     \
           __launch_bounds__(DEPTHWISE_THREADS, MIN_BLOCKS)) { depthwise<K, S, V, true>(a); }      \
    KERNEL(depthwise_##K##_##S##_##V, DepthwiseArguments,                                          \
           __launch_bounds__(DEPTHWISE_THREADS, MIN_BLOCKS)) { depthwise<K, S, V, false>(a); }

// The last number, blocks that a multiprocessor holds, bounds the registers: 128 and 168.
DEPTHWISE(3, 1, 2, 4)
DEPTHWISE(3, 2, 2, 4)
DEPTHWISE(5, 1, 2, 3)
DEPTHWISE(5, 2, 2, 3)
DEPTHWISE(3, 1, 1, 4)
DEPTHWISE(3, 2, 1, 4)
DEPTHWISE(5, 1, 1, 3)
DEPTHWISE(5, 2, 1, 3)
