// What lies around the matrix products of 1x1 convolutions.
#pragma once
#include "element.cuh"

// Bias, activation and residual, in place.
struct FinishArguments {
    Element *y;              // (rows, channels)
    const float *bias;       // (channels), or null
    const Element *residual; // as y, or null
    unsigned vectors;        // in y
    int channels, activation;
};

template <int V> __device__ inline void finish(const FinishArguments &a) {
    const unsigned vector = blockIdx.x * blockDim.x + threadIdx.x;
    if (vector >= a.vectors) return;
    const size_t at = size_t(vector) * V;
    float values[V], bias[V] = {}, residual[V] = {};
    load(a.y + at, values);
    if (a.bias) {
        const float *from = a.bias + vector % (a.channels / V) * V;
#pragma unroll
        for (int v = 0; v < V; ++v) bias[v] = from[v];
    }
    if (a.residual) load(a.residual + at, residual);
#pragma unroll
    for (int v = 0; v < V; ++v) values[v] = activate(values[v] + bias[v], a.activation) + residual[v];
    store(a.y + at, values);
}

KERNEL(finish_wide, FinishArguments) { finish<WIDE>(a); }
KERNEL(finish_1, FinishArguments) { finish<1>(a); }

// Each picture's channels times its gates: of activations, (batch, rows, channels), or of weights,
// which every picture gets its own copy of.
struct ExciteArguments {
    const Element *x;
    const float *gates; // (batch, channels)
    Element *y;         // (batch, rows, channels)
    unsigned vectors;   // in y
    int rows, channels;
    int shared; // whether all pictures read the same x, (rows, channels)
};

template <int V> __device__ inline void excite(const ExciteArguments &a) {
    const unsigned vector = blockIdx.x * blockDim.x + threadIdx.x;
    if (vector >= a.vectors) return;
    const unsigned per_row = a.channels / V;
    const unsigned per_picture = per_row * a.rows;
    const unsigned picture = vector / per_picture;
    const float *gates = a.gates + size_t(picture) * a.channels + vector % per_row * V;
    float values[V];
    load(a.x + size_t(a.shared ? vector % per_picture : vector) * V, values);
#pragma unroll
    for (int v = 0; v < V; ++v) values[v] *= gates[v];
    store(a.y + size_t(vector) * V, values);
}

KERNEL(excite_wide, ExciteArguments) { excite<WIDE>(a); }
KERNEL(excite_1, ExciteArguments) { excite<1>(a); }

// A linear layer on a vector per picture, squeeze-excite's and the classifier: bound by reading the
// weights, which a warp does once for PICTURES pictures. One warp per output.
struct LinearArguments {
    const float *x;        // (batch, inputs)
    const Element *weight; // (outputs, inputs)
    const float *bias;     // (outputs)
    float *y;              // (batch, outputs)
    int batch, inputs, outputs, activation;
};

constexpr int LINEAR_THREADS = 128;
constexpr int PICTURES = 4;

template <int V> __device__ inline void linear(const LinearArguments &a) {
    const int lane = threadIdx.x % 32;
    const int output = blockIdx.x * (LINEAR_THREADS / 32) + threadIdx.x / 32;
    const int first = blockIdx.y * PICTURES;
    // A warp beyond the last output repeats the last, so that no lane is missing below.
    const Element *weight = a.weight + size_t(min(output, a.outputs - 1)) * a.inputs;
    float sums[PICTURES] = {};
    for (int input = lane * V; input < a.inputs; input += 32 * V) {
        float weights[V];
        load(weight + input, weights);
#pragma unroll
        for (int p = 0; p < PICTURES; ++p) {
            const float *x = a.x + size_t(min(first + p, a.batch - 1)) * a.inputs + input;
#pragma unroll
            for (int v = 0; v < V; ++v) sums[p] += weights[v] * x[v];
        }
    }
#pragma unroll
    for (int p = 0; p < PICTURES; ++p) {
        for (int distance = 16; distance > 0; distance /= 2)
            sums[p] += __shfl_xor_sync(0xffffffff, sums[p], distance);
        if (lane == 0 && output < a.outputs && first + p < a.batch)
            a.y[size_t(first + p) * a.outputs + output] =
                activate(sums[p] + a.bias[output], a.activation);
    }
}

KERNEL(linear_4, LinearArguments, __launch_bounds__(LINEAR_THREADS)) { linear<4>(a); }
KERNEL(linear_1, LinearArguments, __launch_bounds__(LINEAR_THREADS)) { linear<1>(a); }
