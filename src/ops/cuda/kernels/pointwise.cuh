// What lies around the matrix products of 1x1 convolutions, and the products that cuBLASLt has none
// for.
#pragma once
#include "element.cuh"

// A plain product, of matrices whose rows are not aligned to anything.
struct ProductArguments {
    const Element *x;        // (batch, rows, inputs)
    const Element *weight;   // (outputs, inputs), or one for each of the batch
    const float *bias;       // (outputs), or null
    const Element *residual; // as y, or null
    Element *y;              // (batch, rows, outputs)
    int rows, inputs, outputs;
    int shared; // whether the batch shares the weights
};

constexpr int TILE = 16;

// A block makes a tile of y from tiles of x and of the weights, which it loads side by side.
__device__ inline void product(const ProductArguments &a) {
    __shared__ float rows[TILE][TILE + 1], columns[TILE][TILE + 1];
    const int i = threadIdx.x % TILE, j = threadIdx.x / TILE;
    const int first_row = blockIdx.x * TILE, first_output = blockIdx.y * TILE;
    const size_t batch = blockIdx.z;
    const Element *x = a.x + batch * a.rows * a.inputs;
    const Element *weight = a.weight + (a.shared ? 0 : batch * a.outputs * a.inputs);
    const bool loads_row = first_row + j < a.rows, loads_output = first_output + j < a.outputs;
    float sum = 0.0f;
    for (int input = 0; input < a.inputs; input += TILE) {
        const bool inside = input + i < a.inputs;
        const size_t row = first_row + j, output = first_output + j;
        rows[j][i] = inside && loads_row ? widen(x[row * a.inputs + input + i]) : 0.0f;
        columns[j][i] = inside && loads_output ? widen(weight[output * a.inputs + input + i]) : 0.0f;
        __syncthreads();
#pragma unroll
        for (int k = 0; k < TILE; ++k) sum += rows[j][k] * columns[i][k];
        __syncthreads();
    }
    const int row = first_row + j, output = first_output + i;
    if (row >= a.rows || output >= a.outputs) return;
    const size_t at = (batch * a.rows + row) * a.outputs + output;
    if (a.bias) sum += a.bias[output];
    if (a.residual) sum += widen(a.residual[at]);
    narrow(sum, a.y[at]);
}

KERNEL(product, ProductArguments, __launch_bounds__(TILE * TILE)) { product(a); }

// Bias, activation and residual, in place.
struct FinishArguments {
    Element *y;              // (rows, channels)
    const float *bias;       // (channels)
    const Element *residual; // as y, or null
    unsigned vectors;        // in y
    int channels, activation;
};

template <int V> __device__ inline void finish(const FinishArguments &a) {
    const unsigned vector = blockIdx.x * blockDim.x + threadIdx.x;
    if (vector >= a.vectors) return;
    const size_t at = size_t(vector) * V;
    float values[V], residual[V] = {};
    load(a.y + at, values);
    const float *bias = a.bias + vector % (a.channels / V) * V;
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
            float values[V];
            load(a.x + size_t(min(first + p, a.batch - 1)) * a.inputs + input, values);
#pragma unroll
            for (int v = 0; v < V; ++v) sums[p] += weights[v] * values[v];
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
